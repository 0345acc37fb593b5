/** One round against fresh processes, and how it is shown. */
import { Sipp } from '../../test/harness/sipp.ts';
import type { BenchBackends, BenchEdge } from './edge.ts';
import { LatencyProbe } from './latency-probe.ts';
import { measureRound, type Round } from './round.ts';

/** Starts a proxy with its backends, measures a round, ends all of them. @param manyPorts each call from a port of its own */
export async function runRound(start: (backends: BenchBackends) => Promise<BenchEdge>, rate: number, seconds: number, manyPorts = false): Promise<Round> {
  const backend = await Sipp.backend('backend');
  const probe = await LatencyProbe.open();
  let edge: BenchEdge | undefined;
  try {
    edge = await start({ load: backend.uri, probe: probe.uri });
    return await measureRound(edge, backend, probe, rate, seconds, manyPorts);
  } finally {
    await edge?.stop();
    await probe.close();
    await backend.stop();
  }
}

export const fixed = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '–');

export function describeRound(round: Round): string {
  return `${round.edge.padEnd(10)} ${round.rate}/s: ${fixed(round.cpuMicrosPerCall, 1)} µs a call, ${round.failed} of ${round.calls} failed, `
    + `added latency p50 ${fixed(round.inviteMs.p50, 2)} p99 ${fixed(round.inviteMs.p99, 2)} ms, ${fixed(round.memoryBytes / 2 ** 20, 0)} MB, other load ${fixed(round.otherCores, 2)} cores`;
}

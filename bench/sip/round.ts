/** One measured run: a warm-up, then `seconds` of load from sipp through one proxy. */
import { Sipp } from '../../test/harness/sipp.ts';
import { machineBusySeconds, treeCpuSeconds } from '../cpu.ts';
import { percentile } from '../statistics.ts';
import { type BenchEdge, loadDomain } from './edge.ts';
import type { LatencyProbe } from './latency-probe.ts';

const holdMs = 100;
/** Longer than either proxy keeps a finished transaction, so that memory has stopped growing and the hot code is compiled. */
const warmUpSeconds = 8;

export interface Round {
  readonly edge: string;
  readonly rate: number;
  readonly seconds: number;
  readonly calls: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** User + system time of the proxy's process tree a call, in microseconds. */
  readonly cpuMicrosPerCall: number;
  readonly asideCpuSeconds: number;
  readonly inviteMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly memoryBytes: number;
  /** CPU that neither the proxy nor the load took, in cores: how noisy the machine was. */
  readonly otherCores: number;
}

async function load(edge: BenchEdge, rate: number, seconds: number, probe: LatencyProbe, manyPorts: boolean): Promise<{ sipp: Sipp; probed: Awaited<ReturnType<LatencyProbe['run']>> }> {
  const sipp = await Sipp.caller('caller', { edge, domain: loadDomain, rate, calls: rate * seconds, holdMs }, { manyPorts });
  const probed = await probe.run(edge, seconds);
  return { sipp, probed };
}

/**
 * Runs one round.
 * @param manyPorts each call from a port of its own
 * @throws when sipp does not come to an end
 */
export async function measureRound(edge: BenchEdge, backend: Sipp, probe: LatencyProbe, rate: number, seconds: number, manyPorts = false): Promise<Round> {
  const warm = await load(edge, rate, warmUpSeconds, probe, manyPorts);
  await warm.sipp.finished(90_000);
  await warm.sipp.stop();

  const own = (): number => treeCpuSeconds(process.pid);
  const before = { cpu: edge.cpuSeconds(), aside: edge.asideCpuSeconds(), machine: machineBusySeconds(), own: own() };
  const { sipp, probed } = await load(edge, rate, seconds, probe, manyPorts);
  const callerCpu = cpuAtExit(sipp);
  const statistics = await sipp.finished((seconds + 60) * 1_000);
  const after = { cpu: edge.cpuSeconds(), aside: edge.asideCpuSeconds(), machine: machineBusySeconds(), own: own() };
  if (!backend.process.running) throw new Error(`the backend ended:\n${backend.process.tail()}\n${backend.errors()}`);

  const calls = statistics.successful + statistics.failed + probed.calls;
  const cpuSeconds = after.cpu - before.cpu;
  // This process's tree holds the load, the control plane and the proxy while they live; sipp has just ended.
  const known = after.own - before.own + (await callerCpu);
  const round: Round = {
    edge: edge.name, rate, seconds, calls,
    failed: statistics.failed + probed.failed,
    retransmissions: statistics.retransmissions,
    cpuMicrosPerCall: (cpuSeconds / calls) * 1e6,
    asideCpuSeconds: after.aside - before.aside,
    inviteMs: { p50: percentile(probed.inviteMs, 50), p99: percentile(probed.inviteMs, 99), max: Math.max(...probed.inviteMs) },
    memoryBytes: edge.memoryBytes(),
    otherCores: Math.max(0, (after.machine - before.machine - known) / seconds),
  };
  if (statistics.failed > 0) process.stderr.write(`${edge.name} at ${rate}/s, first failures:\n${sipp.errors().slice(0, 1_500)}\n`);
  await sipp.stop();
  return round;
}

/** CPU of a process that is about to end, read while it lives (its last value a moment before the end). */
async function cpuAtExit(sipp: Sipp): Promise<number> {
  const { pid } = sipp.process;
  let seconds = 0;
  const sampler = setInterval(() => {
    seconds = Math.max(seconds, treeCpuSeconds(pid));
  }, 250);
  await sipp.process.exit(10 * 60_000).finally(() => clearInterval(sampler));
  return seconds;
}

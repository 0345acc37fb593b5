/**
 * `npm run bench -- media-kernel [--calls 200] [--idle-calls 9800] [--set-ups 500] [--packets 20000] [--seconds 8] [--rounds 5]
 * [--readme]`:
 * what the kernel costs that forwards, beside rtpengine in userland mode, and how fast calls get there. Root on Linux with nftables,
 * iproute2 and rtpengine-daemon. Other programs should rest: what share of the machine they had is printed.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { keepResult, markdownTable, writeReadmeRegion } from '../results.ts';
import { kernelBench, type KernelBenchOptions, type KernelBenchResult, type KernelRound } from './kernel.ts';
import type { PaceResult } from './kernel-order.ts';

const defaults: KernelBenchOptions = { calls: 200, idleCalls: 9_800, setUpsPerSecond: 500, packetsPerSecond: 20_000, seconds: 8, rounds: 5 };
const aim = 0.35;
const most = { calls: 400, idleCalls: 10_000, setUpsPerSecond: 5_000, packetsPerSecond: 100_000, seconds: 120, rounds: 50 };

/** Runs the bench. @returns the process's exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...argv], options: { calls: text, 'idle-calls': text, 'set-ups': text, packets: text, seconds: text, rounds: text, readme: { type: 'boolean', default: false } } });
  const number = (value: string | undefined, fallback: number): number => (value === undefined ? fallback : Number(value));
  const options: KernelBenchOptions = {
    calls: number(values.calls, defaults.calls), idleCalls: number(values['idle-calls'], defaults.idleCalls), setUpsPerSecond: number(values['set-ups'], defaults.setUpsPerSecond),
    packetsPerSecond: number(values.packets, defaults.packetsPerSecond), seconds: number(values.seconds, defaults.seconds), rounds: number(values.rounds, defaults.rounds),
  };
  for (const [name, value] of Object.entries(options) as [keyof typeof most, number][]) {
    if (Number.isInteger(value) && value >= 1 && value <= most[name]) continue;
    process.stderr.write(`${name}: 1 to ${most[name]} are accepted.\n`);
    return 2;
  }
  if (process.getuid?.() !== 0 || !existsSync('/usr/sbin/nft') || !existsSync('/usr/bin/rtpengine')) {
    process.stderr.write('This bench needs root, nftables, iproute2 and rtpengine: apt-get install nftables iproute2 rtpengine-daemon\n');
    return 2;
  }
  const result = await kernelBench(options, (round) => process.stdout.write(`${lineOf(round)}\n`));
  keepResult('media', { part: 'kernel', ...result });
  const written = textOf(result);
  process.stdout.write(`\n${written}\n\nby the whole machine's busy time, other programs included: ${result.machineRatio.toFixed(2)} ×\n`);
  if (values.readme) writeReadmeRegion('media-kernel', written);
  return lostIn(result) === 0 && result.setUps.refused + result.churn.refused === 0 && result.ratio <= aim ? 0 : 1;
}

const lostIn = ({ done }: KernelBenchResult): number => done.filter(({ path }) => path === 'kernel').reduce((sum, round) => sum + round.lost + round.strange, 0);

const paceOf = ({ calls, seconds, p50Ms, p99Ms, cpuMicros }: PaceResult): string =>
  `${(calls / seconds).toFixed(0)} a second, in the kernel after ${p50Ms.toFixed(0)} ms (p50) and ${p99Ms.toFixed(0)} ms (p99), ${cpuMicros.toFixed(0)} µs CPU each`;

function textOf(result: KernelBenchResult): string {
  const { calls, idleCalls, packetsPerSecond, kernelMicros, rtpengineMicros, ratio, setUps, churn, elements } = result;
  const kernel = result.done.filter(({ path }) => path === 'kernel');
  const sent = kernel.reduce((sum, round) => sum + round.sent, 0);
  return [
    markdownTable([`${packetsPerSecond} packets/s of ${calls} calls`, 'CPU a packet', 'beside rtpengine', 'aim'], [
      ['kernel offload', `${kernelMicros.toFixed(1)} µs`, `${ratio.toFixed(2)} ×`, `${aim} ×`],
      ['rtpengine, userland', `${rtpengineMicros.toFixed(1)} µs`, '1', ''],
    ]),
    '',
    `Holding ${(calls + idleCalls).toLocaleString('en')} calls costs the edge ${((100 * kernel.reduce((sum, round) => sum + round.edgeShare, 0)) / kernel.length).toFixed(1)} % of a core: their counters are read back.`,
    `Of ${sent} packets in the kernel ${lostIn(result)} were lost, beside ${idleCalls} more calls in its tables (${elements} elements).`,
    `Calls were taken at ${paceOf(setUps)}; given back and taken again at ${paceOf(churn)}.`,
  ].join('\n');
}

const lineOf = ({ path, sent, lost, strange, cpuMicros, machineMicros }: KernelRound): string =>
  `${path.padEnd(10)} ${sent} packets, ${lost} lost, ${strange} strange, ${cpuMicros.toFixed(2)} µs each with their ends, ${machineMicros.toFixed(2)} µs of the machine`;

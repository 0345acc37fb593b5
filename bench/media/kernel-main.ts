/**
 * `npm run bench -- media-kernel [--calls 200] [--idle-calls 9800] [--set-ups 500] [--packets 20000] [--seconds 8] [--rounds 5]`:
 * what the kernel costs that forwards, beside rtpengine in userland mode, and how fast calls get there. Root on Linux with nftables,
 * iproute2 and rtpengine-daemon. Other programs should rest: what share of the machine they had is printed.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { keepResult, markdownTable } from '../results.ts';
import { kernelBench, type KernelBenchOptions, type KernelRound } from './kernel.ts';

const defaults: KernelBenchOptions = { calls: 200, idleCalls: 9_800, setUpsPerSecond: 500, packetsPerSecond: 20_000, seconds: 8, rounds: 5 };
const aim = 0.35;
const most = { calls: 400, idleCalls: 10_000, setUpsPerSecond: 5_000, packetsPerSecond: 100_000, seconds: 120, rounds: 50 };

/** Runs the bench. @returns the process's exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...argv], options: { calls: text, 'idle-calls': text, 'set-ups': text, packets: text, seconds: text, rounds: text } });
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
  const { kernelMicros, rtpengineMicros, ratio, machineRatio, setUps, churn, elements } = result;
  const µs = (value: number): string => `${value.toFixed(2)} µs`;
  process.stdout.write(`\n${markdownTable(['', 'CPU a packet', 'beside rtpengine'], [['kernel', µs(kernelMicros), ratio.toFixed(2)], ['rtpengine', µs(rtpengineMicros), '1.00']])}\n\n`);
  process.stdout.write(`by the whole machine's busy time: ${machineRatio.toFixed(2)}; aim: ${aim}\n`);
  process.stdout.write(`${setUps.calls} calls taken at ${(setUps.calls / setUps.seconds).toFixed(0)} a second, ${setUps.refused} refused: p50 ${setUps.p50Ms.toFixed(1)} ms, p99 ${setUps.p99Ms.toFixed(1)} ms, ${µs(setUps.cpuMicros)} CPU each; ${elements} elements\n`);
  process.stdout.write(`${churn.calls} calls given back and taken again at ${(churn.calls / churn.seconds).toFixed(0)} a second: p50 ${churn.p50Ms.toFixed(1)} ms, p99 ${churn.p99Ms.toFixed(1)} ms, ${µs(churn.cpuMicros)} CPU each\n`);
  const lost = result.done.filter(({ path }) => path === 'kernel').reduce((sum, round) => sum + round.lost + round.strange, 0);
  process.stdout.write(`${lost} packets lost or strange in the kernel\n`);
  return lost === 0 && setUps.refused + churn.refused === 0 && ratio <= aim ? 0 : 1;
}

const lineOf = ({ path, sent, lost, strange, cpuMicros, machineMicros }: KernelRound): string =>
  `${path.padEnd(10)} ${sent} packets, ${lost} lost, ${strange} strange, ${cpuMicros.toFixed(2)} µs each with their ends, ${machineMicros.toFixed(2)} µs of the machine`;

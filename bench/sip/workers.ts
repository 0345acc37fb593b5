/**
 * `npm run bench -- workers [--rate 500] [--seconds 20] [--rounds 3]`
 *
 * What a second SIP worker costs: CPU a call with one and with two of them in turn, each call from a port of its own, so that
 * the kernel deals the calls out to both.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { keepResult } from '../results.ts';
import { median, spread } from '../statistics.ts';
import { describeRound, fixed, runRound } from './run.ts';
import { startSignalboxEdge } from './signalbox-edge.ts';

/** Runs the bench. @returns the process's exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { rate: { type: 'string', default: '500' }, seconds: { type: 'string', default: '20' }, rounds: { type: 'string', default: '3' } },
  });
  const [rate, seconds, rounds] = [Number(values.rate), Number(values.seconds), Number(values.rounds)];
  // Above that, more calls are up at once than sipp opens ports.
  if (!(Number.isInteger(rate) && rate >= 1 && rate <= 5_000) || ![seconds, rounds].every((n) => Number.isInteger(n) && n >= 1 && n <= 3_600)) {
    process.stderr.write('--rate takes 1 to 5000 calls a second, --seconds and --rounds take 1 to 3600.\n');
    return 2;
  }
  if (!existsSync('/usr/bin/sipp')) {
    process.stderr.write('This bench needs sipp: apt-get install sip-tester\n');
    return 1;
  }
  const pairs: { one: number; two: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const [one, two] = [await measure(1, rate, seconds), await measure(2, rate, seconds)];
    pairs.push({ one, two });
  }
  const ratios = pairs.map(({ one, two }) => two / one);
  const { low, high } = spread(ratios);
  process.stdout.write(`Two workers take ${fixed(median(ratios), 2)} × the CPU a call of one (median of ${rounds} pairs, ${fixed(low, 2)}–${fixed(high, 2)}).\n`);
  keepResult('workers', { rate, seconds, ratio: median(ratios), pairs });
  return 0;
}

async function measure(workers: number, rate: number, seconds: number): Promise<number> {
  const round = await runRound((backends) => startSignalboxEdge(backends, workers), rate, seconds, true);
  process.stdout.write(`${workers} ${workers === 1 ? 'worker ' : 'workers'} ${describeRound(round)}\n`);
  return round.cpuMicrosPerCall;
}

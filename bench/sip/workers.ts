/**
 * `npm run bench -- workers [--rate 1000] [--seconds 15] [--rounds 3]`
 *
 * What a second SIP worker costs: CPU a call of one worker at `rate`, of two at twice that (each has as much to do), and of one at
 * twice that (it has more to do, and more packets come with each wake-up), in turn. Each call comes from a port of its own, so that
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
    options: { rate: { type: 'string', default: '1000' }, seconds: { type: 'string', default: '15' }, rounds: { type: 'string', default: '3' } },
  });
  const [rate, seconds, rounds] = [Number(values.rate), Number(values.seconds), Number(values.rounds)];
  // Above that, more calls are up at once than sipp opens ports.
  if (!(Number.isInteger(rate) && rate >= 1 && rate <= 2_500) || ![seconds, rounds].every((n) => Number.isInteger(n) && n >= 1 && n <= 3_600)) {
    process.stderr.write('--rate takes 1 to 2500 calls a second and worker, --seconds and --rounds take 1 to 3600.\n');
    return 2;
  }
  if (!existsSync('/usr/bin/sipp')) {
    process.stderr.write('This bench needs sipp: apt-get install sip-tester\n');
    return 1;
  }
  const turns: { one: number; two: number; busy: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    turns.push({ one: await measure(1, rate, seconds), two: await measure(2, 2 * rate, seconds), busy: await measure(1, 2 * rate, seconds) });
  }
  const said = (ratios: readonly number[]): string => `${fixed(median(ratios), 2)} × (${fixed(spread(ratios).low, 2)}–${fixed(spread(ratios).high, 2)})`;
  const [alike, together] = [turns.map(({ one, two }) => two / one), turns.map(({ two, busy }) => two / busy)];
  process.stdout.write(`At ${rate} calls/s a worker, two workers take ${said(alike)} the CPU a call of one; at ${2 * rate} calls/s in all ${said(together)} that of one.\n`);
  keepResult('workers', { rate, seconds, alike: median(alike), together: median(together), turns });
  return 0;
}

async function measure(workers: number, rate: number, seconds: number): Promise<number> {
  const round = await runRound((backends) => startSignalboxEdge(backends, workers), rate, seconds, true);
  process.stdout.write(`${workers} ${workers === 1 ? 'worker ' : 'workers'} ${describeRound(round)}\n`);
  return round.cpuMicrosPerCall;
}

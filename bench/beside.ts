/**
 * `npm run bench -- beside --other FOLDER [--rate 400] [--seconds 40] [--rounds 5]`
 *
 * CPU a call of this working copy against another checkout of Signalbox (with its own `npm ci`), both at the same time under the
 * same load: a machine that changes its clock or has other guests slows both alike, and differences of 2 % show where rounds
 * in turn scatter by 20 %. Needs a machine that the two of them do not fill.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../test/harness/process.ts';
import { commitOf, keepResult } from './results.ts';
import { median, spread } from './statistics.ts';

/** Runs the SIP bench of one checkout, its load on Signalbox alone. @returns CPU µs a call */
function measure(folder: string, rate: number, seconds: number): Promise<number> {
  const args = [join(folder, 'bench/main.ts'), 'sip', '--rates', String(rate), '--seconds', String(seconds), '--rounds', '1', '--only', 'signalbox'];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => { text += piece; });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const micros = Number(/: ([\d.]+) µs a call, 0 of \d+ failed/.exec(text)?.[1]);
      if (code === 0 && micros > 0) resolve(micros);
      else reject(new Error(`the bench of ${folder} ended with ${code}, or calls failed:\n${text}`));
    });
  });
}

/** Runs the bench. @returns the process's exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { other: { type: 'string', default: '' }, rate: { type: 'string', default: '400' }, seconds: { type: 'string', default: '40' }, rounds: { type: 'string', default: '5' } },
  });
  const [rate, seconds, rounds] = [Number(values.rate), Number(values.seconds), Number(values.rounds)];
  if (!existsSync(join(values.other, 'bench/main.ts')) || ![rate, seconds, rounds].every((n) => Number.isInteger(n) && n >= 1 && n <= 3_600)) {
    process.stderr.write('--other takes the folder of another checkout; --rate, --seconds and --rounds take 1 to 3600.\n');
    return 2;
  }
  const pairs: { here: number; other: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const [here, other] = await Promise.all([measure(projectRoot, rate, seconds), measure(values.other, rate, seconds)]);
    pairs.push({ here, other });
    process.stdout.write(`here ${here.toFixed(1)} µs a call, other ${other.toFixed(1)} µs: ${(here / other).toFixed(3)} ×\n`);
  }
  const ratios = pairs.map(({ here, other }) => here / other);
  const { low, high } = spread(ratios);
  process.stdout.write(`median ${median(ratios).toFixed(3)} × (${low.toFixed(3)}–${high.toFixed(3)})\n`);
  keepResult('beside', { other: commitOf(values.other), rate, seconds, ratio: median(ratios), pairs });
  return 0;
}

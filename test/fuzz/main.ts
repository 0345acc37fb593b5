/**
 * `npm run fuzz -- TARGET [seconds] [seed]`: mutates messages until the time is up (60 s) or a rule breaks. Prints the seed,
 * and for a failure the text as JSON: put it into test/fuzz/crashers.ts with the fix.
 */
import { fuzz } from './run.ts';
import { fuzzTargets } from './targets.ts';

const [name = '', secondsText = '60', seedText = String(Date.now() % 1_000_000_000)] = process.argv.slice(2);
const target = fuzzTargets[name];
const seconds = Number(secondsText);
const seed = Number(seedText);
if (target === undefined || !(seconds > 0) || !Number.isInteger(seed)) {
  console.error(`usage: npm run fuzz -- ${Object.keys(fuzzTargets).join('|')} [seconds] [seed]`);
  process.exitCode = 2;
} else {
  const end = performance.now() + seconds * 1_000;
  const outcome = fuzz(target, seed, () => performance.now() < end);
  console.log(`${name}: ${outcome.iterations} texts, slowest ${outcome.slowestMs.toFixed(1)} ms, seed ${seed}`);
  if (outcome.failure !== null) {
    console.error(outcome.failure.error);
    console.error(JSON.stringify(outcome.failure.text));
    process.exitCode = 1;
  }
}

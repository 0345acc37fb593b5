/**
 * `npm run fuzz -- TARGET [--minutes M] [--seed N]`: mutates messages until the time is up (1 minute) or a rule breaks. Prints
 * what it ran, how the memory grew and the seed; for a failure the text as JSON: put it into test/fuzz/crashers.ts with the fix.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fuzzLive, liveTargets } from '../conformance/live-fuzz.ts';
import { megabytes } from './memory-course.ts';
import { fuzz } from './run.ts';
import { fuzzTargets, type FuzzTarget } from './targets.ts';

const { values, positionals } = parseArgs({ options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string', default: String(Date.now() % 1_000_000_000) } }, allowPositionals: true });
const [name = ''] = positionals;
const minutes = Number(values.minutes);
const seed = Number(values.seed);

/** Memory is compared from here on: pools and compiled code have grown to their size. */
const warmMs = Math.min(15_000, minutes * 12_000);
const maxGrowthBytes = 16 * 1024 * 1024;

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;
/** What is still held after a collection. */
function heldBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

function runHere(target: FuzzTarget): void {
  const startedMs = performance.now();
  const end = startedMs + minutes * 60_000;
  /** Held when warm, half-way and at the end. */
  const held: number[] = [];
  const outcome = fuzz(target, seed, (done) => {
    const now = performance.now();
    if ((held.length === 0 && now - startedMs > warmMs) || (held.length === 1 && end - now < now - startedMs)) held.push(heldBytes());
    return done % 64 !== 0 || now < end;
  });
  held.push(heldBytes());
  console.log(`${name}: ${outcome.iterations} executions in ${minutes} min, ${outcome.failure === null ? 'no crash' : '1 crash'}, slowest ${outcome.slowestMs.toFixed(1)} ms, held ${held.map(megabytes).join(', ')}, seed ${seed}`);
  if (outcome.failure === null && Math.max(...held) - (held[0] ?? 0) > maxGrowthBytes) {
    console.error(`grew by more than ${megabytes(maxGrowthBytes)}`);
    process.exitCode = 1;
  }
  if (outcome.failure === null) return;
  console.error(outcome.failure.error);
  console.error(JSON.stringify(outcome.failure.text));
  process.exitCode = 1;
}

async function runLive(target: (typeof liveTargets)[number]): Promise<void> {
  const end = performance.now() + minutes * 60_000;
  const outcome = await fuzzLive(target, seed, () => performance.now() < end);
  console.log(`${name}: ${outcome.sent} messages in ${minutes} min, ${outcome.answers} answers, ${outcome.failure === null ? 'no crash' : 'broken'}, held of resident memory ${String(outcome.memory)}, seed ${seed}`);
  if (outcome.failure === null) return;
  console.error(outcome.failure);
  process.exitCode = 1;
}

const target = fuzzTargets[name];
const live = liveTargets.find((one) => one === name);
if ((target === undefined && live === undefined) || !(minutes > 0) || !Number.isInteger(seed)) {
  console.error(`usage: npm run fuzz -- ${[...Object.keys(fuzzTargets), ...liveTargets].join('|')} [--minutes 1] [--seed N]`);
  process.exitCode = 2;
} else if (live !== undefined) {
  await runLive(live);
} else if (target !== undefined) {
  runHere(target);
}

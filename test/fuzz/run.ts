import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import type { FuzzTarget } from './targets.ts';

/** What a run found: the first text that broke a rule, or none. */
export interface FuzzOutcome {
  readonly iterations: number;
  readonly slowestMs: number;
  readonly failure: { readonly text: string; readonly error: unknown } | null;
}

/** A text may take this long (ms) before it counts as a hang; the work is tens of microseconds. */
const HANG_MS = 2_000;

/**
 * Mutates the target's seeds and checks each text until `goOn` says no or a rule breaks. Interesting survivors are kept
 * (at most 200) and mutated further. The same seed and number of iterations give the same run.
 */
export function fuzz(target: FuzzTarget, seed: number, goOn: (iterations: number) => boolean): FuzzOutcome {
  const random = new Random(seed);
  const pool = [...target.seeds];
  let iterations = 0;
  let slowestMs = 0;
  for (const text of target.seeds) target.check(text, random);
  while (goOn(iterations)) {
    const text = mutate(random.pick(pool), target.seeds, random);
    iterations++;
    const start = performance.now();
    try {
      target.check(text, random);
    } catch (error) {
      return { iterations, slowestMs, failure: { text, error } };
    }
    const took = performance.now() - start;
    if (took > slowestMs) slowestMs = took;
    if (took > HANG_MS) return { iterations, slowestMs, failure: { text, error: new Error(`took ${took.toFixed(0)} ms`) } };
    if (random.below(50) === 0 && text.length < 10_000) pool[target.seeds.length + random.below(200)] ??= text;
    for (let i = target.seeds.length; i < pool.length; i++) pool[i] ??= random.pick(target.seeds);
  }
  return { iterations, slowestMs, failure: null };
}

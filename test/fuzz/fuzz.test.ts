import { describe, expect, it } from 'vitest';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import { fuzz } from './run.ts';
import { fuzzTargets } from './targets.ts';
import { crashers } from './crashers.ts';

/** Enough for a few seconds; `npm run fuzz` goes on for as long as asked. */
const iterations: Readonly<Record<string, number>> = { parser: 60_000, framing: 12_000, uri: 150_000, sdp: 20_000, media: 10_000, push: 20_000, worker: 20_000 };

describe('seeded fuzzing', () => {
  it.each(Object.keys(fuzzTargets))('%s keeps its rules', (name) => {
    const target = fuzzTargets[name]!;
    const limit = iterations[name] ?? 0;
    expect(limit).toBeGreaterThan(0);
    for (const seed of [1, 20_061]) {
      const { failure } = fuzz(target, seed, (done) => done < limit / 2);
      expect(failure === null ? null : JSON.stringify(failure.text), String(failure?.error)).toBeNull();
    }
  }, 60_000);

  it('finds a broken rule and says with which text', () => {
    const seen = new Set<string>();
    const target = { seeds: ['abc'], check: (text: string): void => { seen.add(text); if (text.includes('%00')) throw new Error('broken: no NUL'); } };
    const { failure, iterations: used } = fuzz(target, 5, (done) => done < 100_000);
    expect(failure?.text).toContain('%00');
    expect(seen.size).toBeGreaterThan(used / 2);
    const again = fuzz(target, 5, (done) => done < 100_000);
    expect([again.failure?.text, again.iterations]).toEqual([failure?.text, used]);
  });

  it('mutates within bounds and keeps some messages acceptable', () => {
    const random = new Random(3);
    const { seeds } = fuzzTargets['parser']!;
    for (let i = 0; i < 500; i++) expect(mutate(random.pick(seeds), seeds, random).length).toBeLessThanOrEqual(70_000);
  });
});

describe('texts that once broke a rule', () => {
  it.each(crashers.map(({ target, text }, i) => [`${i} ${target}`, target, text] as const))('%s', (_name, target, text) => {
    expect(() => fuzzTargets[target]!.check(text, new Random(1))).not.toThrow();
  });
});

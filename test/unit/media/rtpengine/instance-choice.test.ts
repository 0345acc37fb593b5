import { describe, expect, it } from 'vitest';
import { chooseInstance, observed, unknownHealth, type Candidate } from '../../../../dataplane/media/rtpengine/instance-choice.ts';

const after = (...alive: boolean[]) => alive.reduce(observed, unknownHealth).state;

describe('the health of an instance', () => {
  it.each<[boolean[], string]>([
    [[], 'unknown'], [[true], 'up'], [[false], 'unknown'], [[false, false], 'down'], [[true, false], 'up'], [[true, false, false], 'down'],
    [[true, false, true, false], 'up'], [[false, false, true], 'down'], [[false, false, true, true], 'up'], [[false, false, true, false, true], 'down'], [[false, true], 'up'],
  ])('after %j is %s', (seen, state) => {
    expect(after(...seen)).toBe(state);
  });
});

const one = (address: string, weight: number, over: Partial<Candidate> = {}): Candidate => ({ address, weight, enabled: true, state: 'up', ...over });
const nobody: ReadonlySet<string> = new Set();

describe('the instance of a new call', () => {
  it('follows the weights', () => {
    const candidates = [one('a', 1), one('b', 3), one('c', 0)];
    const counts = new Map<string | null, number>();
    for (let n = 0; n < 400; n++) {
      const chosen = chooseInstance(candidates, nobody, n / 400);
      counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({ a: 100, b: 300 });
  });

  it('is of weight 0 only when no other is left', () => {
    const candidates = [one('a', 5), one('b', 0), one('c', 0)];
    expect(chooseInstance(candidates, new Set(['a']), 0)).toBe('b');
    expect(chooseInstance(candidates, new Set(['a']), 0.99)).toBe('c');
    expect(chooseInstance([one('a', 5, { state: 'down' }), one('b', 0)], nobody, 0.5)).toBe('b');
  });

  it('is neither down nor disabled nor one that was tried; one that nobody heard of yet may be tried', () => {
    expect(chooseInstance([one('a', 1, { state: 'down' }), one('b', 1, { enabled: false }), one('c', 1)], new Set(['c']), 0.5)).toBeNull();
    expect(chooseInstance([one('a', 1, { state: 'unknown' })], nobody, 0.5)).toBe('a');
    expect(chooseInstance([], nobody, 0)).toBeNull();
  });
});

import { describe, expect, test } from 'vitest';
import { PortRange } from '../../../dataplane/media/ports.ts';

const restMs = 30_000;
/** A number in [0, 1) that is another one each time, and the same ones in each run. */
function draw(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

describe('PortRange', () => {
  test('has even ports whose next one is inside of the range too', () => {
    const range = new PortRange(30_001, 30_008, restMs);
    expect(range.pairs).toBe(3);
    const taken = [range.take(0, 0), range.take(0, 0), range.take(0, 0)].sort((a, b) => (a ?? 0) - (b ?? 0));
    expect(taken).toEqual([30_002, 30_004, 30_006]);
  });

  test('says null when every pair is in use, and counts', () => {
    const range = new PortRange(30_000, 30_003, restMs);
    range.take(0, 0.9);
    expect(range.inUse).toBe(1);
    range.take(0, 0.9);
    expect(range.take(0, 0.9)).toBeNull();
    expect(range.inUse).toBe(2);
  });

  test('has no pairs where there is room for none', () => {
    expect(new PortRange(30_001, 30_002, restMs).take(0, 0)).toBeNull();
  });

  test('hands every pair out once, whatever is drawn', () => {
    const range = new PortRange(10_000, 19_999, restMs);
    const random = draw();
    const taken = Array.from({ length: 5_000 }, () => range.take(0, random()));
    expect(new Set(taken).size).toBe(5_000);
    expect(taken.every((port) => port !== null && port % 2 === 0 && port >= 10_000 && port < 20_000)).toBe(true);
    expect(range.take(0, random())).toBeNull();
  });

  test('draws all over the range: the next port cannot be told from the last', () => {
    const range = new PortRange(10_000, 19_999, restMs);
    const random = draw();
    const taken = Array.from({ length: 100 }, () => range.take(0, random()) ?? 0);
    const neighbours = taken.filter((port, index) => index > 0 && Math.abs(port - (taken[index - 1] ?? 0)) <= 10).length;
    expect(neighbours).toBeLessThan(5);
  });

  test('lets a pair rest after use as long as there is another', () => {
    const range = new PortRange(30_000, 30_003, restMs);
    const port = range.take(0, 0) ?? 0;
    range.give(port, 1_000);
    expect([range.inUse, range.resting(30_999)]).toEqual([0, 1]);
    const other = range.take(30_999, 0);
    expect(other).not.toBe(port);
    expect(range.take(31_000, 0)).toBe(port);
    expect(range.resting(31_000)).toBe(0);
  });

  test('has a pair at once that needs no rest', () => {
    const range = new PortRange(30_000, 30_001, restMs);
    for (let call = 0; call < 10; call++) {
      expect(range.take(call, 0)).toBe(30_000);
      range.give(30_000, call, false);
      expect([range.inUse, range.resting(call)]).toEqual([0, 0]);
    }
    range.give(30_000, 10, false);
    expect([range.take(10, 0), range.take(10, 0)]).toEqual([30_000, null]);
  });

  test('leaves half of itself to others than unproven callers, whose pairs count until they are proven or given back', () => {
    const range = new PortRange(30_000, 30_011, restMs);
    const taken = [0, 1, 2].map(() => range.take(0, 0, false) ?? 0);
    expect([range.unproven, range.isShareFull(0), range.take(0, 0) !== null]).toEqual([3, true, true]);
    const [one = 0, two = 0] = taken;
    range.prove(one);
    range.prove(one);
    expect([range.unproven, range.isShareFull(0)]).toEqual([2, false]);
    range.give(two, 0, false);
    range.give(one, 0, false);
    expect(range.unproven).toBe(1);
    expect([range.claim(two, 0, false), range.unproven, range.inUse]).toEqual([true, 2, 3]);
  });

  test('counts pairs that nobody can take yet against the share: calls that end soon would turn it over until nothing is left', () => {
    const range = new PortRange(30_000, 30_011, restMs);
    const taken = [0, 1, 2].map(() => range.take(0, 0, false) ?? 0);
    taken.forEach((port, index) => range.give(port, 100 * index));
    expect([range.unproven, range.isShareFull(200), range.isShareFull(999), range.isShareFull(1_000)]).toEqual([0, true, true, false]);
    expect(range.take(1_000, 0, false)).not.toBeNull();
    expect([range.isShareFull(1_000), range.isShareFull(1_100)]).toEqual([true, false]);
  });

  test('in a burst takes the pair that has rested longest before its time, but none at once', () => {
    const range = new PortRange(30_000, 30_003, restMs);
    const [one, two] = [range.take(0, 0) ?? 0, range.take(0, 0) ?? 0];
    range.give(two, 1_000);
    range.give(one, 1_500);
    expect(range.take(1_999, 0)).toBeNull();
    expect(range.take(2_000, 0)).toBe(two);
    expect(range.take(2_000, 0)).toBeNull();
    expect([range.inUse, range.resting(2_000)]).toEqual([1, 1]);
  });

  test('leaves a port alone that is given back twice, or is none of its own', () => {
    const range = new PortRange(30_000, 30_003, restMs);
    const port = range.take(0, 0) ?? 0;
    range.give(port, 0);
    range.give(port, 0);
    range.give(30_001, 0);
    range.give(40_000, 0);
    expect(range.resting(0)).toBe(1);
  });

  test('claims a free or a resting pair by its port, and none that is in use', () => {
    const range = new PortRange(30_000, 30_005, restMs);
    expect(range.claim(30_002, 0)).toBe(true);
    expect(range.claim(30_002, 0)).toBe(false);
    expect(range.claim(30_003, 0)).toBe(false);
    range.give(30_002, 0);
    expect(range.claim(30_002, 5)).toBe(true);
    expect(range.resting(5)).toBe(0);
    expect([range.take(5, 0.5), range.take(5, 0.5)].sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual([30_000, 30_004]);
    expect(range.take(5, 0)).toBeNull();
  });

  test('stays whole over a long life of random takes, claims and gives', () => {
    const range = new PortRange(30_000, 30_039, 50);
    const random = draw();
    const used = new Set<number>();
    for (let now = 0; now < 20_000; now++) {
      const [first] = used;
      if (random() < 0.5) {
        const port = range.take(now, random());
        expect(port === null || !used.has(port)).toBe(true);
        if (port !== null) used.add(port);
      } else if (random() < 0.2) {
        const port = 30_000 + 2 * Math.floor(random() * 20);
        expect(range.claim(port, now)).toBe(!used.has(port));
        used.add(port);
      } else if (first !== undefined) {
        range.give(first, now, random() < 0.7);
        used.delete(first);
      }
      expect(range.inUse).toBe(used.size);
      expect(range.inUse + range.resting(now)).toBeLessThanOrEqual(range.pairs);
    }
  });
});

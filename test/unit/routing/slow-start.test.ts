import { describe, expect, it } from 'vitest';
import type { Algorithm } from '../../../dataplane/contract/rows.ts';
import { explain } from '../../../dataplane/routing/explain.ts';
import { Turns } from '../../../dataplane/routing/turns.ts';
import { TestHealth, query } from './rows.ts';
import { firstOf, five, shares, world } from './world.ts';

/** Destination 1 came into service at second 1,000; a ramp takes 100 s. */
const health = new TestHealth();
health.since.set(1, 1_000);
const slowStartMs = 100_000;
const begin = 1_000_000;
const share = (algorithm: Algorithm, ageMs: number, rows: Parameters<typeof world>[1] = five, method = 'INVITE', count = 20_000): number => {
  const config = world({ algorithm, slowStartMs, hashOn: 'call-id' }, rows);
  const turns = new Turns(9);
  return shares(1, count, (i) => firstOf(config, turns, health, {
    callId: `c${i}`, fromKey: `f${i}@x`, toKey: `t${i}@x`, user: `u${i}`, authUser: `a${i}`, aor: `p${i}@x`, method, timeMs: begin + ageMs,
  }))[0] ?? 0;
};

describe('slow start', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 14, 15] as const)('algorithm %i: from a tenth of its share, in a straight line, to all of it', (algorithm) => {
    const [first, half, full, later] = [0, 50_000, 100_000, 10_000_000].map((age) => share(algorithm, age));
    // Its share of five is 200 of 1,000; weights put 0.1 against 4.1, turns give a tenth of a fifth.
    expect(first).toBeGreaterThanOrEqual(15);
    expect(first).toBeLessThanOrEqual(31);
    expect(Math.abs((half ?? 0) - 115)).toBeLessThan(15);
    expect(Math.abs((full ?? 0) - 200)).toBeLessThan(12);
    expect(Math.abs((later ?? 0) - 200)).toBeLessThan(12);
  });

  it('serial (8): a primary that is back takes a tenth, then more, then all', () => {
    const ranked = [{ id: 1, rank: 1 }, { id: 2, rank: 2 }];
    expect(Math.abs(share(8, 0, ranked) - 100)).toBeLessThan(10);
    expect(Math.abs(share(8, 50_000, ranked) - 550)).toBeLessThan(15);
    expect(share(8, 100_000, ranked)).toBe(1_000);
    expect(share(8, 0, [{ id: 1 }])).toBe(1_000);
  });

  it.each([8, 14, 15] as const)('affinity by rank (%i): phones come back a tenth first, each for good', (algorithm) => {
    const ranked = [{ id: 1, rank: 1 }, { id: 2, rank: 2 }];
    expect(Math.abs(share(algorithm, 0, ranked, 'REGISTER') - 100)).toBeLessThan(15);
    expect(Math.abs(share(algorithm, 50_000, ranked, 'REGISTER') - 550)).toBeLessThan(20);
    expect(share(algorithm, 100_000, ranked, 'REGISTER')).toBe(1_000);
    const config = world({ algorithm, slowStartMs }, ranked);
    for (let i = 0; i < 200; i++) {
      let back = false;
      for (let age = 0; age <= 100_000; age += 5_000) {
        const home = firstOf(config, new Turns(), health, { method: 'REGISTER', aor: `p${i}@x`, timeMs: begin + age });
        if (back) expect(home).toBe(1);
        back ||= home === 1;
      }
    }
  });

  it('affinity: a phone that has moved to the recovered one stays there while it grows', () => {
    const config = world({ slowStartMs }, five);
    const home = (i: number, age: number): number => firstOf(config, new Turns(), health, { method: 'REGISTER', aor: `p${i}@x`, timeMs: begin + age });
    for (let i = 0; i < 300; i++) {
      const former = home(i, 0);
      const now = home(i, 30_000);
      if (former === 1) expect(now).toBe(1);
      else if (now !== former) expect(now).toBe(1);
    }
  });

  it('call load (10): it fills up to its part of what the others hold, not at once to all of it', () => {
    const config = world({ algorithm: 10, slowStartMs }, five);
    const loads = new TestHealth();
    loads.since.set(1, 1_000);
    for (const id of [2, 3, 4, 5]) loads.loads.set(id, 100);
    const turns = new Turns();
    for (let i = 0; i < 60; i++) {
      const id = firstOf(config, turns, loads, { timeMs: begin });
      loads.loads.set(id, loads.load(id) + 1);
    }
    expect(loads.load(1)).toBeGreaterThanOrEqual(9);
    expect(loads.load(1)).toBeLessThanOrEqual(12);
  });

  it('serves in spite of it when nobody else can', () => {
    for (const algorithm of [0, 4, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const) expect(share(algorithm, 0, [{ id: 1 }], 'INVITE', 50)).toBe(1_000);
  });

  it('is off by default, for those long in service, and when the clock was set back', () => {
    const off = world({ algorithm: 9 }, five);
    const turns = new Turns();
    expect(shares(1, 1_000, () => firstOf(off, turns, health, { timeMs: begin }))).toEqual([200]);
    expect(share(9, -5_000)).toBe(200);
  });

  it('is explained', () => {
    const texts = explain(world({ algorithm: 9, slowStartMs }, five), health, query({ timeMs: begin + 20_000 })).steps.map((step) => step.text);
    expect(texts).toContain('destination 1 (sip:10.0.0.1:5060): usable, but not its turn (slow start: 28 % of its share)');
  });
});

import { describe, expect, it } from 'vitest';
import { applyOps } from '../../../dataplane/routing/build.ts';
import type { RouteQuery } from '../../../dataplane/routing/query.ts';
import { Turns } from '../../../dataplane/routing/turns.ts';
import type { ConfigView } from '../../../dataplane/routing/view.ts';
import { TestHealth, destination, domain, routeSet, set, view } from './rows.ts';
import { ascending, attempts, firstOf, five, tally, world } from './world.ts';

describe('round robin (4)', () => {
  it('goes round', () => {
    const config = world({ algorithm: 4 }, five);
    const turns = new Turns();
    const health = new TestHealth();
    expect(Array.from({ length: 11 }, () => firstOf(config, turns, health))).toEqual([1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1]);
  });

  it('spreads the calls of a lost destination over all others, not over its neighbour', () => {
    const config = world({ algorithm: 4 }, five);
    const turns = new Turns();
    const health = new TestHealth();
    health.states.set(3, 'down');
    const seen = tally(400, () => firstOf(config, turns, health));
    expect([...seen.entries()].sort(([a], [b]) => a - b)).toEqual([[1, 100], [2, 100], [4, 100], [5, 100]]);
  });

  it('keeps its position over changes of anything else and of its own destinations', () => {
    const turns = new Turns();
    const health = new TestHealth();
    let config = world({ algorithm: 4 }, five);
    expect([firstOf(config, turns, health), firstOf(config, turns, health)]).toEqual([1, 2]);
    config = applyOps(config, [domain('other.example'), set(2)], 'epoch', 2);
    expect(firstOf(config, turns, health)).toBe(3);
    config = applyOps(config, [destination(4, { admin: 'disabled' }), set(1, { name: 'renamed' })], 'epoch', 3);
    expect(firstOf(config, turns, health)).toBe(5);
    config = applyOps(config, [destination(4), { table: 'destination', key: '1', row: null }], 'epoch', 4);
    // 4 waited longest, then 2.
    expect([firstOf(config, turns, health), firstOf(config, turns, health), firstOf(config, turns, health)]).toEqual([4, 2, 3]);
  });

  it('is fair to each family while the families alternate', () => {
    const config = world({ algorithm: 4 }, [{ id: 1 }, { id: 2 }, { id: 3, uri: 'sip:[2001:db8::3]' }], routeSet(1, { family: 'match' }));
    const turns = new Turns();
    const health = new TestHealth();
    const seen = tally(300, (i) => firstOf(config, turns, health, { family: i % 2 === 0 ? 4 : 6 }));
    expect([...seen.entries()].sort(([a], [b]) => a - b)).toEqual([[1, 75], [2, 75], [3, 150]]);
  });

  it('counts a fail-over as a turn', () => {
    const config = world({ algorithm: 4 }, five);
    const turns = new Turns();
    const health = new TestHealth();
    expect(attempts(config, turns, health, {}, 3)).toEqual([1, 2, 3]);
    expect(firstOf(config, turns, health)).toBe(4);
  });

  it('forgets sets that are gone once many are remembered', () => {
    const turns = new Turns();
    for (let id = 1; id <= 5_000; id++) turns.of(view(set(id)).set(id) as never, view(set(id)));
    expect(turns.size).toBeLessThanOrEqual(4_097);
  });
});

describe('serial (8)', () => {
  const config = world({ algorithm: 8 }, [{ id: 1, rank: 2 }, { id: 2, rank: 1 }, { id: 3, rank: 1 }, { id: 4, rank: 7 }]);

  it('tries rank 1 first, equal ranks by age', () => {
    expect(attempts(config, new Turns(), new TestHealth())).toEqual([2, 3, 1, 4]);
  });

  it('passes over what is down', () => {
    const health = new TestHealth();
    health.states.set(2, 'down').set(3, 'unknown').set(1, 'probing');
    expect(attempts(config, new Turns(), health)).toEqual([1, 4]);
  });

  it('keeps phones on the primary: affinity works within the first usable rank', () => {
    const health = new TestHealth();
    const seen = tally(200, (i) => firstOf(config, new Turns(), health, { method: 'REGISTER', aor: `${i}@sip.acme.example` }));
    expect([...seen.keys()].sort(ascending)).toEqual([2, 3]);
    health.states.set(2, 'down').set(3, 'down');
    expect(firstOf(config, new Turns(), health, { method: 'REGISTER' })).toBe(1);
  });
});

describe('weight (9)', () => {
  it('gives exact shares, without bursts', () => {
    const config = world({ algorithm: 9 }, [{ id: 1, weight: 5 }, { id: 2, weight: 1 }, { id: 3, weight: 1 }]);
    const turns = new Turns();
    const order = Array.from({ length: 7 }, () => firstOf(config, turns, new TestHealth()));
    expect(order).toEqual([1, 1, 2, 1, 3, 1, 1]);
  });

  it('takes weights that add up to anything, and leaves weight 0 for need', () => {
    const config = world({ algorithm: 9 }, [{ id: 1, weight: 300 }, { id: 2, weight: 700 }, { id: 3, weight: 0 }]);
    const turns = new Turns();
    const health = new TestHealth();
    const seen = tally(1_000, () => firstOf(config, turns, health));
    expect([...seen.entries()].sort(([a], [b]) => a - b)).toEqual([[1, 300], [2, 700]]);
    health.states.set(1, 'down').set(2, 'down');
    expect(firstOf(config, turns, health)).toBe(3);
  });

  it('treats a set of zeros as equal', () => {
    const config = world({ algorithm: 9 }, [{ id: 1, weight: 0 }, { id: 2, weight: 0 }]);
    const turns = new Turns();
    expect(tally(100, () => firstOf(config, turns, new TestHealth()))).toEqual(new Map([[1, 50], [2, 50]]));
  });

  it('shares a lost one out by weight', () => {
    const config = world({ algorithm: 9 }, [{ id: 1, weight: 1 }, { id: 2, weight: 2 }, { id: 3, weight: 3 }]);
    const turns = new Turns();
    const health = new TestHealth();
    health.states.set(3, 'down');
    expect(tally(300, () => firstOf(config, turns, health))).toEqual(new Map([[2, 200], [1, 100]]));
  });

  it('keeps what is owed over changes elsewhere and starts afresh for a changed weight', () => {
    const turns = new Turns();
    const health = new TestHealth();
    let config = world({ algorithm: 9 }, [{ id: 1, weight: 2 }, { id: 2, weight: 1 }]);
    const order = [firstOf(config, turns, health)];
    config = applyOps(config, [set(1, { algorithm: 9, name: 'renamed' })], 'epoch', 2);
    order.push(firstOf(config, turns, health), firstOf(config, turns, health));
    expect(order).toEqual([1, 2, 1]);
    config = applyOps(config, [destination(2, { weight: 8 })], 'epoch', 3);
    expect(tally(100, () => firstOf(config, turns, health)).get(2)).toBe(80);
  });
});

describe('hash over Call-ID (0)', () => {
  const keys = Array.from({ length: 10_000 }, (_, i) => `${(i * 2_654_435_761) % 4_294_967_296}-${i}@phone`);
  const spread = (config: ConfigView, health: TestHealth): number[] => keys.map((callId) => firstOf(config, new Turns(), health, { callId }));

  it('sends a call to the same destination each time, on any node', () => {
    const one = world({ algorithm: 0 }, five);
    const other = world({ algorithm: 0 }, [...five].reverse());
    expect(spread(one, new TestHealth()).slice(0, 500)).toEqual(spread(other, new TestHealth()).slice(0, 500));
  });

  it('spreads evenly, and a lost one moves its own calls only, to all the others', () => {
    const config = world({ algorithm: 0 }, five);
    const health = new TestHealth();
    const before = spread(config, health);
    for (const share of tally(keys.length, (i) => before[i] as number).values()) expect(Math.abs(share - 2_000)).toBeLessThan(200);
    health.states.set(3, 'down');
    const after = spread(config, health);
    const moved = new Map<number, number>();
    for (const [i, id] of before.entries()) {
      if (id !== 3) expect(after[i]).toBe(id);
      else moved.set(after[i] as number, (moved.get(after[i] as number) ?? 0) + 1);
    }
    expect([...moved.keys()].sort(ascending)).toEqual([1, 2, 4, 5]);
    for (const share of moved.values()) expect(Math.abs(share - 500)).toBeLessThan(100);
  });

  it('follows the weights', () => {
    const config = world({ algorithm: 0 }, [{ id: 1, weight: 10 }, { id: 2, weight: 30 }, { id: 3, weight: 60 }, { id: 4, weight: 0 }]);
    const before = spread(config, new TestHealth());
    const shares = tally(keys.length, (i) => before[i] as number);
    expect(shares.get(4)).toBeUndefined();
    expect(Math.abs((shares.get(1) ?? 0) - 1_000)).toBeLessThan(150);
    expect(Math.abs((shares.get(2) ?? 0) - 3_000)).toBeLessThan(250);
    expect(Math.abs((shares.get(3) ?? 0) - 6_000)).toBeLessThan(250);
  });

  it('moves few calls when a weight changes: only towards the heavier', () => {
    const light = world({ algorithm: 0 }, [{ id: 1, weight: 10 }, { id: 2, weight: 10 }, { id: 3, weight: 10 }]);
    const heavy = world({ algorithm: 0 }, [{ id: 1, weight: 10 }, { id: 2, weight: 10 }, { id: 3, weight: 20 }]);
    const before = spread(light, new TestHealth());
    const after = spread(heavy, new TestHealth());
    for (const [i, id] of before.entries()) if (after[i] !== id) expect(after[i]).toBe(3);
  });
});

describe('affinity', () => {
  const phones = Array.from({ length: 300 }, (_, i) => `${1_000 + i}@sip.acme.example`);

  it.each([0, 4, 8, 9] as const)('sends REGISTER and its digest retry to the same PBX (algorithm %i)', (algorithm) => {
    const config = world({ algorithm }, five);
    const turns = new Turns();
    for (const aor of phones) {
      const first = firstOf(config, turns, new TestHealth(), { method: 'REGISTER', user: '', aor, callId: `a-${aor}` });
      firstOf(config, turns, new TestHealth());
      expect(firstOf(config, turns, new TestHealth(), { method: 'REGISTER', user: '', aor, callId: `b-${aor}`, sourceAddress: '198.51.100.9' })).toBe(first);
    }
  });

  it('spreads phones over all', () => {
    const config = world({}, five);
    expect(tally(phones.length, (i) => firstOf(config, new Turns(), new TestHealth(), { method: 'REGISTER', aor: phones[i] as string })).size).toBe(5);
  });

  it('holds for the phone\'s calls too when the set says so', () => {
    for (const affinityAll of [true, false]) {
      const config = world({ affinityAll }, five);
      const turns = new Turns();
      let same = 0;
      for (const aor of phones) {
        const home = firstOf(config, turns, new TestHealth(), { method: 'REGISTER', aor });
        if (firstOf(config, turns, new TestHealth(), { method: 'INVITE', aor }) === home) same += 1;
      }
      if (affinityAll) expect(same).toBe(phones.length);
      else expect(same).toBeLessThan(phones.length / 2);
    }
  });

  it('by source and by Call-ID take those instead', () => {
    const bySource = world({ affinity: 'source', affinityAll: true }, five);
    const byCall = world({ affinity: 'call-id' }, five);
    const turns = new Turns();
    const spread = (config: ConfigView, over: (i: number) => Partial<RouteQuery>): number => tally(100, (i) => firstOf(config, turns, new TestHealth(), over(i))).size;
    expect(spread(bySource, (i) => ({ callId: `c${i}`, aor: `a${i}@x` }))).toBe(1);
    expect(spread(bySource, (i) => ({ sourceAddress: `198.51.100.${i}` }))).toBe(5);
    expect(spread(byCall, (i) => ({ method: 'REGISTER', aor: `a${i}@x` }))).toBe(1);
    expect(spread(byCall, (i) => ({ method: 'REGISTER', callId: `c${i}` }))).toBe(5);
  });

  it('none leaves even REGISTER to the algorithm', () => {
    const config = world({ affinity: 'none', algorithm: 4 }, five);
    const turns = new Turns();
    expect(tally(10, () => firstOf(config, turns, new TestHealth(), { method: 'REGISTER' })).size).toBe(5);
  });

  it('moves only the phones of a lost PBX, and back', () => {
    const config = world({}, five);
    const health = new TestHealth();
    const home = phones.map((aor) => firstOf(config, new Turns(), health, { method: 'REGISTER', aor }));
    health.states.set(2, 'down');
    for (const [i, aor] of phones.entries()) {
      const now = firstOf(config, new Turns(), health, { method: 'REGISTER', aor });
      if (home[i] === 2) expect(now).not.toBe(2);
      else expect(now).toBe(home[i]);
    }
  });
});

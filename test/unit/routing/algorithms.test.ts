import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { algorithms } from '../../../dataplane/contract/rows.ts';
import type { Algorithm } from '../../../dataplane/contract/rows.ts';
import { explain } from '../../../dataplane/routing/explain.ts';
import { nextAlongside, nextDestination } from '../../../dataplane/routing/plan.ts';
import type { RouteQuery } from '../../../dataplane/routing/query.ts';
import { Turns } from '../../../dataplane/routing/turns.ts';
import { TestHealth, destination, query, routeSet, rule, set, tenant, domain, view } from './rows.ts';
import { ascending, attempts, firstOf, five, planOf, shares, tally, world } from './world.ts';

const up = new TestHealth();

describe('hash algorithms', () => {
  /** What of a request each of them reads, and a request that differs in everything else. */
  const reads: readonly (readonly [Algorithm, string, (value: string) => Partial<RouteQuery>])[] = [
    [algorithms.callIdHash, 'call-id', (callId) => ({ callId })],
    [algorithms.fromHash, 'call-id', (value) => ({ fromKey: `${value}@a.example` })],
    [algorithms.toHash, 'call-id', (value) => ({ toKey: `${value}@a.example` })],
    [algorithms.requestUriHash, 'call-id', (user) => ({ user })],
    [algorithms.authUserHash, 'call-id', (authUser) => ({ authUser })],
    [algorithms.valueHash, 'from', (value) => ({ fromKey: `${value}@a.example` })],
    [algorithms.valueHash, 'from-user', (value) => ({ fromKey: `${value}@a.example:5070` })],
    [algorithms.valueHash, 'to', (value) => ({ toKey: `${value}@a.example` })],
    [algorithms.valueHash, 'to-user', (value) => ({ toKey: `${value}@b.example` })],
    [algorithms.valueHash, 'ruri', (user) => ({ user })],
    [algorithms.valueHash, 'ruri-user', (user) => ({ user })],
    [algorithms.valueHash, 'call-id', (callId) => ({ callId })],
    [algorithms.valueHash, 'source', (value) => ({ sourceAddress: `198.51.100.${value.length}${value.charCodeAt(0) % 10}` })],
    [algorithms.valueHash, 'auth-user', (authUser) => ({ authUser })],
    [algorithms.valueHash, 'header:X-Account', (value) => ({ header: (name) => (name === 'x-account' ? value : 'other') })],
  ];

  it.each(reads)('%i on %s: one value, one destination, whatever else differs', (algorithm, hashOn, from) => {
    const config = world({ algorithm, hashOn }, five);
    const turns = new Turns();
    for (const value of ['a', 'bb', 'ccc', 'd4']) {
      const home = firstOf(config, turns, up, from(value));
      const noise = (i: number): Partial<RouteQuery> => ({
        callId: `n${i}`, fromKey: `n${i}@x`, toKey: `n${i}@y`, user: `n${i}`, authUser: `n${i}`, sourceAddress: `203.0.113.${i}`, ...from(value),
      });
      for (let i = 0; i < 20; i++) expect(firstOf(config, turns, up, noise(i))).toBe(home);
    }
    expect(tally(60, (i) => firstOf(config, turns, up, from(`${'v'.repeat(i % 7)}${String.fromCharCode(97 + (i % 26))}`))).size).toBeGreaterThan(1);
  });

  it('user-only values leave host and port out', () => {
    const config = world({ algorithm: algorithms.valueHash, hashOn: 'from-user' }, five);
    const homes = ['a.example', 'b.example', 'a.example:5070', '[2001:db8::1]'].map((host) => firstOf(config, new Turns(), up, { fromKey: `1001@${host}` }));
    expect(new Set(homes).size).toBe(1);
  });

  it.each([[5, { authUser: '' }], [1, { fromKey: '' }], [2, { toKey: '' }], [7, { header: () => '' }]] as const)('%i without the value goes round', (algorithm, over) => {
    const config = world({ algorithm, hashOn: 'header:x' }, five);
    const turns = new Turns();
    expect(Array.from({ length: 6 }, () => firstOf(config, turns, up, over))).toEqual([1, 2, 3, 4, 5, 1]);
  });

  it('losing any one of n moves its own keys only, a fair part of them to each of the rest', () => {
    fc.assert(fc.property(fc.integer({ min: 2, max: 12 }), fc.nat(), fc.nat(), fc.constantFrom<Algorithm>(0, 1, 2, 3, 5, 7), (n, firstId, salt, algorithm) => {
      const rows = Array.from({ length: n }, (_, i) => ({ id: (firstId % 1_000_000) + i * 7 + 1 }));
      const config = world({ algorithm, hashOn: 'call-id' }, rows);
      const health = new TestHealth();
      const keys = Array.from({ length: 300 }, (_, i) => `${salt}-${i * 31}`);
      const where = (): number[] => keys.map((key) => firstOf(config, new Turns(), health, { callId: key, fromKey: key, toKey: key, user: key, authUser: key }));
      const before = where();
      const lost = rows[salt % n]?.id ?? 0;
      health.states.set(lost, 'down');
      for (const [i, now] of where().entries()) {
        if (before[i] !== lost) expect(now).toBe(before[i]);
        else expect(now).not.toBe(lost);
      }
    }), { numRuns: 60 });
  });

  it('spread a lost one of eight evenly over the seven others', () => {
    const config = world({ algorithm: algorithms.requestUriHash }, Array.from({ length: 8 }, (_, i) => ({ id: i + 1 })));
    const health = new TestHealth();
    const where = (): number[] => Array.from({ length: 8_000 }, (_, i) => firstOf(config, new Turns(), health, { user: `+49${i * 7_919}` }));
    const before = where();
    health.states.set(4, 'down');
    const after = where();
    const taken = tally(8_000, (i) => (before[i] === 4 ? after[i] ?? 0 : 0));
    taken.delete(0);
    expect([...taken.keys()].sort(ascending)).toEqual([1, 2, 3, 5, 6, 7, 8]);
    for (const share of taken.values()) expect(Math.abs(share - 1_000 / 7)).toBeLessThan(60);
  });

  it('hash the Request-URI as it will be sent: however the number is dialled, one destination', () => {
    const rows = [set(1, { algorithm: 3 }), routeSet(1), domain('sip.acme.example'), tenant(1), ...five.map(({ id }) => destination(id))];
    const config = view(...rows, rule(1, { type: 'prefix', value: '00' }, { strip: 2, prepend: '+' }), rule(2, { type: 'prefix', value: '+' }));
    for (let i = 0; i < 30; i++) expect(firstOf(config, new Turns(), up, { user: `0049${i}` })).toBe(firstOf(config, new Turns(), up, { user: `+49${i}` }));
  });
});

describe('random (6)', () => {
  it('gives all the same chance, and another sequence to another worker', () => {
    const config = world({ algorithm: 6 }, five);
    const turns = new Turns(42);
    for (const share of shares(5, 10_000, () => firstOf(config, turns, up))) expect(Math.abs(share - 200)).toBeLessThan(15);
    const sequence = (seed: number): number[] => {
      const own = new Turns(seed);
      return Array.from({ length: 20 }, () => firstOf(config, own, up));
    };
    expect(sequence(1)).toEqual(sequence(1));
    expect(sequence(1)).not.toEqual(sequence(2));
  });
});

describe('call load (10)', () => {
  const rows = [{ id: 1, attrs: { maxload: '10' } }, { id: 2, attrs: { maxload: '20' } }, { id: 3, attrs: { maxload: '40' } }];

  it('goes to the least load in proportion to maxload', () => {
    const config = world({ algorithm: 10 }, rows);
    const health = new TestHealth();
    for (let i = 0; i < 70; i++) {
      const id = firstOf(config, new Turns(), health);
      health.loads.set(id, health.load(id) + 1);
    }
    expect([1, 2, 3].map((id) => health.load(id))).toEqual([10, 20, 40]);
    // All are full.
    expect(firstOf(config, new Turns(), health)).toBe(0);
  });

  it('counts only new calls against maxload: other requests still find somebody', () => {
    const config = world({ algorithm: 10 }, [{ id: 1, attrs: { maxload: '1' } }]);
    const health = new TestHealth();
    health.loads.set(1, 1);
    expect([firstOf(config, new Turns(), health), firstOf(config, new Turns(), health, { method: 'MESSAGE' }), firstOf(config, new Turns(), health, { method: 'REGISTER' })]).toEqual([0, 1, 1]);
  });

  it('goes round among equals, and without maxload by the plain count', () => {
    const config = world({ algorithm: 10 }, five);
    const turns = new Turns();
    const health = new TestHealth();
    expect(Array.from({ length: 6 }, () => firstOf(config, turns, health))).toEqual([1, 2, 3, 4, 5, 1]);
    health.loads.set(1, 3).set(2, 1).set(3, 2).set(4, 3).set(5, 3);
    expect(attempts(config, turns, health)).toEqual([2, 3, 4, 5, 1]);
  });

  it('takes who names no limit for as big as the biggest', () => {
    const config = world({ algorithm: 10 }, [{ id: 1, attrs: { maxload: '10' } }, { id: 2 }]);
    const health = new TestHealth();
    health.loads.set(1, 5).set(2, 4);
    expect(firstOf(config, new Turns(), health)).toBe(2);
    health.loads.set(1, 10).set(2, 500);
    expect(firstOf(config, new Turns(), health)).toBe(2);
  });
});

describe('relative weight (11)', () => {
  it('reads rweight, else the weight', () => {
    const config = world({ algorithm: 11 }, [{ id: 1, attrs: { rweight: '60' } }, { id: 2, attrs: { rweight: '30' } }, { id: 3, weight: 10 }]);
    const turns = new Turns();
    expect(shares(3, 1_000, () => firstOf(config, turns, up))).toEqual([600, 300, 100]);
  });

  it('with cc weighs one less for each millisecond above the average, down to nothing', () => {
    const config = world({ algorithm: 11 }, [{ id: 1, attrs: { rweight: '50', cc: '1' } }, { id: 2, attrs: { rweight: '50' } }]);
    const health = new TestHealth();
    health.latencies.set(1, 20).set(2, 20);
    health.lastLatencies.set(1, 45).set(2, 900);
    const turns = new Turns();
    expect(shares(2, 3_000, () => firstOf(config, turns, health))).toEqual([333, 667]);
    health.lastLatencies.set(1, 70);
    expect(shares(2, 100, () => firstOf(config, turns, health))).toEqual([0, 1_000]);
    health.states.set(2, 'down');
    expect(firstOf(config, turns, health)).toBe(1);
    // Quicker than usual is no reason for more.
    health.states.delete(2);
    health.lastLatencies.set(1, 5);
    expect(shares(2, 100, () => firstOf(config, turns, health))).toEqual([500, 500]);
  });
});

describe('all at once (12)', () => {
  const rows = [{ id: 1, rank: 2 }, { id: 2, rank: 1 }, { id: 3, rank: 1 }];
  const together = (over: Partial<RouteQuery>, ...args: Parameters<typeof world>): number[][] => {
    const plan = planOf(world(...args), new Turns(), up, over);
    const groups: number[][] = [];
    for (let first = plan === null ? null : nextDestination(plan, up, null); plan !== null && first !== null; first = nextDestination(plan, up, null)) {
      const group = [first.id];
      for (let next = nextAlongside(plan, up); next !== null; next = nextAlongside(plan, up)) group.push(next.id);
      groups.push(group);
    }
    return groups;
  };

  it('hands out the whole set by rank as one attempt, then the backup set', () => {
    const more = [set(2, { algorithm: 8 }), destination(4, { set: 2 }), destination(5, { set: 2 }), rule(1, { type: 'any' }, { sets: [1, 2] })];
    expect(together({}, { algorithm: 12 }, rows, ...more)).toEqual([[2, 3, 1], [4], [5]]);
    expect(together({}, { algorithm: 12 }, rows, ...more, routeSet(1, { failover: { frMs: 1, frInviteMs: 1, on: [], maxAttempts: 1 } }))).toEqual([[2, 3, 1]]);
  });

  it('never sends a REGISTER that has an affinity to more than one', () => {
    expect(together({ method: 'REGISTER' }, { algorithm: 12 }, rows).map((group) => group.length)).toEqual([1, 1, 1]);
    expect(together({ method: 'REGISTER' }, { algorithm: 12, affinity: 'none' }, rows)).toEqual([[2, 3, 1]]);
  });
});

describe('latency-optimised (13)', () => {
  it('goes round among the least of rank + latency / 30 ms', () => {
    const config = world({ algorithm: 13 }, [{ id: 1, rank: 1 }, { id: 2, rank: 1 }, { id: 3, rank: 1 }, { id: 4, rank: 3 }]);
    const health = new TestHealth();
    const turns = new Turns();
    health.latencies.set(1, 10).set(2, 29).set(3, 31).set(4, 5);
    expect(tally(100, () => firstOf(config, turns, health))).toEqual(new Map([[1, 50], [2, 50]]));
    // Two ranks are worth 60 ms.
    health.latencies.set(1, 95).set(2, 70).set(3, 95).set(4, 20);
    expect(tally(100, () => firstOf(config, turns, health))).toEqual(new Map([[2, 50], [4, 50]]));
    expect(attempts(config, turns, health).slice(2).sort(ascending)).toEqual([1, 3]);
  });

  it('takes the attribute latency until a probe has measured, and no latency for the best', () => {
    const config = world({ algorithm: 13 }, [{ id: 1, attrs: { latency: '100' } }, { id: 2, attrs: { latency: '20' } }, { id: 3 }]);
    const health = new TestHealth();
    const turns = new Turns();
    expect(tally(100, () => firstOf(config, turns, health))).toEqual(new Map([[2, 50], [3, 50]]));
    health.latencies.set(1, 1).set(3, 200);
    expect(tally(100, () => firstOf(config, turns, health))).toEqual(new Map([[1, 50], [2, 50]]));
  });
});

describe('round robin within a rank (14)', () => {
  it('goes round in the first rank, then falls to the next', () => {
    const config = world({ algorithm: 14 }, [{ id: 1, rank: 2 }, { id: 2, rank: 1 }, { id: 3, rank: 1 }, { id: 4, rank: 2 }]);
    const turns = new Turns();
    const health = new TestHealth();
    expect(tally(100, () => firstOf(config, turns, health))).toEqual(new Map([[2, 50], [3, 50]]));
    expect(attempts(config, turns, health).map((id) => (id === 2 || id === 3 ? 1 : 2))).toEqual([1, 1, 2, 2]);
    health.states.set(2, 'down').set(3, 'down');
    expect(tally(100, () => firstOf(config, turns, health))).toEqual(new Map([[1, 50], [4, 50]]));
  });
});

describe('tiers (15)', () => {
  it('goes by weight in the first rank that has anybody', () => {
    const config = world({ algorithm: 15 }, [{ id: 1, rank: 1, weight: 1 }, { id: 2, rank: 1, weight: 3 }, { id: 3, rank: 5, weight: 900 }, { id: 4, rank: 5, weight: 100 }]);
    const turns = new Turns();
    const health = new TestHealth();
    expect(shares(4, 400, () => firstOf(config, turns, health))).toEqual([250, 750, 0, 0]);
    health.states.set(2, 'down');
    expect(firstOf(config, turns, health)).toBe(1);
    health.states.set(1, 'down');
    expect(shares(4, 1_000, () => firstOf(config, turns, health))).toEqual([0, 0, 900, 100]);
  });
});

describe('every algorithm', () => {
  const all = Object.values(algorithms);

  it.each(all)('%i hands out each usable destination once and nothing else', (algorithm) => {
    fc.assert(fc.property(
      fc.uniqueArray(fc.record({ id: fc.integer({ min: 1, max: 40 }), rank: fc.integer({ min: 1, max: 3 }), weight: fc.integer({ min: 0, max: 3 }) }), { selector: ({ id }) => id, maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 8 }), fc.constantFrom('INVITE', 'REGISTER', 'MESSAGE'), fc.constantFrom(0, 5_000), fc.integer(),
      (rows, down, method, slowStartMs, seed) => {
        const config = world({ algorithm, slowStartMs }, rows);
        const health = new TestHealth();
        for (const id of down) health.states.set(id, 'down');
        for (const { id } of rows) if (id % 3 === 0) health.since.set(id, 1_000);
        const q: Partial<RouteQuery> = { method, timeMs: 1_001_000 };
        expect(attempts(config, new Turns(seed), health, q).sort(ascending)).toEqual(rows.map(({ id }) => id).filter((id) => !down.includes(id)).sort(ascending));
      },
    ), { numRuns: 40 });
  });

  it.each(all)('%i is foretold by an explanation, which takes nobody\'s turn', (algorithm) => {
    fc.assert(fc.property(fc.integer(), fc.constantFrom(0, 60_000), fc.constantFrom('INVITE', 'REGISTER'), fc.integer({ min: 0, max: 4 }), (seed, slowStartMs, method, earlier) => {
      const config = world({ algorithm, slowStartMs, hashOn: 'source' }, five.map(({ id }) => ({ id, rank: 1 + (id % 2), weight: id })));
      const health = new TestHealth();
      health.since.set(2, 1_000);
      for (const { id } of five) {
        health.loads.set(id, id);
        health.latencies.set(id, id * 11);
      }
      const turns = new Turns(seed);
      turns.overload.note(3, { param: (name) => (name === 'oc' ? '50' : name === 'oc-validity' ? '9999999' : null) }, 1_000_000);
      const over: Partial<RouteQuery> = { method, timeMs: 1_010_000, authUser: 'alice' };
      for (let i = 0; i < earlier; i++) attempts(config, turns, health, over);
      const { decision } = explain(config, health, query(over), turns);
      expect(explain(config, health, query(over), turns).decision).toEqual(decision);
      expect(decision.kind === 'route' ? decision.destinations.map(({ id }) => id) : []).toEqual(attempts(config, turns, health, over));
    }), { numRuns: 30 });
  });

  it.each(all)('%i sends a phone to one PBX when affinity holds for all methods', (algorithm) => {
    const config = world({ algorithm, affinityAll: true }, five.map(({ id }) => ({ id, rank: 1 + (id % 2) })));
    const turns = new Turns();
    for (let i = 0; i < 50; i++) {
      const aor = `${i}@sip.acme.example`;
      const home = firstOf(config, turns, up, { method: 'REGISTER', aor });
      for (const method of ['INVITE', 'SUBSCRIBE', 'REGISTER']) expect(firstOf(config, turns, up, { method, aor, callId: method })).toBe(home);
    }
  });

  it.each(all)('%i is fair to what it knows: nobody but those down or outranked stays without calls', (algorithm) => {
    const config = world({ algorithm, hashOn: 'call-id' }, five);
    const turns = new Turns();
    const health = new TestHealth();
    health.states.set(2, 'down');
    const q = (i: number): Partial<RouteQuery> => ({ callId: `c${i}`, fromKey: `f${i}@x`, toKey: `t${i}@x`, user: `u${i}`, authUser: `a${i}` });
    const served = [...tally(500, (i) => firstOf(config, turns, health, q(i))).keys()].sort(ascending);
    expect(served).toEqual(algorithm === 8 || algorithm === 12 ? [1] : [1, 3, 4, 5]);
  });
});

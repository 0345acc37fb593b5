import { describe, expect, it } from 'vitest';
import type { RowOp } from '../../../dataplane/contract/rows.ts';
import { admit } from '../../../dataplane/routing/admit.ts';
import type { Refused } from '../../../dataplane/routing/admit.ts';
import { noHealth } from '../../../dataplane/routing/health-reader.ts';
import { nextDestination, planRoute } from '../../../dataplane/routing/plan.ts';
import type { RoutePlan } from '../../../dataplane/routing/route-plan.ts';
import type { RouteQuery } from '../../../dataplane/routing/query.ts';
import { Turns } from '../../../dataplane/routing/turns.ts';
import type { ConfigView } from '../../../dataplane/routing/view.ts';
import { TestHealth, destination, domain, query, routeSet, rule, set, tenant, view } from './rows.ts';

const base: readonly RowOp[] = [tenant(1), domain('sip.acme.example'), routeSet(1)];

function start(config: ConfigView, health: TestHealth, over: Partial<RouteQuery> = {}): RoutePlan | Refused {
  const q = query(over);
  const admitted = admit(config, q, null);
  if (!admitted.ok) throw new Error(admitted.detail);
  return planRoute(config, health, new Turns(), admitted, q, null);
}

function planned(config: ConfigView, health: TestHealth, over: Partial<RouteQuery> = {}): RoutePlan {
  const plan = start(config, health, over);
  if (!plan.ok) throw new Error(plan.detail);
  return plan;
}

function all(plan: RoutePlan, health: TestHealth): number[] {
  const ids: number[] = [];
  for (let next = nextDestination(plan, health, null); next !== null; next = nextDestination(plan, health, null)) ids.push(next.id);
  return ids;
}

const refusal = (plan: RoutePlan | Refused): string => (plan.ok ? 'none' : plan.refuse);

describe('planRoute', () => {
  it('rewrites the user part: strip, then prepend', () => {
    const config = view(...base, set(1), destination(1), rule(1, { type: 'prefix', value: '+' }, { strip: 1, prepend: '00' }), rule(2, { type: 'prefix', value: '9' }, { strip: 64 }));
    expect(planned(config, new TestHealth(), { user: '+4930' }).user).toBe('004930');
    expect(planned(config, new TestHealth(), { user: '911' }).user).toBe('');
  });

  it('matches a REGISTER without user on the phone\'s own number and rewrites nothing', () => {
    const config = view(...base, set(1), destination(1), rule(1, { type: 'range', from: '1000', to: '1999' }, { strip: 1, prepend: 'x' }));
    expect(planned(config, new TestHealth(), { method: 'REGISTER', user: '', aor: '1001@sip.acme.example' }).user).toBe('');
    expect(refusal(start(config, new TestHealth(), { method: 'REGISTER', user: '', aor: '2001@sip.acme.example' }))).toBe('no-rule');
    expect(refusal(start(config, new TestHealth(), { method: 'REGISTER', user: '', aor: '' }))).toBe('no-rule');
    expect(refusal(start(config, new TestHealth(), { method: 'INVITE', user: '', aor: '1001@sip.acme.example' }))).toBe('no-rule');
  });

  it('refuses without a rule and without a usable destination', () => {
    expect(refusal(start(view(...base), new TestHealth()))).toBe('no-rule');
    expect(refusal(start(view(...base, rule(1, { type: 'any' }), set(1)), new TestHealth()))).toBe('no-destination');
    expect(refusal(start(view(...base, rule(1, { type: 'any' }, { sets: [7] }), destination(1)), new TestHealth()))).toBe('no-destination');
  });

  it('never chooses draining, disabled, down or unreachable destinations; unknown only where the set says so', () => {
    const health = new TestHealth();
    health.states.set(4, 'down').set(5, 'unknown').set(6, 'probing').set(7, 'up');
    const rows = [
      destination(1, { admin: 'draining' }), destination(2, { admin: 'disabled' }), destination(3, { uri: 'sip:10.0.0.3;transport=sctp' }),
      destination(4), destination(5), destination(6), destination(7), destination(8, { uri: 'nonsense' }),
    ];
    const ids = (...ops: RowOp[]): number[] => all(planned(view(...base, rule(1, { type: 'any' }), ...ops, ...rows), health), health);
    expect(ids(set(1))).toEqual([6, 7]);
    expect(ids(set(1, {}, { useUnknown: true }))).toEqual([5, 6, 7]);
    expect(ids(set(1, {}, { mode: 'never' }))).toEqual([5, 6, 7]);
  });

  it('uses nothing while nothing was ever probed', () => {
    const config = view(...base, set(1), destination(1), rule(1, { type: 'any' }));
    const q = query();
    const admitted = admit(config, q, null);
    expect(admitted.ok && refusal(planRoute(config, noHealth, new Turns(), admitted, q, null))).toBe('no-destination');
    expect(noHealth.families(1)).toBe(0);
  });
});

describe('nextDestination', () => {
  it('reads health again before every attempt', () => {
    const config = view(...base, set(1, { algorithm: 8 }), rule(1, { type: 'any' }), ...[1, 2, 3].map((id) => destination(id, { rank: id })));
    const health = new TestHealth();
    const plan = planned(config, health);
    // Down between planning and the first attempt.
    health.states.set(1, 'down');
    expect(nextDestination(plan, health, null)?.id).toBe(2);
    health.states.set(3, 'down').set(1, 'up');
    expect(nextDestination(plan, health, null)?.id).toBe(1);
    expect(nextDestination(plan, health, null)).toBeNull();
    expect(plan.attempts).toBe(2);
  });

  it('goes through backup sets in order and never back to a destination that had its attempt', () => {
    const config = view(
      ...base, rule(1, { type: 'any' }, { sets: [2, 9, 1] }), set(1, { algorithm: 8 }), set(2, { algorithm: 8 }),
      destination(1, { set: 1 }), destination(2, { set: 1 }), destination(3, { set: 2 }), destination(4, { set: 2 }),
    );
    expect(all(planned(config, new TestHealth()), new TestHealth())).toEqual([3, 4, 1, 2]);
  });

  it('stops at the route set\'s most attempts', () => {
    const config = view(
      tenant(1), domain('sip.acme.example'), routeSet(1, { failover: { frMs: 1, frInviteMs: 1, on: [], maxAttempts: 2 } }),
      rule(1, { type: 'any' }), set(1, { algorithm: 8 }), destination(1), destination(2), destination(3),
    );
    expect(all(planned(config, new TestHealth()), new TestHealth())).toEqual([1, 2]);
  });

  it('shows the set and destination of the attempt under way', () => {
    const config = view(...base, rule(1, { type: 'any' }, { sets: [1, 2] }), set(1), set(2), destination(1), destination(2, { set: 2 }));
    const health = new TestHealth();
    const plan = planned(config, health);
    expect(plan.destination).toBeNull();
    nextDestination(plan, health, null);
    expect([plan.set?.id, plan.destination?.id]).toEqual([1, 1]);
    nextDestination(plan, health, null);
    expect([plan.set?.id, plan.destination?.id]).toEqual([2, 2]);
  });
});

describe('family', () => {
  const rows = [
    set(1, { algorithm: 8 }), set(2, { algorithm: 8 }), rule(1, { type: 'any' }, { sets: [1, 2] }),
    destination(1, { uri: 'sip:[2001:db8::1]' }), destination(2), destination(3, { uri: 'sip:pbx.example' }),
    destination(4, { set: 2, uri: 'sip:[2001:db8::4]' }), destination(5, { set: 2 }),
  ];
  const order = (family: 'prefer' | 'match' | 'any', by: 4 | 6, health = new TestHealth()): number[] =>
    all(planned(view(tenant(1), domain('sip.acme.example'), routeSet(1, { family }), ...rows), health, { family: by }), health);

  it('prefer: the request\'s own first within each set, then the rest', () => {
    expect(order('prefer', 4)).toEqual([2, 3, 1, 5, 4]);
    expect(order('prefer', 6)).toEqual([1, 3, 2, 4, 5]);
  });

  it('match: its own only', () => {
    expect(order('match', 4)).toEqual([2, 3, 5]);
    expect(order('match', 6)).toEqual([1, 3, 4]);
  });

  it('any: order of the set', () => {
    expect(order('any', 4)).toEqual([1, 2, 3, 4, 5]);
  });

  it('of a host name is what it resolved to; both as long as that is not known', () => {
    const health = new TestHealth();
    health.resolved.set(3, 2);
    expect(order('match', 4, health)).toEqual([2, 5]);
    health.resolved.set(3, 3);
    expect(order('match', 4, health)).toEqual([2, 3, 5]);
  });
});

/** The source systems' own tables, routed as they say (seed 000: xlab1 front end; seed 001: SIP Router Notes). */
import { describe, expect, it } from 'vitest';
import { admit } from '../../../dataplane/routing/admit.ts';
import { applyOps } from '../../../dataplane/routing/build.ts';
import { nextDestination, planRoute } from '../../../dataplane/routing/plan.ts';
import type { RouteQuery } from '../../../dataplane/routing/query.ts';
import { Turns } from '../../../dataplane/routing/turns.ts';
import type { ConfigView } from '../../../dataplane/routing/view.ts';
import { TestHealth, destination, domain, query, routeSet, rule, set, tenant, view } from './rows.ts';

/** URIs in the order of the attempts, or the refusal. */
function ways(config: ConfigView, host: string, over: Partial<RouteQuery> = {}, health = new TestHealth(), turns = new Turns()): string[] {
  const q = query({ host, toHost: host, ...over });
  const admitted = admit(config, q, null);
  if (!admitted.ok) return [admitted.refuse];
  const plan = planRoute(config, health, turns, admitted, q, null);
  if (!plan.ok) return [plan.refuse];
  const uris: string[] = [];
  for (let next = nextDestination(plan, health, null); next !== null; next = nextDestination(plan, health, null)) uris.push(next.uri);
  return uris;
}

describe('seed 000: domain → route set N → 4000+N over IPv4, 6000+N over IPv6', () => {
  const be011 = 'sip:[2001:DB8:8:100::17]:5060';
  const be021 = 'sip:[2001:DB8:8:100::18]:5060';
  const config = view(
    tenant(1), ...[1, 2].map((n) => routeSet(n, { family: 'match' })), ...[1, 2].map((n) => rule(n, { type: 'any' }, { routeSet: n, sets: [4_000 + n, 6_000 + n] })),
    ...[4_001, 4_002, 6_001].map((id) => set(id)),
    destination(1, { set: 4_001, uri: 'sip:10.100.0.17:5060', attrs: { backend: 'be011' } }), destination(2, { set: 4_002, uri: 'sip:10.100.0.18:5060' }),
    destination(3, { set: 6_001, uri: be011 }), destination(4, { set: 6_001, uri: be021 }),
    domain('sip.customer01.com', { did: '1', routeSet: 1 }), domain('sip.customer02.com', { did: '2', routeSet: 2 }),
  );

  it.each(['INVITE', 'REGISTER', 'OPTIONS', 'SUBSCRIBE'])('passes %s to the backend of the customer and family', (method) => {
    expect(ways(config, 'sip.customer01.com', { method, family: 4 })).toEqual(['sip:10.100.0.17:5060']);
    expect(ways(config, 'sip.customer02.com', { method, family: 4 })).toEqual(['sip:10.100.0.18:5060']);
    expect(ways(config, 'sip.customer01.com', { method, family: 6 }).toSorted()).toEqual([be011, be021]);
  });

  it('never crosses families: customer 2 has no IPv6 backend', () => {
    expect(ways(config, 'sip.customer02.com', { family: 6 })).toEqual(['no-destination']);
    const health = new TestHealth();
    health.states.set(1, 'down');
    expect(ways(config, 'sip.customer01.com', { family: 4 }, health)).toEqual(['no-destination']);
  });

  it('takes turns between the two IPv6 backends', () => {
    const turns = new Turns();
    const first = Array.from({ length: 4 }, () => {
      const q = query({ host: 'sip.customer01.com', family: 6 });
      const admitted = admit(config, q, null);
      const plan = admitted.ok ? planRoute(config, new TestHealth(), turns, admitted, q, null) : admitted;
      return plan.ok ? nextDestination(plan, new TestHealth(), null)?.id : null;
    });
    expect(first).toEqual([3, 4, 3, 4]);
  });

  it('knows no other domain', () => {
    expect(ways(config, 'sip.customer03.com')).toEqual(['unknown-domain']);
  });
});

describe('seed 001: domain → setid, round robin over healthy destinations', () => {
  // Priority 0 goes before 10 there: ranks 1 and 2 here.
  const rows = [
    tenant(1), routeSet(10), routeSet(20), rule(1, { type: 'any' }, { routeSet: 10, sets: [10] }), rule(2, { type: 'any' }, { routeSet: 20, sets: [20] }),
    set(10, { algorithm: 4 }, { downAfter: 2, upAfter: 2, intervalMs: 30_000 }), set(20, { algorithm: 4 }),
    destination(1, { set: 10, uri: 'sip:10.0.1.10:5060', rank: 1 }), destination(2, { set: 10, uri: 'sip:10.0.1.11:5060', rank: 2 }),
    destination(3, { set: 20, uri: 'sip:10.0.2.20:5060', rank: 1 }), destination(4, { set: 20, uri: 'sip:10.0.2.21:5060', rank: 2 }),
    domain('tenant1.example.com', { routeSet: 10 }), domain('tenant2.example.com', { routeSet: 20 }), domain('old.example.com', { routeSet: 10, enabled: false }),
  ];
  const config = view(...rows);

  it('keeps tenants apart', () => {
    expect(ways(config, 'tenant1.example.com').toSorted()).toEqual(['sip:10.0.1.10:5060', 'sip:10.0.1.11:5060']);
    expect(ways(config, 'tenant2.example.com').toSorted()).toEqual(['sip:10.0.2.20:5060', 'sip:10.0.2.21:5060']);
  });

  it('blocks door-knockers: unknown and disabled domains', () => {
    expect([ways(config, 'example.com'), ways(config, 'old.example.com'), ways(config, '198.51.100.1')]).toEqual([['unknown-domain'], ['unknown-domain'], ['unknown-domain']]);
  });

  it('skips what is down, and answers 503 when all are', () => {
    const health = new TestHealth();
    health.states.set(1, 'down');
    expect(ways(config, 'tenant1.example.com', {}, health)).toEqual(['sip:10.0.1.11:5060']);
    health.states.set(2, 'down');
    expect(ways(config, 'tenant1.example.com', {}, health)).toEqual(['no-destination']);
    expect(ways(config, 'tenant2.example.com', {}, health)).toHaveLength(2);
  });

  it('serves primary then backup when the algorithm becomes 8', () => {
    const serial = applyOps(config, [set(10, { algorithm: 8 })], 'epoch', 2);
    for (let i = 0; i < 3; i++) expect(ways(serial, 'tenant1.example.com')).toEqual(['sip:10.0.1.10:5060', 'sip:10.0.1.11:5060']);
  });
});

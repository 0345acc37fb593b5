/**
 * What routing costs: admit + plan + first choice for several configurations, single look-ups, and the delta of one row.
 * Run: node bench/micro/routing.ts
 */
import { algorithms, dispatcherSetDefaults, ruleDefaults, tenantPolicyDefaults, trunkDefaults } from '../../dataplane/contract/rows.ts';
import type { Algorithm, RowOp } from '../../dataplane/contract/rows.ts';
import { admit } from '../../dataplane/routing/admit.ts';
import { ViewDraft, applyOps, emptyView } from '../../dataplane/routing/build.ts';
import type { HealthReader } from '../../dataplane/routing/health-reader.ts';
import { nextDestination, planRoute } from '../../dataplane/routing/plan.ts';
import type { RouteQuery } from '../../dataplane/routing/query.ts';
import { Turns } from '../../dataplane/routing/turns.ts';
import type { ConfigView } from '../../dataplane/routing/view.ts';

const rounds = 300_000;
const up: HealthReader = { state: () => 'up', families: () => 0, load: () => 3, latencyMs: () => 20, lastLatencyMs: () => 20, upSince: () => 0 };

function measure(name: string, count: number, work: (i: number) => unknown): void {
  for (let i = 0; i < Math.min(count, 50_000); i++) work(i);
  const times: number[] = [];
  for (let run = 0; run < 5; run++) {
    const start = performance.now();
    for (let i = 0; i < count; i++) work(i);
    times.push((performance.now() - start) * 1_000 / count);
  }
  times.sort((a, b) => a - b);
  console.log(`${name.padEnd(58)} ${(times[2] ?? 0).toFixed(3).padStart(9)} µs  (${(times[0] ?? 0).toFixed(3)}-${(times[4] ?? 0).toFixed(3)})`);
}

function setRow(id: number, algorithm: Algorithm): RowOp {
  return {
    table: 'dispatcherSet', key: String(id),
    row: {
      id, name: `set ${id}`, tenant: null, algorithm, affinity: 'aor', affinityAll: false, ...dispatcherSetDefaults,
      probing: { mode: 'always', intervalMs: 30_000, timeoutMs: 2_000, downAfter: 2, upAfter: 2, codes: [200], from: '', useUnknown: false },
    },
  };
}

function domainRow(i: number, enabled: boolean): RowOp {
  const name = `customer${i}.sip.example`;
  return { table: 'domain', key: name, row: { name, tenant: 1, routeSet: 1, enabled, did: '' } };
}

function build(domains: number, rules: number, algorithm: Algorithm, trunks: number): ConfigView {
  const draft = new ViewDraft(emptyView());
  draft.apply({
    table: 'tenant', key: '1',
    row: { id: 1, key: 'acme', name: 'Acme', enabled: true, limits: { calls: 0, cps: 0, registrations: 0 }, policies: { media: 'direct', topologyHiding: false, digest: false, ...tenantPolicyDefaults } },
  });
  draft.apply({
    table: 'routeSet', key: '1',
    row: { number: 1, name: 'acme', tenant: 1, family: 'prefer', failover: { frMs: 5_000, frInviteMs: 30_000, on: ['timeout'], maxAttempts: 3 } },
  });
  draft.apply(setRow(10, algorithm));
  for (let id = 1; id <= 4; id++) {
    draft.apply({ table: 'destination', key: String(id), row: { id, set: 10, uri: `sip:10.0.0.${id}:5060`, rank: id, weight: id, admin: 'enabled', attrs: {} } });
  }
  for (let id = 1; id <= rules; id++) {
    const kind = id % 3;
    const from = String(4_930_000_000 + id * 100);
    draft.apply({
      table: 'rule', key: String(id),
      row: {
        id, routeSet: 1, position: id, methods: [], sets: [10], ...ruleDefaults, strip: 0, prepend: '',
        match: kind === 0 ? { type: 'exact', value: from } : kind === 1 ? { type: 'prefix', value: String(id) } : { type: 'range', from, to: String(Number(from) + 49) },
      },
    });
  }
  draft.apply({ table: 'rule', key: '1000000', row: { id: 1_000_000, routeSet: 1, position: 0, match: { type: 'any' }, methods: [], sets: [10], ...ruleDefaults, strip: 0, prepend: '' } });
  for (let i = 0; i < trunks; i++) {
    draft.apply({ table: 'trunk', key: `t${i}`, row: { key: `t${i}`, name: 't', tenant: 1, routeSet: 1, enabled: true, sources: [`10.${i >> 8}.${i & 255}.0/24`], ...trunkDefaults } });
  }
  for (let i = 0; i < domains; i++) draft.apply(domainRow(i, true));
  return draft.commit('bench', 1);
}

function route(config: ConfigView, method: string, name: string): void {
  const turns = new Turns();
  const queries: RouteQuery[] = Array.from({ length: 1_024 }, (_, i) => ({
    method, user: String(4_930_000_000 + i * 97), host: `customer${(i * 37) % 1_000}.sip.example`, toHost: '', fromKey: `${i}@customer.sip.example`, toKey: `${i * 97}@customer.sip.example`, authUser: '', timeMs: 0, header: () => '', callId: `${i * 7_919}-call@192.0.2.7`,
    aor: `${i}@customer.sip.example`, sourceAddress: `192.0.2.${i & 255}`, sourcePort: 5060, transport: 'udp', family: 4,
  }));
  measure(name, rounds, (i) => {
    const q = queries[i & 1_023] as RouteQuery;
    const admitted = admit(config, q, null);
    if (!admitted.ok) throw new Error(admitted.detail);
    const plan = planRoute(config, up, turns, admitted, q, null);
    return plan.ok ? nextDestination(plan, up, null) : null;
  });
}

console.log(`admit + plan + first choice, 4 destinations (node ${process.version})`);
for (const algorithm of Object.values(algorithms)) route(build(1_000, 0, algorithm, 0), 'INVITE', `algorithm ${algorithm}, 1,000 domains, 1 rule`);
route(build(1_000, 0, 4, 0), 'REGISTER', 'REGISTER (affinity aor), 1,000 domains, 1 rule');
route(build(1_000, 10_000, 4, 1_000), 'INVITE', 'algorithm 4, 1,000 domains, 10,001 rules, 1,000 trunks');
const start = performance.now();
let big = build(100_000, 10_000, 4, 1_000);
console.log(`building 100,000 domains, 10,001 rules, 1,000 trunks from nothing: ${(performance.now() - start).toFixed(0)} ms`);
route(big, 'INVITE', 'algorithm 4, 100,000 domains, 10,001 rules, 1,000 trunks');
measure('one look-up of 100,000 domains', rounds, (i) => big.domain(`customer${i % 100_000}.sip.example`));
measure('one look-up of 1,000 trunks', rounds, (i) => big.trunk(`10.${i & 3}.${(i >> 2) & 255}.9`));
console.log('deltas on the big one');
measure('one domain row', 2_000, (i) => { big = applyOps(big, [domainRow(i % 100_000, (i & 1) === 0)], 'bench', i); });
measure('one range of 3,333', 300, (i) => {
  const from = String(4_930_000_200 + (i & 1));
  big = applyOps(big, [{
    table: 'rule', key: '2', row: { id: 2, routeSet: 1, position: 2, match: { type: 'range', from, to: from }, methods: [], sets: [10], ...ruleDefaults, strip: 0, prepend: '' },
  }], 'bench', i);
});
measure('one prefix of 3,333', 2_000, (i) => {
  big = applyOps(big, [{
    table: 'rule', key: '1', row: { id: 1, routeSet: 1, position: i, match: { type: 'prefix', value: '1' }, methods: [], sets: [10], ...ruleDefaults, strip: 0, prepend: '' },
  }], 'bench', i);
});
measure('one destination', 2_000, (i) => {
  big = applyOps(big, [{ table: 'destination', key: '1', row: { id: 1, set: 10, uri: 'sip:10.0.0.1', rank: 1, weight: i & 7, admin: 'enabled', attrs: {} } }], 'bench', i);
});

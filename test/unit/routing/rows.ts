/** Rows for routing tests: whole, valid, with what a test cares about on top. */
import { dispatcherSetDefaults, ruleDefaults, tenantPolicyDefaults, trunkDefaults } from '../../../dataplane/contract/rows.ts';
import type {
  DestinationRow, DispatcherSetRow, DomainRow, RouteSetRow, RowOp, RuleMatch, RuleRow, TenantRow, TrunkRow,
} from '../../../dataplane/contract/rows.ts';
import type { HealthState } from '../../../dataplane/contract/health.ts';
import { applyOps, emptyView } from '../../../dataplane/routing/build.ts';
import type { HealthReader } from '../../../dataplane/routing/health-reader.ts';
import type { RouteQuery } from '../../../dataplane/routing/query.ts';
import type { ConfigView } from '../../../dataplane/routing/view.ts';

export const tenant = (id: number, over: Partial<TenantRow> = {}): RowOp => ({
  table: 'tenant', key: String(id),
  row: {
    id, key: `tenant-${id}`, name: `Tenant ${id}`, enabled: true, limits: { calls: 0, cps: 0, registrations: 0 },
    policies: { media: 'direct', topologyHiding: false, digest: false, ...tenantPolicyDefaults }, ...over,
  },
});

export const domain = (name: string, over: Partial<DomainRow> = {}): RowOp => ({
  table: 'domain', key: name, row: { name, tenant: 1, routeSet: 1, enabled: true, did: '', ...over },
});

export const routeSet = (number: number, over: Partial<RouteSetRow> = {}): RowOp => ({
  table: 'routeSet', key: String(number),
  row: {
    number, name: `route ${number}`, tenant: null, family: 'any',
    failover: { frMs: 5_000, frInviteMs: 30_000, on: ['timeout', 'transport', 500, 503], maxAttempts: 16 }, ...over,
  },
});

export const rule = (id: number, match: RuleMatch, over: Partial<RuleRow> = {}): RowOp => ({
  table: 'rule', key: String(id),
  row: { id, routeSet: 1, position: id, match, methods: [], sets: [1], ...ruleDefaults, strip: 0, prepend: '', ...over },
});

export const set = (id: number, over: Partial<DispatcherSetRow> = {}, probing: Partial<DispatcherSetRow['probing']> = {}): RowOp => ({
  table: 'dispatcherSet', key: String(id),
  row: {
    id, name: `set ${id}`, tenant: null, algorithm: 4, affinity: 'aor', affinityAll: false, ...dispatcherSetDefaults,
    probing: {
      mode: 'always', intervalMs: 30_000, timeoutMs: 2_000, downAfter: 2, upAfter: 2, codes: [200], from: '', useUnknown: false, ...probing,
    },
    ...over,
  },
});

export const destination = (id: number, over: Partial<DestinationRow> = {}): RowOp => ({
  table: 'destination', key: String(id),
  row: { id, set: 1, uri: `sip:10.0.0.${id % 256}:5060`, rank: 1, weight: 1, admin: 'enabled', attrs: {}, ...over },
});

export const trunk = (key: string, sources: readonly string[], over: Partial<TrunkRow> = {}): RowOp => ({
  table: 'trunk', key, row: { key, name: key, tenant: 1, routeSet: 1, enabled: true, sources, ...trunkDefaults, ...over },
});

export const view = (...ops: readonly RowOp[]): ConfigView => applyOps(emptyView(), ops, 'epoch', 1);

/** Health from a map; everything else is up. */
export class TestHealth implements HealthReader {
  readonly states = new Map<number, HealthState>();
  readonly resolved = new Map<number, number>();
  readonly loads = new Map<number, number>();
  readonly latencies = new Map<number, number>();
  readonly lastLatencies = new Map<number, number>();
  /** Epoch seconds. */
  readonly since = new Map<number, number>();
  state(id: number): HealthState {
    return this.states.get(id) ?? 'up';
  }
  families(id: number): number {
    return this.resolved.get(id) ?? 0;
  }
  load(id: number): number {
    return this.loads.get(id) ?? 0;
  }
  latencyMs(id: number): number {
    return this.latencies.get(id) ?? -1;
  }
  lastLatencyMs(id: number): number {
    return this.lastLatencies.get(id) ?? this.latencyMs(id);
  }
  upSince(id: number): number {
    return this.since.get(id) ?? 0;
  }
}

export const query = (over: Partial<RouteQuery> = {}): RouteQuery => ({
  method: 'INVITE', user: '1001', host: 'sip.acme.example', toHost: 'sip.acme.example', fromKey: '1000@sip.acme.example', toKey: '1001@sip.acme.example', authUser: '', timeMs: 0, header: () => '',
  callId: 'call-1', aor: '1000@sip.acme.example', sourceAddress: '192.0.2.7', sourcePort: 5060, transport: 'udp', family: 4, ...over,
});

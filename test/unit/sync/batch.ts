/** Batches for tests: rows with the hashes that belong to them, staged and settled in one go. */
import { canonicalJson } from '../../../dataplane/contract/canonical.ts';
import { applyChanges } from '../../../dataplane/contract/hash.ts';
import type { Result } from '../../../dataplane/contract/result.ts';
import type { WireRow } from '../../../dataplane/contract/wire.ts';
import { Replica } from '../../../dataplane/sync/replica.ts';
import { allNodeSafeguards } from '../../../dataplane/sync/safeguards.ts';
import { settleAll } from '../../../dataplane/sync/snapshot-reader.ts';
import { Staging } from '../../../dataplane/sync/staging.ts';
import type { BatchFault, BatchPlan, Settled } from '../../../dataplane/sync/staging.ts';

export const tenantRow = (id: number): WireRow => ['tenant', String(id), canonicalJson({
  id, key: `t${id}`, name: 'T', enabled: true, limits: { calls: 0, cps: 0, registrations: 0 }, policies: { media: 'direct', topologyHiding: false, digest: false },
})];

export const routeSetRow = (number: number, name = ''): WireRow => ['routeSet', String(number), canonicalJson({
  number, name, tenant: null, family: 'any', failover: { frMs: 5_000, frInviteMs: 30_000, on: [], maxAttempts: 1 },
})];

export const setRow = (id: number): WireRow => ['dispatcherSet', String(id), canonicalJson({
  id, name: '', tenant: null, algorithm: 4, affinity: 'none', affinityAll: false,
  probing: { mode: 'never', intervalMs: 1_000, timeoutMs: 500, downAfter: 1, upAfter: 1, codes: [200], from: '', useUnknown: true },
})];

export const destinationRow = (id: number, set: number): WireRow => ['destination', String(id), canonicalJson({ id, set, uri: 'sip:10.0.0.1', rank: 1, weight: 1, admin: 'enabled', attrs: {} })];

export const ruleRow = (id: number, routeSet: number, sets: readonly number[]): WireRow => ['rule', String(id), canonicalJson({ id, routeSet, position: 0, match: { type: 'any' }, methods: [], sets, strip: 0, prepend: '' })];

export const domainRow = (name: string, routeSet = 1, tenant = 1): WireRow => ['domain', name, canonicalJson({ name, tenant, routeSet, enabled: true, did: '' })];

export const trunkRow = (key: string, routeSet = 1): WireRow => ['trunk', key, canonicalJson({ key, name: key, tenant: 1, routeSet, enabled: true, sources: ['192.0.2.1'] })];

export const without = ([table, key]: WireRow): WireRow => [table, key, null];

/** The plan that announces `rows` truly, as a step on from `base`. */
export function planFor(base: Replica, kind: 'snapshot' | 'delta', rows: readonly WireRow[], changes: Partial<BatchPlan> = {}): BatchPlan {
  const start = kind === 'snapshot' ? Replica.empty : base;
  const edited = new Map<string, string | null>();
  const hashes = applyChanges(start.hashes, rows.map(([table, key, json]) => {
    const id = `${table} ${key}`;
    const before = edited.has(id) ? (edited.get(id) ?? null) : (start.tables[table].get(key) ?? null);
    edited.set(id, json);
    return { table, key, before, after: json };
  }));
  return { kind, epoch: 'e', to: base.rev + 1, hashes, allowShrink: {}, ...changes };
}

export function stage(base: Replica, kind: 'snapshot' | 'delta', rows: readonly WireRow[], changes: Partial<BatchPlan> = {}): Result<Settled, BatchFault> {
  const staging = new Staging(base, planFor(base, kind, rows, changes), allNodeSafeguards);
  for (const row of rows) staging.receive(row);
  return settleAll(staging);
}

/** The replica after a batch that must pass. */
export function applied(base: Replica, kind: 'snapshot' | 'delta', rows: readonly WireRow[]): Settled {
  const outcome = stage(base, kind, rows);
  if (!outcome.ok) throw new Error(outcome.error.detail);
  return outcome.value;
}

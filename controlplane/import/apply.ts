/**
 * An import's plan → one write of the configuration. What the file says wins; what only a new entity takes leaves an
 * operator's later changes alone, so that a second run of the same file changes nothing.
 */
import { err, ok } from '../../dataplane/contract/result.ts';
import type { Result } from '../../dataplane/contract/result.ts';
import { domainRow } from '../config/compile.ts';
import type { Draft } from '../config/draft.ts';
import { destinationsOf, patchDispatcherSet, putDispatcherSet } from '../config/edit-dispatcher-set.ts';
import { patchRouteSet, putRouteSet } from '../config/edit-route-set.ts';
import { putTenant } from '../config/edit-tenant.ts';
import { tenantKey } from '../config/edit.ts';
import type { BodyCheck, EditOptions } from '../config/edit.ts';
import type { ConfigFault } from '../config/fault.ts';
import { loadOwned } from '../config/owned.ts';
import { noPrecondition } from '../config/precondition.ts';
import { nothingLive } from '../config/present.ts';
import type { Stored } from '../config/stored.ts';
import type { DestinationBody } from '../contract/dispatcher-sets.ts';
import type { ImportPlan, PlannedDestination, PlannedSet } from './plan.ts';

type Outcome = Result<null, ConfigFault>;

interface GroupTenant {
  /** Takes the group's new domains. */
  readonly id: number;
  readonly key: string;
  /** Every tenant that a domain of the group belongs to, key by id. */
  readonly all: Map<number, string>;
}
type Tenants = ReadonlyMap<string, GroupTenant>;

/** Puts the whole plan on a draft. Faults of rows land on the draft with pointers like `/domains/3`. */
export async function applyPlan(draft: Draft, plan: ImportPlan, check: BodyCheck): Promise<Outcome> {
  await draft.load('domain', plan.domains.map((domain) => domain.name));
  await draft.load('dispatcherSet', plan.dispatcherSets.map((set) => String(set.id)));
  await draft.load('routeSet', plan.routeSets.map((routeSet) => String(routeSet.number)));
  // Everything that is looked at below, a few hundred owners a query instead of one.
  await loadOwned(draft, 'tenant', plan.tenants.map((tenant) => tenant.key));
  await loadOwned(draft, 'destination', plan.dispatcherSets.map((set) => String(set.id)));
  await loadOwned(draft, 'rule', plan.routeSets.map((routeSet) => String(routeSet.number)));
  const tenants = await planTenants(draft, plan);
  if (!tenants.ok) return tenants;
  for (const [index, set] of plan.dispatcherSets.entries()) {
    const done = await applySet(draft, set, tenants.value, check, options(`/dispatcherSets/${index}`));
    if (!done.ok) return done;
  }
  for (const [index, routeSet] of plan.routeSets.entries()) {
    const at = options(`/routeSets/${index}`);
    const before = draft.of('routeSet').get(String(routeSet.number))?.current ?? null;
    if (await isTaken(draft, `route set ${routeSet.number}`, before?.row.tenant, routeSet.groups, tenants.value, at)) continue;
    const owner = await ownerOf(draft, before?.row.tenant, routeSet.groups, tenants.value);
    const done = before === null
      ? await putRouteSet(draft, routeSet.number, { ...routeSet.defaults, ...routeSet.says, tenant: owner }, at)
      : await patchRouteSet(draft, routeSet.number, { ...routeSet.says, tenant: owner }, check, at);
    if (!done.ok) return done;
  }
  for (const [index, domain] of plan.domains.entries()) {
    const before = draft.of('domain').get(domain.name)?.current ?? null;
    const tenant = tenants.value.get(domain.group)?.id ?? 0;
    const present = before === null ? {} : { enabled: before.row.enabled, did: before.row.did, comment: before.note.comment };
    const body = { ...present, ...domain.says, tenant: '', routeSet: domain.says.routeSet };
    const note = { comment: body.comment ?? '', externalId: before?.note.externalId ?? null };
    await draft.put('domain', domain.name, domainRow(domain.name, before?.row.tenant ?? tenant, body), note, `/domains/${index}`);
  }
  return ok(null);
}

/** A group of domains belongs to the tenant that a member of it already has, else to a new one. */
async function planTenants(draft: Draft, plan: ImportPlan): Promise<Result<Tenants, ConfigFault>> {
  const tenants = new Map<string, GroupTenant>();
  await draft.load('tenant', plan.domains.flatMap((domain) => draft.of('domain').get(domain.name)?.current?.row.tenant ?? []).map(String));
  for (const domain of plan.domains) {
    const id = draft.of('domain').get(domain.name)?.current?.row.tenant;
    if (id === undefined) continue;
    const key = await tenantKey(draft, id);
    const group = tenants.get(domain.group) ?? { id, key, all: new Map<number, string>() };
    tenants.set(domain.group, group);
    group.all.set(id, key);
  }
  for (const [index, tenant] of plan.tenants.entries()) {
    if (tenants.has(tenant.group)) continue;
    const put = await existingOrNew(draft, tenant.key, tenant.defaults, options(`/tenants/${index}`));
    if (!put.ok) return put;
    tenants.set(tenant.group, { id: put.value, key: tenant.key, all: new Map([[put.value, tenant.key]]) });
  }
  return ok(tenants);
}

/** An existing tenant of that key stays as it is. */
async function existingOrNew(draft: Draft, key: string, defaults: Parameters<typeof putTenant>[2], at: EditOptions): Promise<Result<number, ConfigFault>> {
  const created = await putTenant(draft, key, defaults, { ...at, ifNoneMatch: true });
  const stored = tenantOf(draft, key);
  if (stored !== null) return ok(stored.row.id);
  return created.ok ? err({ code: 'conflict', detail: `The tenant ${key} could not be made.` }) : created;
}

function tenantOf(draft: Draft, key: string): Stored<'tenant'> | null {
  for (const tenant of draft.inGroup('tenant', key)) return tenant;
  return null;
}

/** Used by domains of one tenant: theirs. By several: shared. An existing set that fits stays whose it is. */
async function ownerOf(draft: Draft, present: number | null | undefined, groups: readonly string[], tenants: Tenants): Promise<string | null> {
  const users = new Map(groups.flatMap((group) => [...tenants.get(group)?.all ?? []]));
  if (present === null) return null;
  if (present !== undefined) return [...users.keys()].every((id) => id === present) ? tenantKey(draft, present) : null;
  const [only] = users.values();
  return users.size === 1 && only !== undefined ? only : null;
}

/**
 * True, with a fault on the draft, when the file's number is that of a tenant without a domain in the file: two systems use
 * one number by chance (10, 1), and an import must not replace what another tenant's calls run on.
 */
async function isTaken(draft: Draft, name: string, present: number | null | undefined, groups: readonly string[], tenants: Tenants, { at }: EditOptions): Promise<boolean> {
  if (present === undefined || present === null || groups.length === 0) return false;
  if (groups.some((group) => tenants.get(group)?.all.has(present) === true)) return false;
  draft.fault(at, 'taken', `${name} belongs to tenant ${await tenantKey(draft, present)}, and no domain of the file does: the number is in use for something else. Free it, or import into that tenant`);
  return true;
}

async function applySet(draft: Draft, set: PlannedSet, tenants: Tenants, check: BodyCheck, at: EditOptions): Promise<Result<unknown, ConfigFault>> {
  const before = draft.of('dispatcherSet').get(String(set.id))?.current ?? null;
  if (await isTaken(draft, `dispatcher set ${set.id}`, before?.row.tenant, set.groups, tenants, at)) return ok(null);
  const owner = await ownerOf(draft, before?.row.tenant, set.groups, tenants);
  if (before === null) {
    const destinations = set.destinations.map((destination) => ({ ...destination.defaults, ...destination.says }));
    const probing = { ...set.defaults.probing, ...set.says.probing };
    return putDispatcherSet(draft, set.id, { ...set.defaults, ...set.says, probing, tenant: owner, destinations }, nothingLive, at);
  }
  const destinations = mergeDestinations(await destinationsOf(draft, set.id), set.destinations);
  return patchDispatcherSet(draft, set.id, { ...set.says, tenant: owner, destinations }, nothingLive, check, at);
}

/** Destinations keep their id, and what the file does not say, while their URI stays; two of one URI pair up in order. */
function mergeDestinations(old: readonly Stored<'destination'>[], planned: readonly PlannedDestination[]): DestinationBody[] {
  const byUri = Map.groupBy(old, (destination) => destination.row.uri);
  return planned.map(({ says, defaults }) => {
    const before = byUri.get(says.uri)?.shift();
    if (before === undefined) return { ...defaults, ...says };
    const { id, weight, admin } = before.row;
    return { weight, admin, comment: before.note.comment, externalId: before.note.externalId, ...says, id };
  });
}

function options(at: string): EditOptions {
  return { ...noPrecondition, at };
}

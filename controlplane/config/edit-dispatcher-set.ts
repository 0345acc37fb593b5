/** Edits of dispatcher sets with their destinations. A destination keeps its id, and with it its health, while its URI stays. */
import { attrFaults } from '../../dataplane/contract/destination-attrs.ts';
import { err, ok } from '../../dataplane/contract/result.ts';
import { DestinationBody, DispatcherSetBody } from '../contract/dispatcher-sets.ts';
import type { Destination, DispatcherSet } from '../contract/dispatcher-sets.ts';
import { destinationRow, dispatcherSetRow, noteOf } from './compile.ts';
import type { Draft } from './draft.ts';
import { notFound, patchBody, tenantIdOrNull, tenantKey } from './edit.ts';
import type { BodyCheck, Edited, EditOptions } from './edit.ts';
import { loadOwned } from './owned.ts';
import { refuseStale } from './precondition.ts';
import { presentDestination, presentDispatcherSet } from './present.ts';
import type { LiveOf } from './present.ts';
import type { Stored } from './stored.ts';

export async function putDispatcherSet(draft: Draft, id: number, body: DispatcherSetBody, live: LiveOf, options: EditOptions): Edited<DispatcherSet> {
  const key = String(id);
  const before = await draft.find('dispatcherSet', key);
  const stale = refuseStale(`Dispatcher set ${id}`, before, options);
  if (stale !== null) return err(stale);
  const tenant = await tenantIdOrNull(draft, body.tenant, `${options.at}/tenant`);
  const stored = await draft.put('dispatcherSet', key, dispatcherSetRow(id, tenant, body), noteOf(body), options.at);
  const old = before === null ? [] : await destinationsOf(draft, id);
  const destinations = await putDestinations(draft, id, body.destinations ?? [], old, options.at);
  const unchanged = destinations.length === old.length && destinations.every((destination) => old.includes(destination));
  if (!unchanged) draft.touch('dispatcherSet', key);
  return ok(() => presentDispatcherSet(draft.of('dispatcherSet').get(key)?.current ?? stored, byRank(destinations), body.tenant ?? null, live));
}

export async function patchDispatcherSet(draft: Draft, id: number, patch: unknown, live: LiveOf, check: BodyCheck, options: EditOptions): Edited<DispatcherSet> {
  const before = await draft.find('dispatcherSet', String(id));
  if (before === null) return notFound(`There is no dispatcher set ${id}.`);
  const { name, algorithm, affinity, affinityAll, hashOn, slowStartMs, registration, probing } = before.row;
  const tenant = before.row.tenant === null ? null : await tenantKey(draft, before.row.tenant);
  const destinations = (await destinationsOf(draft, id)).map((destination) => ({ id: destination.row.id, ...destinationBody(destination) }));
  const present = { name, tenant, algorithm, affinity, affinityAll, hashOn, slowStartMs, registration, probing, destinations, ...before.note };
  const body = patchBody(check, DispatcherSetBody, present, patch, options.at);
  return body.ok ? putDispatcherSet(draft, id, body.value, live, options) : body;
}

export async function removeDispatcherSet(draft: Draft, id: number, options: EditOptions): Edited<null> {
  const before = await draft.find('dispatcherSet', String(id));
  if (before === null) return notFound(`There is no dispatcher set ${id}.`);
  const stale = refuseStale(`Dispatcher set ${id}`, before, options);
  if (stale !== null) return err(stale);
  for (const destination of await destinationsOf(draft, id)) await draft.remove('destination', destination.key, options.at);
  await draft.remove('dispatcherSet', before.key, options.at);
  return ok(() => null);
}

/** A merge patch of one destination; the set it belongs to gets a new version, too. */
export async function patchDestination(draft: Draft, id: number, patch: unknown, live: LiveOf, check: BodyCheck, options: EditOptions): Edited<Destination> {
  const before = await draft.find('destination', String(id));
  if (before === null) return notFound(`There is no destination ${id}.`);
  const stale = refuseStale(`Destination ${id}`, before, options);
  if (stale !== null) return err(stale);
  const body = patchBody(check, DestinationBody, destinationBody(before), patch, options.at);
  if (!body.ok) return body;
  checkAttrs(draft, body.value, options.at);
  const stored = await draft.put('destination', before.key, destinationRow(id, before.row.set, body.value), noteOf(body.value), options.at);
  await draft.load('dispatcherSet', [String(before.row.set)]);
  if (stored !== before) draft.touch('dispatcherSet', String(before.row.set));
  return ok(() => presentDestination(stored, live));
}

/** Attributes that have a meaning must be readable; nodes would pass over what is not, and nobody would know. */
function checkAttrs(draft: Draft, { attrs }: DestinationBody, at: string): void {
  for (const { name, message } of attrFaults(attrs ?? {})) draft.fault(`${at}/attrs/${name}`, 'format', message);
}

function destinationBody({ row, note }: Stored<'destination'>) {
  const { uri, rank, weight, admin, attrs } = row;
  return { uri, rank, weight, admin, attrs, ...note };
}

export async function destinationsOf(draft: Draft, set: number): Promise<Stored<'destination'>[]> {
  await loadOwned(draft, 'destination', [String(set)]);
  return byRank([...draft.inGroup('destination', String(set))]);
}

/** The order in which they are shown and, by the serial algorithm, tried. */
export function byRank(destinations: readonly Stored<'destination'>[]): Stored<'destination'>[] {
  return destinations.toSorted((one, other) => one.row.rank - other.row.rank || one.row.id - other.row.id);
}

async function putDestinations(draft: Draft, set: number, bodies: readonly DestinationBody[], old: readonly Stored<'destination'>[], at: string): Promise<Stored<'destination'>[]> {
  const byId = new Map(old.map((destination) => [destination.row.id, destination]));
  const claimed = new Set(bodies.flatMap((body) => (body.id === undefined ? [] : [body.id])));
  const byUri = Map.groupBy(old.filter((destination) => !claimed.has(destination.row.id)), (destination) => destination.row.uri);
  const destinations: Stored<'destination'>[] = [];
  const used = new Set<number>();
  for (const [index, body] of bodies.entries()) {
    const where = `${at}/destinations/${index}`;
    if (body.id !== undefined && (!byId.has(body.id) || used.has(body.id))) {
      draft.fault(`${where}/id`, used.has(body.id) ? 'duplicate' : 'not-found', used.has(body.id) ? 'must not be listed twice' : `dispatcher set ${set} has no destination ${body.id}`);
      continue;
    }
    const id = body.id ?? byUri.get(body.uri)?.shift()?.row.id ?? await draft.newId('destination');
    used.add(id);
    checkAttrs(draft, body, where);
    destinations.push(await draft.put('destination', String(id), destinationRow(id, set, body), noteOf(body), where));
  }
  for (const destination of old) if (!used.has(destination.row.id)) await draft.remove('destination', destination.key, at);
  return destinations;
}

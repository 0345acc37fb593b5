import type { Destination, DispatcherSet, DispatcherSetCreate } from '../../../../controlplane/contract/index.ts';

export interface DestinationValues {
  /** Identity in the form; a destination that is not saved yet has no id. */
  uid: string;
  id: number | null;
  uri: string;
  rank: number | string;
  weight: number | string;
  admin: 'enabled' | 'draining' | 'disabled';
  comment: string;
}

/** What the set form edits; paths equal those of the API's body. */
export interface SetValues extends Record<string, unknown> {
  id: number | string;
  name: string;
  tenant: string | null;
  algorithm: string;
  affinity: 'none' | 'aor' | 'source' | 'call-id';
  affinityAll: boolean;
  hashOn: string;
  slowStartMs: number | string;
  registration: 'path' | 'contact';
  probing: {
    mode: 'always' | 'failing' | 'never';
    intervalMs: number | string;
    timeoutMs: number | string;
    downAfter: number | string;
    upAfter: number | string;
    codes: string[];
    from: string;
    useUnknown: boolean;
  };
  destinations: DestinationValues[];
  comment: string;
}

let made = 0;

/** An empty line of the destination list. */
export function newDestination(rank: number): DestinationValues {
  made += 1;
  return { uid: `new-${made}`, id: null, uri: '', rank, weight: 50, admin: 'enabled', comment: '' };
}

/** Form values of a set, or those of a new one (of `tenant`, when the list was filtered to it). */
export function setValues(set: DispatcherSet | null, tenant: string | undefined): SetValues {
  const probing = set?.probing ?? { mode: 'always', intervalMs: 30_000, timeoutMs: 2_000, downAfter: 2, upAfter: 2, codes: [200], from: '', useUnknown: false };
  return {
    id: set?.id ?? '',
    name: set?.name ?? '',
    tenant: set === null ? (tenant ?? null) : set.tenant,
    algorithm: String(set?.algorithm ?? 4),
    affinity: set?.affinity ?? 'aor',
    affinityAll: set?.affinityAll ?? false,
    hashOn: set?.hashOn ?? 'call-id',
    slowStartMs: set?.slowStartMs ?? 0,
    registration: set?.registration ?? 'path',
    probing: { ...probing, codes: probing.codes.map(String) },
    destinations:
      set === null
        ? [newDestination(1), newDestination(2)]
        : set.destinations.map((each) => ({ uid: `id-${each.id}`, id: each.id, uri: each.uri, rank: each.rank, weight: each.weight, admin: each.admin, comment: each.comment })),
    comment: set?.comment ?? '',
  };
}

/**
 * The body of POST or PATCH /dispatcher-sets. Lines of a new set that were never filled in are left out; whatever
 * the form does not show of a known destination is carried over, because the list is replaced whole.
 */
export function setBody(values: SetValues, set: DispatcherSet | null): DispatcherSetCreate {
  const known = new Map(set?.destinations.map((each) => [each.id, each]));
  const body: DispatcherSetCreate = {
    name: values.name,
    tenant: values.tenant,
    algorithm: Number(values.algorithm) as NonNullable<DispatcherSetCreate['algorithm']>,
    affinity: values.affinity,
    affinityAll: values.affinityAll,
    hashOn: values.hashOn.trim(),
    slowStartMs: Number(values.slowStartMs),
    registration: values.registration,
    probing: {
      mode: values.probing.mode,
      intervalMs: Number(values.probing.intervalMs),
      timeoutMs: Number(values.probing.timeoutMs),
      downAfter: Number(values.probing.downAfter),
      upAfter: Number(values.probing.upAfter),
      codes: values.probing.codes.map(Number),
      from: values.probing.from,
      useUnknown: values.probing.useUnknown,
    },
    destinations: filledDestinations(values).map((each) => {
      const before = each.id === null ? undefined : known.get(each.id);
      return {
        ...(before === undefined ? {} : written(before)),
        uri: each.uri.trim(),
        rank: Number(each.rank),
        weight: Number(each.weight),
        admin: each.admin,
        comment: each.comment,
      };
    }),
    comment: values.comment,
  };
  if (set === null && values.id !== '') body.id = Number(values.id);
  return body;
}

/** Of a destination everything that may be written. */
function written(destination: Destination) {
  const { set: _set, version: _version, createdAtMs: _created, updatedAtMs: _updated, live: _live, ...fields } = destination;
  return fields;
}

/** Destinations that are worth sending: all but new lines without any address. */
export const filledDestinations = (values: SetValues): DestinationValues[] =>
  values.destinations.filter((each) => each.id !== null || each.uri.trim() !== '');

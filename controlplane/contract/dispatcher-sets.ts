import { Type } from 'typebox';
import type { Static } from 'typebox';
import { algorithmNames, algorithms } from '../../dataplane/contract/algorithms.ts';
import { limits } from '../../dataplane/contract/limits.ts';
import { Comment, ExternalId, keptFields, Name, SetNumber, Slug, writtenFields } from './fields.ts';
import { mergePatchOf } from './merge-patch-schema.ts';
import { writeFields } from './query.ts';

export const AdminStateName = Type.Union([Type.Literal('enabled'), Type.Literal('draining'), Type.Literal('disabled')]);
export type AdminStateName = Static<typeof AdminStateName>;
export const HealthStateName = Type.Union([Type.Literal('unknown'), Type.Literal('probing'), Type.Literal('up'), Type.Literal('down')]);
export type HealthStateName = Static<typeof HealthStateName>;

const Uri = Type.String({ minLength: 1, maxLength: limits.uriLength });
const Rank = Type.Integer({ minimum: 1, maximum: limits.rank, description: '1 = first' });
const Weight = Type.Integer({ minimum: 0, maximum: limits.weight });
const Attrs = Type.Record(Type.String({ minLength: 1, maxLength: 64 }), Type.String({ maxLength: limits.attrLength }));

/** Without `id` a destination keeps the id of the one with the same URI, so health survives an edit. */
export const DestinationBody = Type.Object({
  id: Type.Optional(Type.Integer({ minimum: 1 })),
  uri: Uri,
  rank: Type.Optional(Rank),
  weight: Type.Optional(Weight),
  admin: Type.Optional(AdminStateName),
  attrs: Type.Optional(Attrs),
  ...writtenFields,
}, { additionalProperties: false });
export type DestinationBody = Static<typeof DestinationBody>;

const { id: _identity, attrs: _attrs, ...patchable } = DestinationBody.properties;
const patchFields = Type.Object({
  ...patchable,
  attrs: Type.Optional(Type.Record(Type.String({ minLength: 1, maxLength: 64 }), Type.Union([Type.String({ maxLength: limits.attrLength }), Type.Null()]))),
}, { additionalProperties: false });
/** PATCH /destinations/{id}: a JSON merge patch; `attrs` merges entry by entry, null takes one away. */
export const DestinationPatch = mergePatchOf(patchFields);
export type DestinationPatch = Static<typeof patchFields>;

/** What one node sees of a destination. Latencies in milliseconds, -1 = none yet. */
export const DestinationLive = Type.Object({
  node: Type.String(),
  nodeName: Type.String(),
  state: HealthStateName,
  /** What changed it last; `reasonText` says it in words. */
  reason: Type.Union([
    Type.Object({ kind: Type.Literal('new') }, { additionalProperties: false }),
    Type.Object({ kind: Type.Literal('code'), code: Type.Integer() }, { additionalProperties: false }),
    Type.Object({ kind: Type.Literal('timeout') }, { additionalProperties: false }),
    Type.Object({
      kind: Type.Union([Type.Literal('icmp'), Type.Literal('dns'), Type.Literal('passive'), Type.Literal('operator')]),
      detail: Type.String(),
    }, { additionalProperties: false }),
  ]),
  reasonText: Type.String(),
  sinceMs: Type.Integer(),
  latencyMs: Type.Object({ last: Type.Number(), avg: Type.Number(), max: Type.Number() }, { additionalProperties: false }),
  calls: Type.Integer(),
}, { additionalProperties: false });
export type DestinationLive = Static<typeof DestinationLive>;

export const Destination = Type.Object({
  id: Type.Integer(),
  set: SetNumber,
  uri: Uri,
  rank: Rank,
  weight: Weight,
  admin: AdminStateName,
  attrs: Attrs,
  externalId: ExternalId,
  comment: Comment,
  version: Type.Integer(),
  createdAtMs: Type.Integer(),
  updatedAtMs: Type.Integer(),
  live: Type.Array(DestinationLive),
}, { additionalProperties: false });
export type Destination = Static<typeof Destination>;
export const DestinationWritten = Type.Object({ ...Destination.properties, ...writeFields }, { additionalProperties: false });
export type DestinationWritten = Static<typeof DestinationWritten>;

const AlgorithmWord = Type.Enum(Object.values(algorithmNames));
export const AlgorithmNumber = Type.Enum(Object.values(algorithms), {
  description: `Kamailio's numbers: ${Object.entries(algorithmNames).map(([number, name]) => `${number} = ${name}`).join(', ')}`,
});
/** A name does as well as a number; answers carry both. */
export const AlgorithmChoice = Type.Union([AlgorithmNumber, AlgorithmWord]);
export const AffinityName = Type.Union([Type.Literal('none'), Type.Literal('aor'), Type.Literal('source'), Type.Literal('call-id')]);

const spread = {
  hashOn: Type.String({
    minLength: 1, maxLength: limits.nameLength, description: 'What algorithm 7 hashes: from, from-user, to, to-user, ruri, ruri-user, call-id, source, auth-user or header:NAME',
  }),
  slowStartMs: Type.Integer({ minimum: 0, maximum: limits.slowStartMs, description: 'A new or recovered destination grows to its share in so long; 0 = at once' }),
  registration: Type.Union([Type.Literal('path'), Type.Literal('contact')], { description: 'How phones behind this set are found again: by Path, or by a Contact of ours' }),
};

const probing = {
  mode: Type.Union([Type.Literal('always'), Type.Literal('failing'), Type.Literal('never')]),
  intervalMs: Type.Integer({ minimum: 500, maximum: 3_600_000 }),
  timeoutMs: Type.Integer({ minimum: 100, maximum: 60_000 }),
  downAfter: Type.Integer({ minimum: 1, maximum: 100 }),
  upAfter: Type.Integer({ minimum: 1, maximum: 100 }),
  codes: Type.Array(Type.Integer({ minimum: 200, maximum: 699 }), { minItems: 1, maxItems: limits.codesPerSet }),
  from: Type.String({ maxLength: limits.uriLength, description: "From URI of probes; empty = the node's own address" }),
  useUnknown: Type.Boolean(),
};
export const Probing = Type.Object(probing, { additionalProperties: false });
export type Probing = Static<typeof Probing>;

export const DispatcherSetBody = Type.Object({
  name: Type.Optional(Name),
  tenant: Type.Optional(Type.Union([Slug, Type.Null()])),
  algorithm: Type.Optional(AlgorithmChoice),
  affinity: Type.Optional(AffinityName),
  affinityAll: Type.Optional(Type.Boolean()),
  hashOn: Type.Optional(spread.hashOn),
  slowStartMs: Type.Optional(spread.slowStartMs),
  registration: Type.Optional(spread.registration),
  probing: Type.Optional(Type.Object({
    mode: Type.Optional(probing.mode), intervalMs: Type.Optional(probing.intervalMs), timeoutMs: Type.Optional(probing.timeoutMs),
    downAfter: Type.Optional(probing.downAfter), upAfter: Type.Optional(probing.upAfter), codes: Type.Optional(probing.codes),
    from: Type.Optional(probing.from), useUnknown: Type.Optional(probing.useUnknown),
  }, { additionalProperties: false })),
  destinations: Type.Optional(Type.Array(DestinationBody, { maxItems: limits.destinationsPerSet })),
  ...writtenFields,
}, { additionalProperties: false });
export type DispatcherSetBody = Static<typeof DispatcherSetBody>;

/** POST: the id is given or the next free one is taken. */
export const DispatcherSetCreate = Type.Object({
  id: Type.Optional(SetNumber), ...DispatcherSetBody.properties,
}, { additionalProperties: false });
export type DispatcherSetCreate = Static<typeof DispatcherSetCreate>;

const dispatcherSetFields = {
  id: SetNumber,
  name: Name,
  /** null = shared by all tenants. */
  tenant: Type.Union([Slug, Type.Null()]),
  algorithm: AlgorithmNumber,
  algorithmName: AlgorithmWord,
  affinity: AffinityName,
  affinityAll: Type.Boolean(),
  ...spread,
  probing: Probing,
  destinations: Type.Array(Destination),
  ...keptFields,
};
export const DispatcherSet = Type.Object(dispatcherSetFields, { additionalProperties: false });
export type DispatcherSet = Static<typeof DispatcherSet>;
export const DispatcherSetWritten = Type.Object({ ...dispatcherSetFields, ...writeFields }, { additionalProperties: false });
export type DispatcherSetWritten = Static<typeof DispatcherSetWritten>;

/** What one node found when it probed at once. */
export const ProbeResult = Type.Object({
  node: Type.String(),
  nodeName: Type.String(),
  /** True when the answer counts as alive. */
  ok: Type.Boolean(),
  /** Status code of the answer; null = none came. */
  code: Type.Union([Type.Integer(), Type.Null()]),
  /** Until the answer; null = none came. */
  ms: Type.Union([Type.Number(), Type.Null()]),
  state: Type.Union([HealthStateName, Type.Null()]),
  /** In words: "answered 200", "no answer in time", why the node could not be asked. */
  text: Type.String(),
}, { additionalProperties: false });
export type ProbeResult = Static<typeof ProbeResult>;

/** POST /destinations/{id}/probe: each node that was asked, with what it found. */
export const ProbeAnswer = Type.Object({
  asked: Type.Array(Type.Object({ node: Type.String(), nodeName: Type.String() }, { additionalProperties: false })),
  results: Type.Array(ProbeResult),
}, { additionalProperties: false });
export type ProbeAnswer = Static<typeof ProbeAnswer>;

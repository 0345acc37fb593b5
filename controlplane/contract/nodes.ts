import { Type } from 'typebox';
import type { Static } from 'typebox';
import { Name } from './fields.ts';
import { writeFields } from './query.ts';

export const NodeStateName = Type.Union([
  Type.Literal('connected'), Type.Literal('syncing'), Type.Literal('in-step'), Type.Literal('behind'),
  Type.Literal('rejecting'), Type.Literal('held'), Type.Literal('gone'),
]);
export type NodeStateName = Static<typeof NodeStateName>;

export const MediaEngineName = Type.Union([Type.Literal('kernel'), Type.Literal('worker'), Type.Literal('rtpengine')], { description: 'What moves the packets' });
export type MediaEngineName = Static<typeof MediaEngineName>;

export const RtpengineNow = Type.Object({
  address: Type.String(),
  state: Type.Union([Type.Literal('up'), Type.Literal('down'), Type.Literal('unknown')]),
  sessions: Type.Integer(),
  reason: Type.String({ description: 'Why it is down' }),
}, { additionalProperties: false });
export type RtpengineNow = Static<typeof RtpengineNow>;

export const NodeMedia = Type.Object({
  /** Of new calls. */
  engine: MediaEngineName,
  sentence: Type.String({ description: 'What keeps the kernel from moving packets, where it was to' }),
  sessions: Type.Integer({ description: 'Calls whose media it relays' }),
  portsUsed: Type.Integer(),
  portsFree: Type.Integer(),
  portsResting: Type.Integer({ description: 'Free, but resting after a call' }),
  portsUnproven: Type.Integer({ description: 'Of those used: by unproven callers that nobody has answered' }),
  kernelStreams: Type.Integer({ description: 'Streams that the kernel forwards' }),
  rtpengines: Type.Array(RtpengineNow),
}, { additionalProperties: false });
export type NodeMedia = Static<typeof NodeMedia>;

export const NodeItem = Type.Object({
  id: Type.String(),
  name: Type.String(),
  version: Type.String(),
  address: Type.String(),
  state: NodeStateName,
  /** One sentence when the state needs one. */
  detail: Type.String(),
  rev: Type.Integer(),
  epoch: Type.String(),
  headRev: Type.Integer(),
  /** Milliseconds that the node has been behind the head; 0 = in step. */
  lagMs: Type.Number(),
  connectedSinceMs: Type.Union([Type.Integer(), Type.Null()]),
  lastSeenMs: Type.Union([Type.Integer(), Type.Null()]),
  workers: Type.Integer(),
  draining: Type.Boolean(),
  /** false = OPTIONS to the node itself get no answer. */
  answerOptions: Type.Boolean(),
  loopDelayMs: Type.Number(),
  memoryBytes: Type.Integer(),
  calls: Type.Integer(),
  callsPerSecond: Type.Number(),
  /** null = it relays none, is away, or is of a version that does not tell. */
  media: Type.Union([NodeMedia, Type.Null()]),
  quarantined: Type.Array(Type.Object({
    table: Type.String(), key: Type.String(), reason: Type.String(),
  }, { additionalProperties: false })),
  boot: Type.String(),
}, { additionalProperties: false });
export type NodeItem = Static<typeof NodeItem>;

/** GET /nodes is a plain array (design 09). */
export const NodeList = Type.Array(NodeItem);
export type NodeList = Static<typeof NodeList>;

export const NodePatch = Type.Object({
  draining: Type.Optional(Type.Boolean()),
  answerOptions: Type.Optional(Type.Boolean({ description: 'false = OPTIONS to the node itself get no answer, so that upstreams leave it' })),
}, { additionalProperties: false, minProperties: 1 });
export type NodePatch = Static<typeof NodePatch>;

/** PATCH /nodes/{id} answers the node with what every write adds. */
export const NodeWritten = Type.Object({ ...NodeItem.properties, ...writeFields }, { additionalProperties: false });
export type NodeWritten = Static<typeof NodeWritten>;

export const JoinTokenBody = Type.Object({
  name: Type.Optional(Name),
  expiresInMs: Type.Optional(Type.Integer({ minimum: 1_000, maximum: 30 * 86_400_000, default: 86_400_000 })),
}, { additionalProperties: false });
export type JoinTokenBody = Static<typeof JoinTokenBody>;

/** The token itself is shown this once. */
export const JoinTokenCreated = Type.Object({
  id: Type.String(), token: Type.String(), expiresAtMs: Type.Integer(),
}, { additionalProperties: false });
export type JoinTokenCreated = Static<typeof JoinTokenCreated>;

/** POST /nodes/{id}/tokens: a second token for a node, shown this once; the one before stays valid until the next. */
export const NodeTokenCreated = Type.Object({ token: Type.String() }, { additionalProperties: false });
export type NodeTokenCreated = Static<typeof NodeTokenCreated>;

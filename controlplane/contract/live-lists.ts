/** What the nodes hold at the moment and the database does not: registrations and calls. */
import { Type } from 'typebox';
import type { Static, TSchema } from 'typebox';
import { listedStreams } from '../../dataplane/contract/media.ts';
import { SetNumber, Slug } from './fields.ts';
import { MediaEngineName } from './nodes.ts';

/** Lists of the nodes' own facts: page by page over the nodes. `cursor` is the opaque `next` of the page before. */
export const LiveListQuery = Type.Object({
  q: Type.Optional(Type.String({ maxLength: 255, description: 'Part of what is shown, any case' })),
  tenant: Type.Optional(Type.String({ maxLength: 64, description: 'Only what belongs to this tenant' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
}, { additionalProperties: false });
export type LiveListQuery = Static<typeof LiveListQuery>;

function liveListOf<T extends TSchema>(item: T) {
  return Type.Object({
    items: Type.Array(item),
    next: Type.Union([Type.String(), Type.Null()], { description: 'A page may hold less than its limit, and nothing, and yet have a next one' }),
    missing: Type.Array(Type.String(), { description: 'Nodes that should have been asked for this page and gave no answer within a second, or belong to another control plane' }),
  }, { additionalProperties: false });
}

const where = {
  /** null = the tenant is not configured any more. */
  tenant: Type.Union([Slug, Type.Null()]),
  node: Type.String(),
  nodeName: Type.String(),
  /** null = none of a dispatcher set. */
  destination: Type.Union([SetNumber, Type.Null()]),
};

/** A phone that a node has seen accepted. */
export const Registration = Type.Object({
  aor: Type.String(),
  contact: Type.String(),
  ...where,
  source: Type.String({ description: 'Where the phone is: udp:192.0.2.1:5060' }),
  agent: Type.String(),
  behindNat: Type.Boolean(),
  registeredMs: Type.Integer(),
  expiresMs: Type.Integer(),
}, { additionalProperties: false });
export type Registration = Static<typeof Registration>;
export const RegistrationList = liveListOf(Registration);
export type RegistrationList = Static<typeof RegistrationList>;

const Unknowable = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

/** What one side of a call sends. */
export const CallDirection = Type.Object({
  packets: Type.Integer(),
  bytes: Type.Integer(),
  lost: Unknowable('Packets lost on the way to the node, or, where it does not see each packet, those that the receiver reports; null = not known'),
  jitterMs: Unknowable('Interarrival jitter (RFC 3550) to 0.1 ms, null = not known'),
  mos: Unknowable('Listening quality, 1.0 to 4.5 (E-model, ITU-T G.107), null = not known'),
  strangers: Type.Integer({ description: 'Packets dropped because they came from another source than the learned one' }),
  invalid: Type.Integer({ description: 'Packets dropped because they are no RTP, RTCP, STUN or DTLS' }),
  idleMs: Unknowable('Milliseconds since the last packet, null = none has come'),
}, { additionalProperties: false });
export type CallDirection = Static<typeof CallDirection>;

export const CallStream = Type.Object({
  kind: Type.String({ description: 'audio, video and so on, as the SDP says' }),
  engine: MediaEngineName,
  roundTripMs: Unknowable('From RTCP, null = not known'),
  caller: CallDirection,
  callee: CallDirection,
}, { additionalProperties: false });
export type CallStream = Static<typeof CallStream>;

export const CallMedia = Type.Object({
  session: Type.String({ description: "Names the call's media in logs and events" }),
  streams: Type.Array(CallStream, { description: `At most the first ${listedStreams.streams}` }),
}, { additionalProperties: false });
export type CallMedia = Static<typeof CallMedia>;

const party = 'at most 120 characters, empty = not known';

/** A call that is up. */
export const LiveCall = Type.Object({
  callId: Type.String(),
  caller: Type.String({ description: `user@host of From, without display name; ${party}` }),
  callee: Type.String({ description: `user@host of To; ${party}` }),
  dialled: Type.String({ description: `user@host of the Request-URI as it came to the node; ${party}` }),
  ...where,
  destinationUri: Type.Union([Type.String(), Type.Null()], { description: 'URI of that destination as it is configured now; null = none of a dispatcher set, or it has been removed' }),
  startedMs: Type.Integer(),
  decision: Type.String({ description: 'Why it went there: trunk, number, domain, rule, set, attempts that failed; empty = towards a phone' }),
  media: Type.Union([CallMedia, Type.Null()], { description: 'null = its media goes direct, or the node is of a version that does not tell' }),
}, { additionalProperties: false });
export type LiveCall = Static<typeof LiveCall>;
export const LiveCallList = liveListOf(LiveCall);
export type LiveCallList = Static<typeof LiveCallList>;

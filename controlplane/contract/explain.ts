import { Type } from 'typebox';
import type { Static } from 'typebox';

export const ExplainBody = Type.Object({
  method: Type.Optional(Type.String({ minLength: 1, maxLength: 32, default: 'INVITE' })),
  uri: Type.String({ minLength: 1, maxLength: 255 }),
  source: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'udp:192.0.2.7:5060, IPv6 in brackets; left out: a stranger on UDP, who is of no trunk' })),
  from: Type.Optional(Type.String({ maxLength: 255 })),
  to: Type.Optional(Type.String({ maxLength: 255 })),
  callId: Type.Optional(Type.String({ maxLength: 255 })),
  /** User name of its credentials, for algorithm 5. */
  authUser: Type.Optional(Type.String({ maxLength: 255 })),
  /** Headers by name, for algorithm 7. */
  headers: Type.Optional(Type.Record(Type.String({ minLength: 1, maxLength: 64 }), Type.String({ maxLength: 1_024 }), { maxProperties: 16 })),
  /** When it comes, epoch milliseconds, for time windows and slow start; omitted = now. */
  atMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_102_444_800_000 })),
  /** Whose health to use; omitted = the first connected node. */
  node: Type.Optional(Type.String({ maxLength: 128 })),
}, { additionalProperties: false });
export type ExplainBody = Static<typeof ExplainBody>;

export const ExplainStep = Type.Object({
  step: Type.String(),
  /** `matched` (it decided), `skipped` (looked at and left), `refused` (it ended the search), `info`. */
  outcome: Type.String(),
  text: Type.String(),
}, { additionalProperties: false });
export type ExplainStep = Static<typeof ExplainStep>;

export const ExplainAnswer = Type.Object({
  rev: Type.Integer(),
  node: Type.Union([Type.String(), Type.Null()]),
  decision: Type.Object({
    /** `forward`, `reply` or `drop`. */
    action: Type.String(),
    status: Type.Optional(Type.Integer()),
    reason: Type.Optional(Type.String()),
    tenant: Type.Optional(Type.String()),
    domain: Type.Optional(Type.String()),
    trunk: Type.Optional(Type.String()),
    routeSet: Type.Optional(Type.Integer()),
    rule: Type.Optional(Type.Integer()),
    set: Type.Optional(Type.Integer()),
    destination: Type.Optional(Type.Integer()),
    uri: Type.Optional(Type.String()),
    /** What the Request-URI carries from here on. */
    user: Type.Optional(Type.String()),
    host: Type.Optional(Type.String()),
    /** The called number (DID) and the alias that were found on the way. */
    number: Type.Optional(Type.String()),
    alias: Type.Optional(Type.String()),
    /** The number is looked up in DNS under it first; the destination is what serves when nothing is found. */
    enumSuffix: Type.Optional(Type.String()),
  }, { additionalProperties: false }),
  steps: Type.Array(ExplainStep),
}, { additionalProperties: false });
export type ExplainAnswer = Static<typeof ExplainAnswer>;

export const RuleFinding = Type.Object({
  /** `unreachable`, `shadowed`, `overlap`, `no-set`, `set`, `never`. */
  kind: Type.String(),
  /** Ids of the rules it is about, the one with the problem first. */
  rules: Type.Array(Type.Integer()),
  text: Type.String(),
}, { additionalProperties: false });
export type RuleFinding = Static<typeof RuleFinding>;

export const RuleFindings = Type.Object({
  rev: Type.Integer(),
  items: Type.Array(RuleFinding),
  /** Findings beyond those shown. */
  more: Type.Integer(),
}, { additionalProperties: false });
export type RuleFindings = Static<typeof RuleFindings>;

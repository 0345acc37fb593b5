import { Type } from 'typebox';
import type { Static } from 'typebox';

export const ExplainBody = Type.Object({
  method: Type.Optional(Type.String({ minLength: 1, maxLength: 32, default: 'INVITE' })),
  uri: Type.String({ minLength: 1, maxLength: 255 }),
  /** `udp:192.0.2.7:5060`; IPv6 in brackets. */
  source: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  from: Type.Optional(Type.String({ maxLength: 255 })),
  to: Type.Optional(Type.String({ maxLength: 255 })),
  callId: Type.Optional(Type.String({ maxLength: 255 })),
  /** Whose health to use; omitted = the first connected node. */
  node: Type.Optional(Type.String({ maxLength: 128 })),
}, { additionalProperties: false });
export type ExplainBody = Static<typeof ExplainBody>;

export const ExplainStep = Type.Object({
  step: Type.String(),
  /** `match`, `no`, `info`. */
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
    user: Type.Optional(Type.String()),
  }, { additionalProperties: false }),
  steps: Type.Array(ExplainStep),
}, { additionalProperties: false });
export type ExplainAnswer = Static<typeof ExplainAnswer>;

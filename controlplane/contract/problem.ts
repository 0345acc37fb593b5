/** Errors of the REST API: RFC 9457 problem details with field pointers (RFC 6901) into the request's body. */
import { Type } from 'typebox';
import type { Static } from 'typebox';

export const ProblemField = Type.Object({
  /** JSON pointer into the body; `` = the whole body. Query and path errors use `?name` and `:name`. */
  pointer: Type.String(),
  code: Type.String(),
  message: Type.String(),
}, { additionalProperties: false });
export type ProblemField = Static<typeof ProblemField>;

/** Something that still refers to what was to be deleted. */
export const ProblemReference = Type.Object({
  entity: Type.String(),
  key: Type.String(),
}, { additionalProperties: false });
export type ProblemReference = Static<typeof ProblemReference>;

/** Stable machine-readable codes; the title says the same to people. */
export const problemCodes = {
  invalid: { status: 400, title: 'The request is not valid' },
  malformed: { status: 400, title: 'The request cannot be read' },
  unauthenticated: { status: 401, title: 'Sign in or send a bearer token' },
  forbidden: { status: 403, title: 'Not allowed' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  conflict: { status: 409, title: 'The request conflicts with the present state' },
  'in-use': { status: 409, title: 'Still in use' },
  gone: { status: 410, title: 'No longer kept' },
  'version-mismatch': { status: 412, title: 'Changed by someone else in the meantime' },
  'too-large': { status: 413, title: 'The request is too large' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Internal error' },
  unavailable: { status: 503, title: 'Not available at the moment' },
} as const;
export type ProblemCode = keyof typeof problemCodes;

export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.String(),
  requestId: Type.String(),
  errors: Type.Optional(Type.Array(ProblemField)),
  references: Type.Optional(Type.Array(ProblemReference)),
  current: Type.Optional(Type.Unknown({ description: 'Of a 412: the row as it is now, as its GET answers; null = there is none. The ETag of the answer is its version' })),
}, { additionalProperties: false });
export type Problem = Static<typeof Problem>;

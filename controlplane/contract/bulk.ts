import { Type } from 'typebox';
import type { Static } from 'typebox';
import { WriteAnswer } from './query.ts';

export const bulkOperations = 10_000;

/** One edit of a bulk write; `body` has the shape of the resource's PUT. */
export const BulkOperation = Type.Object({
  method: Type.Union([Type.Literal('PUT'), Type.Literal('PATCH'), Type.Literal('DELETE')]),
  entity: Type.Union([
    Type.Literal('tenants'), Type.Literal('domains'), Type.Literal('route-sets'), Type.Literal('dispatcher-sets'),
    Type.Literal('destinations'), Type.Literal('trunks'), Type.Literal('numbers'), Type.Literal('aliases'), Type.Literal('settings'),
  ]),
  key: Type.String({ minLength: 1, maxLength: 318 }),
  body: Type.Optional(Type.Unknown()),
}, { additionalProperties: false });
export type BulkOperation = Static<typeof BulkOperation>;

/** All or nothing, one revision; errors point into `/operations/N/body`. */
export const BulkBody = Type.Object({
  operations: Type.Array(BulkOperation, { minItems: 1, maxItems: bulkOperations }),
}, { additionalProperties: false });
export type BulkBody = Static<typeof BulkBody>;
export const BulkAnswer = WriteAnswer;
export type BulkAnswer = WriteAnswer;

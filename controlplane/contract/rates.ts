import { Type } from 'typebox';
import type { Static } from 'typebox';
import { limits } from '../../dataplane/contract/limits.ts';
import { SetNumber } from './fields.ts';
import { writeFields } from './query.ts';
import { Price } from './route-sets.ts';

/** Bounds of one upload of a price list. */
export const rateUpload = { lines: 1_000_000, bytes: 64 * 1024 * 1024, lineBytes: 1_024 } as const;

export const RateTableNumber = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
export const RatePrefix = Type.String({ minLength: 1, maxLength: limits.numberLength, description: 'Digits, which + may precede' });

const tableFields = { number: RateTableNumber, rows: Type.Integer(), version: Type.Integer(), createdAtMs: Type.Integer(), updatedAtMs: Type.Integer() };
export const RateTable = Type.Object(tableFields, { additionalProperties: false });
export type RateTable = Static<typeof RateTable>;

/** PUT /rate-tables/{number} with text/csv. On a dry run `changes` shows the first 1,000. */
export const RateTableWritten = Type.Object({
  ...tableFields,
  counts: Type.Object({ creates: Type.Integer(), updates: Type.Integer(), removes: Type.Integer(), unchanged: Type.Integer() }, { additionalProperties: false }),
  ...writeFields,
}, { additionalProperties: false });
export type RateTableWritten = Static<typeof RateTableWritten>;

const rateFields = { prefix: RatePrefix, set: SetNumber, price: Price };
export const Rate = Type.Object(rateFields, { additionalProperties: false });
export type Rate = Static<typeof Rate>;

/** PUT /rate-tables/{number}/{prefix}/{set}: one line of the list. */
export const RateBody = Type.Object({ price: Price }, { additionalProperties: false });
export type RateBody = Static<typeof RateBody>;
export const RateWritten = Type.Object({ ...rateFields, ...writeFields }, { additionalProperties: false });
export type RateWritten = Static<typeof RateWritten>;

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { limits } from '../../dataplane/contract/limits.ts';
import { keptFields, SetNumber, Slug, writtenFields } from './fields.ts';
import { writeFields } from './query.ts';

export const NumberPattern = Type.String({
  minLength: 1, maxLength: limits.numberLength + 1, description: 'Digits, which + may precede; * behind them stands for any more: +4930123456, +4930*',
});

/** A called number (DID) of a tenant, for calls that come from trunks. */
export const NumberBody = Type.Object({
  tenant: Slug,
  routeSet: SetNumber,
  enabled: Type.Optional(Type.Boolean()),
  ...writtenFields,
}, { additionalProperties: false });
export type NumberBody = Static<typeof NumberBody>;

const numberFields = { pattern: NumberPattern, tenant: Slug, routeSet: SetNumber, enabled: Type.Boolean(), ...keptFields };
export const NumberItem = Type.Object(numberFields, { additionalProperties: false });
export type NumberItem = Static<typeof NumberItem>;
export const NumberWritten = Type.Object({ ...numberFields, ...writeFields }, { additionalProperties: false });
export type NumberWritten = Static<typeof NumberWritten>;

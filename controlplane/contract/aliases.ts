import { Type } from 'typebox';
import type { Static } from 'typebox';
import { limits } from '../../dataplane/contract/limits.ts';
import { keptFields, Slug, writtenFields } from './fields.ts';
import { writeFields } from './query.ts';

export const Address = Type.String({
  minLength: 3, maxLength: limits.aliasLength, description: 'user@host, or *@host for all users of a host; in a target * keeps the user',
});

/** Another name of an address; what it points to is not looked up as an alias again. */
export const AliasBody = Type.Object({
  target: Address,
  tenant: Slug,
  enabled: Type.Optional(Type.Boolean()),
  ...writtenFields,
}, { additionalProperties: false });
export type AliasBody = Static<typeof AliasBody>;

const aliasFields = { alias: Address, target: Address, tenant: Slug, enabled: Type.Boolean(), ...keptFields };
export const Alias = Type.Object(aliasFields, { additionalProperties: false });
export type Alias = Static<typeof Alias>;
export const AliasWritten = Type.Object({ ...aliasFields, ...writeFields }, { additionalProperties: false });
export type AliasWritten = Static<typeof AliasWritten>;

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { limits } from '../../dataplane/contract/limits.ts';
import { permissions } from './permissions.ts';
import type { Permission } from './permissions.ts';
import { listOf } from './query.ts';
import { RoleName } from './session.ts';

const Scope = Type.Unsafe<Permission>(Type.Union(permissions.map((name) => Type.Literal(name))));
const Scopes = Type.Union([Type.Array(Scope, { maxItems: permissions.length }), Type.Null()], {
  description: 'Narrows the role; null = everything the role may do',
});
/** Until the end of the year 9999: what a date and the database can hold. */
const ExpiresAt = Type.Union([Type.Integer({ minimum: 0, maximum: 253_402_300_799_999 }), Type.Null()]);

export const ApiTokenBody = Type.Object({
  name: Type.String({ minLength: 1, maxLength: limits.nameLength, pattern: '^[^\\x00-\\x1f\\x7f]*$' }),
  role: RoleName,
  scopes: Type.Optional(Scopes),
  expiresAtMs: Type.Optional(ExpiresAt),
}, { additionalProperties: false });
export type ApiTokenBody = Static<typeof ApiTokenBody>;

export const ApiToken = Type.Object({
  id: Type.String(), name: Type.String(), role: RoleName, scopes: Scopes,
  createdAtMs: Type.Integer(), expiresAtMs: ExpiresAt, lastUsedAtMs: Type.Union([Type.Integer(), Type.Null()]),
}, { additionalProperties: false });
export type ApiToken = Static<typeof ApiToken>;
export const ApiTokenList = listOf(ApiToken);
export type ApiTokenList = Static<typeof ApiTokenList>;

/** The secret is shown this once. */
export const ApiTokenCreated = Type.Object({ ...ApiToken.properties, token: Type.String() }, { additionalProperties: false });
export type ApiTokenCreated = Static<typeof ApiTokenCreated>;

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { PlainName } from './fields.ts';
import { listOf } from './query.ts';
import { Email, Password, RoleName } from './session.ts';

export const User = Type.Object({
  id: Type.String(), email: Type.String(), name: Type.String(), role: RoleName, disabled: Type.Boolean(),
  createdAtMs: Type.Integer(), lastSignInAtMs: Type.Union([Type.Integer(), Type.Null()]),
}, { additionalProperties: false });
export type User = Static<typeof User>;
export const UserList = listOf(User);
export type UserList = Static<typeof UserList>;

export const UserBody = Type.Object({ email: Email, name: Type.Optional(PlainName), role: RoleName, password: Password }, { additionalProperties: false });
export type UserBody = Static<typeof UserBody>;

/** Changing the role, the password or `disabled` ends the user's sessions. */
export const UserPatch = Type.Object({
  name: Type.Optional(PlainName), role: Type.Optional(RoleName), disabled: Type.Optional(Type.Boolean()), password: Type.Optional(Password),
}, { additionalProperties: false, minProperties: 1 });
export type UserPatch = Static<typeof UserPatch>;

/** POST /session/password: one's own. Ends all other sessions. */
export const PasswordChange = Type.Object({
  current: Type.String({ minLength: 1, maxLength: 256 }), next: Password,
}, { additionalProperties: false });
export type PasswordChange = Static<typeof PasswordChange>;

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { PlainName } from './fields.ts';

/** Schema of the `Role` in permissions.ts. */
export const RoleName = Type.Union([Type.Literal('owner'), Type.Literal('operator'), Type.Literal('viewer')]);

export const Email = Type.String({ minLength: 3, maxLength: 254, pattern: '^[^@\\s\\x00-\\x1f\\x7f]+@[^@\\s\\x00-\\x1f\\x7f]+$' });
export const Password = Type.String({ minLength: 10, maxLength: 256 });

export const SessionUser = Type.Object({
  id: Type.String(), email: Type.String(), name: Type.String(), role: RoleName,
}, { additionalProperties: false });
export type SessionUser = Static<typeof SessionUser>;

export const Session = Type.Object({ user: SessionUser }, { additionalProperties: false });
export type Session = Static<typeof Session>;

export const SignInBody = Type.Object({
  email: Type.String({ minLength: 1, maxLength: 254 }), password: Type.String({ minLength: 1, maxLength: 256 }),
}, { additionalProperties: false });
export type SignInBody = Static<typeof SignInBody>;

export const SetupState = Type.Object({ needed: Type.Boolean() }, { additionalProperties: false });
export type SetupState = Static<typeof SetupState>;

export const SetupBody = Type.Object({
  token: Type.String({ minLength: 1, maxLength: 128 }), email: Email, name: PlainName, password: Password,
}, { additionalProperties: false });
export type SetupBody = Static<typeof SetupBody>;

/** Names that browser and server agree on. */
export const sessionCookie = 'signalbox_session';
export const csrfHeader = 'x-signalbox-csrf';

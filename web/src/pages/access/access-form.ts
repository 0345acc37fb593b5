import type { ApiTokenBody, Permission, Role, User, UserPatch } from '../../../../controlplane/contract/index.ts';
import { rolePermissions } from '../../lib/roles.ts';

export interface UserValues extends Record<string, unknown> {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly password: string;
}

/** What the form starts with; null = a new user. */
export const userValues = (user: User | null): UserValues =>
  user === null ? { email: '', name: '', role: 'operator', disabled: false, password: '' } : { email: user.email, name: user.name, role: user.role, disabled: user.disabled, password: '' };

/** Only what changed: a role that is said again would end the person's sessions for nothing. */
export function userPatch({ name, role, disabled }: User, values: UserValues): UserPatch {
  return {
    ...(values.name === name ? {} : { name: values.name }),
    ...(values.role === role ? {} : { role: values.role }),
    ...(values.disabled === disabled ? {} : { disabled: values.disabled }),
    ...(values.password === '' ? {} : { password: values.password }),
  };
}

const dayMs = 86_400_000;
/** Days until a token expires; '' = never. */
export const lifetimes = [
  { value: '', label: 'Never' },
  { value: '1', label: 'In a day' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
] as const;

export interface TokenValues extends Record<string, unknown> {
  readonly name: string;
  readonly role: Role;
  readonly scopes: Permission[];
  /** One of `lifetimes`. */
  readonly days: string;
}

export const newToken: TokenValues = { name: '', role: 'operator', scopes: [...rolePermissions.operator], days: '' };

/** The API's body; a token with all that its role may is not narrowed, so that it keeps up with what the role gets later. */
export function tokenBody({ name, role, scopes, days }: TokenValues, nowMs: number): ApiTokenBody {
  return { name: name.trim(), role, scopes: rolePermissions[role].every((each) => scopes.includes(each)) ? null : scopes, expiresAtMs: days === '' ? null : nowMs + Number(days) * dayMs };
}

/** Who is asking: a person with a session, an API token, or the environment's owner token. */
import type { Access, Permission, Role } from '../contract/permissions.ts';
import { rolePermissions } from '../contract/permissions.ts';

export interface Principal {
  readonly kind: 'user' | 'token' | 'environment';
  /** User or token id; `environment` for SIGNALBOX_ADMIN_TOKEN. */
  readonly id: string;
  /** What audit entries and revisions show as the actor: e-mail address or token name. */
  readonly name: string;
  readonly role: Role;
  /** Narrows the role; null = everything the role may do. */
  readonly scopes: readonly Permission[] | null;
  /** Hash of the session that carried the request; null for tokens. */
  readonly session: string | null;
}

/** True when `principal` (null = nobody) satisfies what a route demands. */
export function mayAccess(principal: Principal | null, access: Access): boolean {
  if (access === 'public') return true;
  if (principal === null) return false;
  if (access === 'authenticated') return true;
  if (!rolePermissions[principal.role].includes(access)) return false;
  return principal.scopes === null || principal.scopes.includes(access);
}

/**
 * The first permission that a role (narrowed by `scopes`) would have and `principal` lacks, or null: nobody hands out more
 * than what is theirs. Without it a token that may only make tokens could make one that may do everything.
 */
export function exceeds(principal: Principal | null, role: Role, scopes: readonly Permission[] | null): Permission | null {
  const given = rolePermissions[role].filter((permission) => scopes === null || scopes.includes(permission));
  return given.find((permission) => !mayAccess(principal, permission)) ?? null;
}

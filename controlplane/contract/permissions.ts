/**
 * Who may do what. Every route names one access rule in its `config.access`; a test fails when one has
 * none. Roles are sums of permissions; an API token may narrow its role further by scopes.
 */

export const roles = ['owner', 'operator', 'viewer'] as const;
export type Role = (typeof roles)[number];

export const permissions = [
  /** Read every configuration entity, revisions included. */
  'config.read',
  /** Write configuration: entities, imports, rollbacks. */
  'config.write',
  /** Read facts: nodes, health, events, overview; ask "explain". */
  'live.read',
  /** Act on the running system without changing configuration: probe now. */
  'live.act',
  /** Admit, re-key and remove nodes; rotate the keys that they share. */
  'nodes.manage',
  /** Create, change and remove users. */
  'users.manage',
  /** Create and revoke API tokens. */
  'tokens.manage',
] as const;
export type Permission = (typeof permissions)[number];

/** What a route demands: one permission, any signed-in principal, or nothing at all. */
export type Access = Permission | 'authenticated' | 'public';

export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  owner: permissions,
  operator: ['config.read', 'config.write', 'live.read', 'live.act'],
  viewer: ['config.read', 'live.read'],
};

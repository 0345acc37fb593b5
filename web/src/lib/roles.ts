import type { Permission, Role } from '../../../controlplane/contract/index.ts';

/** What each role is, for those who choose one. */
export const roleText: Readonly<Record<Role, string>> = {
  owner: 'May do everything: nodes, people and tokens too',
  operator: 'Changes the configuration, drains and probes',
  viewer: 'Sees configuration and live state, changes nothing',
};

export const roleOptions: readonly { readonly value: Role; readonly label: string }[] = [
  { value: 'owner', label: 'Owner' },
  { value: 'operator', label: 'Operator' },
  { value: 'viewer', label: 'Viewer' },
];

export const permissionText: Readonly<Record<Permission, string>> = {
  'config.read': 'Read the configuration',
  'config.write': 'Change the configuration',
  'live.read': 'Read live state, ask Explain',
  'live.act': 'Probe destinations',
  'nodes.manage': 'Admit and remove nodes',
  'users.manage': 'Manage users',
  'tokens.manage': 'Manage API tokens',
};

/** What a token of each role may at most, as the control plane has it. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  owner: ['config.read', 'config.write', 'live.read', 'live.act', 'nodes.manage', 'users.manage', 'tokens.manage'],
  operator: ['config.read', 'config.write', 'live.read', 'live.act'],
  viewer: ['config.read', 'live.read'],
};

/** REST schemas and their types: the only part of the control plane that the console sees (types only). */
export * from './problem.ts';
export * from './permissions.ts';
export * from './query.ts';
export * from './fields.ts';
export * from './merge-patch-schema.ts';
export * from './tenants.ts';
export * from './domains.ts';
export * from './route-sets.ts';
export * from './dispatcher-sets.ts';
export * from './trunks.ts';
export * from './numbers.ts';
export * from './aliases.ts';
export * from './certificates.ts';
export * from './rates.ts';

export * from './settings.ts';
export * from './changes.ts';
export * from './bulk.ts';
export * from './nodes.ts';
export * from './session.ts';
export * from './tokens.ts';
export * from './users.ts';
export * from './events.ts';
export * from './overview.ts';
export * from './live-lists.ts';
export * from './explain.ts';
export * from './import.ts';

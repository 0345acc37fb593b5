/** Edits of tenants. */
import { err, ok } from '../../dataplane/contract/result.ts';
import { TenantBody } from '../contract/tenants.ts';
import type { Tenant } from '../contract/tenants.ts';
import { noteOf, tenantRow } from './compile.ts';
import type { Draft } from './draft.ts';
import { notFound, patchBody } from './edit.ts';
import type { BodyCheck, Edited, EditOptions } from './edit.ts';
import { loadOwned } from './owned.ts';
import { refuseStale } from './precondition.ts';
import { presentTenant } from './present.ts';
import type { Stored } from './stored.ts';

async function findByKey(draft: Draft, key: string): Promise<Stored<'tenant'> | null> {
  await loadOwned(draft, 'tenant', [key]);
  for (const tenant of draft.inGroup('tenant', key)) return tenant;
  return null;
}

export async function putTenant(draft: Draft, key: string, body: TenantBody, options: EditOptions): Edited<Tenant> {
  const before = await findByKey(draft, key);
  const stale = refuseStale(`Tenant ${key}`, before, options);
  if (stale !== null) return err(stale);
  const id = before?.row.id ?? await draft.newId('tenant');
  await draft.put('tenant', String(id), tenantRow(id, key, body), noteOf(body), options.at);
  return ok(() => presentTenant(current(draft, id)));
}

export async function patchTenant(draft: Draft, key: string, patch: unknown, check: BodyCheck, options: EditOptions): Edited<Tenant> {
  const before = await findByKey(draft, key);
  if (before === null) return notFound(`There is no tenant ${key}.`);
  const { name, enabled, limits, policies } = before.row;
  const body = patchBody(check, TenantBody, { name, enabled, limits, policies, ...before.note }, patch, options.at);
  return body.ok ? putTenant(draft, key, body.value, options) : body;
}

export async function removeTenant(draft: Draft, key: string, options: EditOptions): Edited<null> {
  const before = await findByKey(draft, key);
  if (before === null) return notFound(`There is no tenant ${key}.`);
  const stale = refuseStale(`Tenant ${key}`, before, options);
  if (stale !== null) return err(stale);
  await draft.remove('tenant', before.key, options.at);
  return ok(() => null);
}

function current(draft: Draft, id: number): Stored<'tenant'> {
  const stored = draft.of('tenant').get(String(id))?.current;
  if (stored === null || stored === undefined) throw new Error(`tenant ${id} vanished from its own write`);
  return stored;
}

/** Edits of aliases. The host of an address is kept in lower case, the user as it is written (RFC 3261 §19.1.4). */
import { err, ok } from '../../dataplane/contract/result.ts';
import { AliasBody } from '../contract/aliases.ts';
import type { Alias } from '../contract/aliases.ts';
import { aliasRow, noteOf } from './compile.ts';
import type { Draft } from './draft.ts';
import { notFound, patchBody, tenantId, tenantKey } from './edit.ts';
import type { BodyCheck, Edited, EditOptions } from './edit.ts';
import { refuseStale } from './precondition.ts';
import { presentAlias } from './present.ts';

/** `Sales@ACME.example` → `Sales@acme.example`. */
export function canonicalAddress(address: string): string {
  const at = address.indexOf('@');
  return at < 0 ? address : address.slice(0, at) + address.slice(at).toLowerCase();
}

export async function putAlias(draft: Draft, alias: string, body: AliasBody, options: EditOptions): Edited<Alias> {
  const key = canonicalAddress(alias);
  const stale = refuseStale(`Alias ${key}`, await draft.find('alias', key), options);
  if (stale !== null) return err(stale);
  const tenant = await tenantId(draft, body.tenant, `${options.at}/tenant`);
  const row = aliasRow(key, tenant, { ...body, target: canonicalAddress(body.target) });
  const stored = await draft.put('alias', key, row, noteOf(body), options.at);
  return ok(() => presentAlias(stored, body.tenant));
}

export async function patchAlias(draft: Draft, alias: string, patch: unknown, check: BodyCheck, options: EditOptions): Edited<Alias> {
  const key = canonicalAddress(alias);
  const before = await draft.find('alias', key);
  if (before === null) return notFound(`There is no alias ${key}.`);
  const { target, enabled } = before.row;
  const body = patchBody(check, AliasBody, { target, tenant: await tenantKey(draft, before.row.tenant), enabled, ...before.note }, patch, options.at);
  return body.ok ? putAlias(draft, key, body.value, options) : body;
}

export async function removeAlias(draft: Draft, alias: string, options: EditOptions): Edited<null> {
  const key = canonicalAddress(alias);
  const before = await draft.find('alias', key);
  if (before === null) return notFound(`There is no alias ${key}.`);
  const stale = refuseStale(`Alias ${key}`, before, options);
  if (stale !== null) return err(stale);
  await draft.remove('alias', key, options.at);
  return ok(() => null);
}

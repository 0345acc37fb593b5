/** Edits of domains. Names are kept in lower case. */
import { err, ok } from '../../dataplane/contract/result.ts';
import { DomainBody } from '../contract/domains.ts';
import type { Domain } from '../contract/domains.ts';
import { domainRow, noteOf } from './compile.ts';
import type { Draft } from './draft.ts';
import { notFound, patchBody, tenantId, tenantKey } from './edit.ts';
import type { BodyCheck, Edited, EditOptions } from './edit.ts';
import { refuseStale } from './precondition.ts';
import { presentDomain } from './present.ts';

export async function putDomain(draft: Draft, name: string, body: DomainBody, options: EditOptions): Edited<Domain> {
  const key = name.toLowerCase();
  const stale = refuseStale(`Domain ${key}`, await draft.find('domain', key), options);
  if (stale !== null) return err(stale);
  const tenant = await tenantId(draft, body.tenant, `${options.at}/tenant`);
  const stored = await draft.put('domain', key, domainRow(key, tenant, body), noteOf(body), options.at);
  return ok(() => presentDomain(stored, body.tenant));
}

export async function patchDomain(draft: Draft, name: string, patch: unknown, check: BodyCheck, options: EditOptions): Edited<Domain> {
  const key = name.toLowerCase();
  const before = await draft.find('domain', key);
  if (before === null) return notFound(`There is no domain ${key}.`);
  const { routeSet, enabled, did } = before.row;
  const present = { tenant: await tenantKey(draft, before.row.tenant), routeSet, enabled, did, ...before.note };
  const body = patchBody(check, DomainBody, present, patch, options.at);
  return body.ok ? putDomain(draft, key, body.value, options) : body;
}

export async function removeDomain(draft: Draft, name: string, options: EditOptions): Edited<null> {
  const key = name.toLowerCase();
  const before = await draft.find('domain', key);
  if (before === null) return notFound(`There is no domain ${key}.`);
  const stale = refuseStale(`Domain ${key}`, before, options);
  if (stale !== null) return err(stale);
  await draft.remove('domain', key, options.at);
  return ok(() => null);
}

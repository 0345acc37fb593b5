/** Edits of trunks. */
import { err, ok } from '../../dataplane/contract/result.ts';
import { TrunkBody } from '../contract/trunks.ts';
import type { Trunk } from '../contract/trunks.ts';
import { noteOf, trunkRow } from './compile.ts';
import type { Draft } from './draft.ts';
import { notFound, patchBody, tenantId, tenantKey } from './edit.ts';
import type { BodyCheck, Edited, EditOptions } from './edit.ts';
import { refuseStale } from './precondition.ts';
import { presentTrunk } from './present.ts';

export async function putTrunk(draft: Draft, key: string, body: TrunkBody, options: EditOptions): Edited<Trunk> {
  const stale = refuseStale(`Trunk ${key}`, await draft.find('trunk', key), options);
  if (stale !== null) return err(stale);
  const tenant = await tenantId(draft, body.tenant, `${options.at}/tenant`);
  const stored = await draft.put('trunk', key, trunkRow(key, tenant, body), noteOf(body), options.at);
  return ok(() => presentTrunk(stored, body.tenant));
}

export async function patchTrunk(draft: Draft, key: string, patch: unknown, check: BodyCheck, options: EditOptions): Edited<Trunk> {
  const before = await draft.find('trunk', key);
  if (before === null) return notFound(`There is no trunk ${key}.`);
  const { name, routeSet, enabled, sources, strip, prepend } = before.row;
  const present = { name, tenant: await tenantKey(draft, before.row.tenant), routeSet, enabled, sources, strip, prepend, ...before.note };
  const body = patchBody(check, TrunkBody, present, patch, options.at);
  return body.ok ? putTrunk(draft, key, body.value, options) : body;
}

export async function removeTrunk(draft: Draft, key: string, options: EditOptions): Edited<null> {
  const before = await draft.find('trunk', key);
  if (before === null) return notFound(`There is no trunk ${key}.`);
  const stale = refuseStale(`Trunk ${key}`, before, options);
  if (stale !== null) return err(stale);
  await draft.remove('trunk', key, options.at);
  return ok(() => null);
}

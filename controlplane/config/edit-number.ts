/** Edits of called numbers. */
import { err, ok } from '../../dataplane/contract/result.ts';
import { NumberBody } from '../contract/numbers.ts';
import type { NumberItem } from '../contract/numbers.ts';
import { noteOf, numberRow } from './compile.ts';
import type { Draft } from './draft.ts';
import { notFound, patchBody, tenantId, tenantKey } from './edit.ts';
import type { BodyCheck, Edited, EditOptions } from './edit.ts';
import { refuseStale } from './precondition.ts';
import { presentNumber } from './present.ts';

export async function putNumber(draft: Draft, pattern: string, body: NumberBody, options: EditOptions): Edited<NumberItem> {
  const stale = refuseStale(`Number ${pattern}`, await draft.find('number', pattern), options);
  if (stale !== null) return err(stale);
  const tenant = await tenantId(draft, body.tenant, `${options.at}/tenant`);
  const stored = await draft.put('number', pattern, numberRow(pattern, tenant, body), noteOf(body), options.at);
  return ok(() => presentNumber(stored, body.tenant));
}

export async function patchNumber(draft: Draft, pattern: string, patch: unknown, check: BodyCheck, options: EditOptions): Edited<NumberItem> {
  const before = await draft.find('number', pattern);
  if (before === null) return notFound(`There is no number ${pattern}.`);
  const { routeSet, enabled } = before.row;
  const present = { tenant: await tenantKey(draft, before.row.tenant), routeSet, enabled, ...before.note };
  const body = patchBody(check, NumberBody, present, patch, options.at);
  return body.ok ? putNumber(draft, pattern, body.value, options) : body;
}

export async function removeNumber(draft: Draft, pattern: string, options: EditOptions): Edited<null> {
  const before = await draft.find('number', pattern);
  if (before === null) return notFound(`There is no number ${pattern}.`);
  const stale = refuseStale(`Number ${pattern}`, before, options);
  if (stale !== null) return err(stale);
  await draft.remove('number', pattern, options.at);
  return ok(() => null);
}

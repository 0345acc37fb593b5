/** Edits of the global settings and of single nodes' desired state. */
import { err, ok } from '../../dataplane/contract/result.ts';
import { SettingBody } from '../contract/settings.ts';
import type { Setting } from '../contract/settings.ts';
import { settingRow } from './compile.ts';
import type { Draft } from './draft.ts';
import { notFound, patchBody } from './edit.ts';
import type { BodyCheck, Edited, EditOptions } from './edit.ts';
import { refuseStale } from './precondition.ts';
import { presentSetting } from './present.ts';

const settingKey = 'global';

export async function putSetting(draft: Draft, body: SettingBody, options: EditOptions): Edited<Setting> {
  const stale = refuseStale('The global setting', await draft.find('setting', settingKey), options);
  if (stale !== null) return err(stale);
  const stored = await draft.put('setting', settingKey, settingRow(body), undefined, options.at);
  return ok(() => presentSetting(stored));
}

export async function patchSetting(draft: Draft, patch: unknown, check: BodyCheck, options: EditOptions): Edited<Setting> {
  const { unknownDomain, requireToMatch, scanners, methods } = presentSetting(await draft.find('setting', settingKey));
  const body = patchBody(check, SettingBody, { unknownDomain, requireToMatch, scanners, methods }, patch, options.at);
  return body.ok ? putSetting(draft, body.value, options) : body;
}

/** Back to the defaults. */
export async function removeSetting(draft: Draft, options: EditOptions): Edited<null> {
  const stale = refuseStale('The global setting', await draft.find('setting', settingKey), options);
  if (stale !== null) return err(stale);
  await draft.remove('setting', settingKey, options.at);
  return ok(() => null);
}

/** `id` is a node's uuid. Not draining is the default, which needs no row. */
export async function setNodeDraining(draft: Draft, id: string, draining: boolean): Edited<null> {
  if (await draft.tx.node.count({ where: { id } }) === 0) return notFound(`There is no node ${id}.`);
  if (draining) await draft.put('node', id, { id, draining, answerOptions: true });
  else await draft.remove('node', id);
  return ok(() => null);
}

/** Forgets a node: its desired state, its row and its tokens. */
export async function removeNode(draft: Draft, id: string): Edited<null> {
  await draft.remove('node', id);
  const removed = await draft.tx.node.deleteMany({ where: { id } });
  return removed.count === 0 ? notFound(`There is no node ${id}.`) : ok(() => null);
}

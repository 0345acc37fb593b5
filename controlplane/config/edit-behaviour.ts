/** Edits of the global settings and of single nodes' desired state. */
import { err, ok } from '../../dataplane/contract/result.ts';
import { nodeDefaults } from '../../dataplane/contract/rows.ts';
import type { NodeRow } from '../../dataplane/contract/rows.ts';
import type { NodePatch } from '../contract/nodes.ts';
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
  const { version: _version, updatedAtMs: _updated, ...present } = presentSetting(await draft.find('setting', settingKey));
  const body = patchBody(check, SettingBody, present, patch, options.at);
  return body.ok ? putSetting(draft, body.value, options) : body;
}

/** Back to the defaults. */
export async function removeSetting(draft: Draft, options: EditOptions): Edited<null> {
  const stale = refuseStale('The global setting', await draft.find('setting', settingKey), options);
  if (stale !== null) return err(stale);
  await draft.remove('setting', settingKey, options.at);
  return ok(() => null);
}

/** `id` is a node's uuid; what `patch` leaves out stays. The default (not draining, answering) needs no row. */
export async function patchNode(draft: Draft, id: string, patch: NodePatch): Edited<DesiredNode> {
  if (await draft.tx.node.count({ where: { id } }) === 0) return notFound(`There is no node ${id}.`);
  const before = (await draft.find('node', id))?.row;
  const { draining = before?.draining ?? false, answerOptions = before?.answerOptions ?? nodeDefaults.answerOptions } = patch;
  if (draining || !answerOptions) await draft.put('node', id, { id, draining, answerOptions });
  else await draft.remove('node', id);
  return ok(() => ({ draining, answerOptions }));
}

type DesiredNode = Pick<NodeRow, 'draining' | 'answerOptions'>;

/** Forgets a node: its desired state, its row and its tokens. */
export async function removeNode(draft: Draft, id: string): Edited<null> {
  await draft.remove('node', id);
  const removed = await draft.tx.node.deleteMany({ where: { id } });
  return removed.count === 0 ? notFound(`There is no node ${id}.`) : ok(() => null);
}

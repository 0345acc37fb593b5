/** /api/v1/settings/global: behaviour of every node. */
import { patchSetting, putSetting } from '../../config/edit-behaviour.ts';
import { findSetting } from '../../config/read-routing.ts';
import { Setting, SettingBody, SettingWritten, WriteQuery } from '../../contract/index.ts';
import { checkBody } from '../../plugins/validation.ts';
import { editOptions, found, writeEntity, writeResponses } from './config-request.ts';
import type { ApiInstance, ConfigRouteDeps } from './config-request.ts';
import { mergePatchOf } from '../../contract/merge-patch-schema.ts';

const tags = ['settings'];

export async function settingRoutes(app: ApiInstance, deps: ConfigRouteDeps): Promise<void> {
  app.get('/api/v1/settings/global', {
    config: { access: 'config.read' },
    schema: { summary: 'Read the settings of all nodes', tags, response: { 200: Setting } },
  }, async (_request, reply) => found(reply, await findSetting(deps.db), ''));

  app.put('/api/v1/settings/global', {
    config: { access: 'config.write' },
    schema: { summary: 'Replace the settings of all nodes', tags, querystring: WriteQuery, body: SettingBody, response: { 200: SettingWritten, 201: SettingWritten, ...writeResponses } },
  }, async (request, reply) => writeEntity(deps, request, reply, 'Put the global settings', (draft) => putSetting(draft, request.body, editOptions(request)), () => findSetting(deps.db)));

  app.patch('/api/v1/settings/global', {
    config: { access: 'config.write' },
    schema: { summary: 'Change single settings of all nodes', tags, querystring: WriteQuery, body: mergePatchOf(SettingBody), response: { 200: SettingWritten, ...writeResponses } },
  }, async (request, reply) => writeEntity(deps, request, reply, 'Change the global settings', (draft) => patchSetting(draft, request.body, checkBody, editOptions(request)), () => findSetting(deps.db)));
}

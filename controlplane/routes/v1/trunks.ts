/** /api/v1/trunks */
import { Type } from 'typebox';
import { patchTrunk, putTrunk, removeTrunk } from '../../config/edit-trunk.ts';
import { findTrunk, listTrunks } from '../../config/read-tenancy.ts';
import { Trunk, TrunkBody, Slug, TrunkWritten, ListQuery, listOf, Problem, SetNumber, WriteQuery } from '../../contract/index.ts';
import { checkBody } from '../../plugins/validation.ts';
import { editOptions, found, listRequest, Removed, runWrite, writeEntity, writeResponses } from './config-request.ts';
import type { ApiInstance, ConfigRouteDeps } from './config-request.ts';
import { mergePatchOf } from '../../contract/merge-patch-schema.ts';

const Params = Type.Object({ key: Slug }, { additionalProperties: false });
const Query = Type.Object({ ...ListQuery.properties, routeSet: Type.Optional(SetNumber) }, { additionalProperties: false });
const tags = ['trunks'];

export async function trunkRoutes(app: ApiInstance, deps: ConfigRouteDeps): Promise<void> {
  app.get('/api/v1/trunks', {
    config: { access: 'config.read' },
    schema: { summary: 'List trunks', tags, querystring: Query, response: { 200: listOf(Trunk) } },
  }, async (request) => listTrunks(deps.db, listRequest(request.query, 'string')));

  app.get('/api/v1/trunks/:key', {
    config: { access: 'config.read' },
    schema: { summary: 'Read a trunk', tags, params: Params, response: { 200: Trunk, 404: Problem } },
  }, async (request, reply) => found(reply, await findTrunk(deps.db, request.params.key), `There is no trunk ${request.params.key}.`));

  app.put('/api/v1/trunks/:key', {
    config: { access: 'config.write' },
    schema: { summary: 'Create or replace a trunk', tags, params: Params, querystring: WriteQuery, body: TrunkBody, response: { 200: TrunkWritten, 201: TrunkWritten, ...writeResponses } },
  }, async (request, reply) => {
    const { key } = request.params;
    return writeEntity(deps, request, reply, `Put trunk ${key}`, (draft) => putTrunk(draft, key, request.body, editOptions(request)), () => findTrunk(deps.db, key));
  });

  app.patch('/api/v1/trunks/:key', {
    config: { access: 'config.write' },
    schema: { summary: 'Change fields of a trunk', tags, params: Params, querystring: WriteQuery, body: mergePatchOf(TrunkBody), response: { 200: TrunkWritten, 404: Problem, ...writeResponses } },
  }, async (request, reply) => {
    const { key } = request.params;
    return writeEntity(deps, request, reply, `Change trunk ${key}`, (draft) => patchTrunk(draft, key, request.body, checkBody, editOptions(request)), () => findTrunk(deps.db, key));
  });

  app.delete('/api/v1/trunks/:key', {
    config: { access: 'config.write' },
    schema: { summary: 'Delete a trunk', tags, params: Params, querystring: WriteQuery, response: { 200: Removed, 404: Problem, ...writeResponses } },
  }, async (request) => {
    const { key } = request.params;
    return (await runWrite(deps, request, request.query, `Delete trunk ${key}`, (draft) => removeTrunk(draft, key, editOptions(request)), () => findTrunk(deps.db, key))).answer;
  });
}

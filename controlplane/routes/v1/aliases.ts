/** /api/v1/aliases */
import { Type } from 'typebox';
import { patchAlias, putAlias, removeAlias } from '../../config/edit-alias.ts';
import { findAlias, listAliases } from '../../config/read-numbering.ts';
import { Address, Alias, AliasBody, AliasWritten, ListQuery, listOf, Problem, WriteQuery } from '../../contract/index.ts';
import { checkBody } from '../../plugins/validation.ts';
import { editOptions, found, listRequest, Removed, runWrite, writeEntity, writeResponses } from './config-request.ts';
import type { ApiInstance, ConfigRouteDeps } from './config-request.ts';
import { mergePatchOf } from '../../contract/merge-patch-schema.ts';

const Params = Type.Object({ alias: Address }, { additionalProperties: false });
const tags = ['aliases'];

export async function aliasRoutes(app: ApiInstance, deps: ConfigRouteDeps): Promise<void> {
  app.get('/api/v1/aliases', {
    config: { access: 'config.read' },
    schema: { summary: 'List aliases', tags, querystring: ListQuery, response: { 200: listOf(Alias) } },
  }, async (request) => listAliases(deps.db, listRequest(request.query, 'string')));

  app.get('/api/v1/aliases/:alias', {
    config: { access: 'config.read' },
    schema: { summary: 'Read an alias', tags, params: Params, response: { 200: Alias, 404: Problem } },
  }, async (request, reply) => found(reply, await findAlias(deps.db, request.params.alias), `There is no alias ${request.params.alias}.`));

  app.put('/api/v1/aliases/:alias', {
    config: { access: 'config.write' },
    schema: { summary: 'Create or replace an alias', tags, params: Params, querystring: WriteQuery, body: AliasBody, response: { 200: AliasWritten, 201: AliasWritten, ...writeResponses } },
  }, async (request, reply) => {
    const { alias } = request.params;
    return writeEntity(deps, request, reply, `Put alias ${alias}`, (draft) => putAlias(draft, alias, request.body, editOptions(request)), () => findAlias(deps.db, alias));
  });

  app.patch('/api/v1/aliases/:alias', {
    config: { access: 'config.write' },
    schema: { summary: 'Change fields of an alias', tags, params: Params, querystring: WriteQuery, body: mergePatchOf(AliasBody), response: { 200: AliasWritten, 404: Problem, ...writeResponses } },
  }, async (request, reply) => {
    const { alias } = request.params;
    return writeEntity(deps, request, reply, `Change alias ${alias}`, (draft) => patchAlias(draft, alias, request.body, checkBody, editOptions(request)), () => findAlias(deps.db, alias));
  });

  app.delete('/api/v1/aliases/:alias', {
    config: { access: 'config.write' },
    schema: { summary: 'Delete an alias', tags, params: Params, querystring: WriteQuery, response: { 200: Removed, 404: Problem, ...writeResponses } },
  }, async (request) => {
    const { alias } = request.params;
    return (await runWrite(deps, request, request.query, `Delete alias ${alias}`, (draft) => removeAlias(draft, alias, editOptions(request)), () => findAlias(deps.db, alias))).answer;
  });
}

/** /api/v1/numbers */
import { Type } from 'typebox';
import { patchNumber, putNumber, removeNumber } from '../../config/edit-number.ts';
import { findNumber, listNumbers } from '../../config/read-numbering.ts';
import { ListQuery, listOf, NumberBody, NumberItem, NumberPattern, NumberWritten, Problem, SetNumber, WriteQuery } from '../../contract/index.ts';
import { checkBody } from '../../plugins/validation.ts';
import { editOptions, found, listRequest, Removed, runWrite, writeEntity, writeResponses } from './config-request.ts';
import type { ApiInstance, ConfigRouteDeps } from './config-request.ts';
import { mergePatchOf } from '../../contract/merge-patch-schema.ts';

const Params = Type.Object({ pattern: NumberPattern }, { additionalProperties: false });
const Query = Type.Object({ ...ListQuery.properties, routeSet: Type.Optional(SetNumber) }, { additionalProperties: false });
const tags = ['numbers'];

export async function numberRoutes(app: ApiInstance, deps: ConfigRouteDeps): Promise<void> {
  app.get('/api/v1/numbers', {
    config: { access: 'config.read' },
    schema: { summary: 'List called numbers', tags, querystring: Query, response: { 200: listOf(NumberItem) } },
  }, async (request) => listNumbers(deps.db, listRequest(request.query, 'string')));

  app.get('/api/v1/numbers/:pattern', {
    config: { access: 'config.read' },
    schema: { summary: 'Read a called number', tags, params: Params, response: { 200: NumberItem, 404: Problem } },
  }, async (request, reply) => found(reply, await findNumber(deps.db, request.params.pattern), `There is no number ${request.params.pattern}.`));

  app.put('/api/v1/numbers/:pattern', {
    config: { access: 'config.write' },
    schema: { summary: 'Create or replace a called number', tags, params: Params, querystring: WriteQuery, body: NumberBody, response: { 200: NumberWritten, 201: NumberWritten, ...writeResponses } },
  }, async (request, reply) => {
    const { pattern } = request.params;
    return writeEntity(deps, request, reply, `Put number ${pattern}`, (draft) => putNumber(draft, pattern, request.body, editOptions(request)), () => findNumber(deps.db, pattern));
  });

  app.patch('/api/v1/numbers/:pattern', {
    config: { access: 'config.write' },
    schema: { summary: 'Change fields of a called number', tags, params: Params, querystring: WriteQuery, body: mergePatchOf(NumberBody), response: { 200: NumberWritten, 404: Problem, ...writeResponses } },
  }, async (request, reply) => {
    const { pattern } = request.params;
    return writeEntity(deps, request, reply, `Change number ${pattern}`, (draft) => patchNumber(draft, pattern, request.body, checkBody, editOptions(request)), () => findNumber(deps.db, pattern));
  });

  app.delete('/api/v1/numbers/:pattern', {
    config: { access: 'config.write' },
    schema: { summary: 'Delete a called number', tags, params: Params, querystring: WriteQuery, response: { 200: Removed, 404: Problem, ...writeResponses } },
  }, async (request) => {
    const { pattern } = request.params;
    return (await runWrite(deps, request, request.query, `Delete number ${pattern}`, (draft) => removeNumber(draft, pattern, editOptions(request)), () => findNumber(deps.db, pattern))).answer;
  });
}

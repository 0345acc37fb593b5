/** /api/v1/dispatcher-sets with their destinations inside. */
import { Type } from 'typebox';
import { patchDispatcherSet, putDispatcherSet, removeDispatcherSet } from '../../config/edit-dispatcher-set.ts';
import { findDispatcherSet, freeNumber, listDispatcherSets } from '../../config/read-routing.ts';
import {
  DispatcherSet, DispatcherSetBody, DispatcherSetCreate, DispatcherSetWritten, ListQuery, listOf, Problem, SetNumber, WriteQuery,
} from '../../contract/index.ts';
import { checkBody } from '../../plugins/validation.ts';
import { editOptions, found, listRequest, Removed, runWrite, writeEntity, writeResponses } from './config-request.ts';
import type { ApiInstance, ConfigRouteDeps } from './config-request.ts';
import { mergePatchOf } from '../../contract/merge-patch-schema.ts';

const Params = Type.Object({ id: SetNumber }, { additionalProperties: false });
const tags = ['dispatcher-sets'];
/** A set may have 1,000 destinations with attributes. */
const bodyLimit = 8 * 1024 * 1024;

export async function dispatcherSetRoutes(app: ApiInstance, deps: ConfigRouteDeps): Promise<void> {
  app.get('/api/v1/dispatcher-sets', {
    config: { access: 'config.read' },
    schema: { summary: 'List dispatcher sets with their destinations and live health', tags, querystring: ListQuery, response: { 200: listOf(DispatcherSet) } },
  }, async (request) => listDispatcherSets(deps.db, listRequest(request.query, 'number'), deps.live));

  app.get('/api/v1/dispatcher-sets/:id', {
    config: { access: 'config.read' },
    schema: { summary: 'Read a dispatcher set with its destinations and live health', tags, params: Params, response: { 200: DispatcherSet, 404: Problem } },
  }, async (request, reply) => found(reply, await findDispatcherSet(deps.db, request.params.id, deps.live), `There is no dispatcher set ${request.params.id}.`));

  app.post('/api/v1/dispatcher-sets', {
    bodyLimit, config: { access: 'config.write' },
    schema: { summary: 'Create a dispatcher set; the next free id is taken when none is given', tags, querystring: WriteQuery, body: DispatcherSetCreate, response: { 200: DispatcherSetWritten, 201: DispatcherSetWritten, ...writeResponses } },
  }, async (request, reply) => {
    const { id, ...body } = request.body;
    const created = await writeEntity(deps, request, reply, `Create dispatcher set ${id ?? body.name ?? ''}`.trimEnd(), async (draft) =>
      putDispatcherSet(draft, id ?? await freeNumber(draft.tx, 'dispatcherSet'), body, deps.live, { ...editOptions(request), isNewAt: '/id' }));
    reply.header('location', `/api/v1/dispatcher-sets/${created.id}`);
    return created;
  });

  app.put('/api/v1/dispatcher-sets/:id', {
    bodyLimit, config: { access: 'config.write' },
    schema: { summary: 'Create or replace a dispatcher set with its destinations', tags, params: Params, querystring: WriteQuery, body: DispatcherSetBody, response: { 200: DispatcherSetWritten, 201: DispatcherSetWritten, ...writeResponses } },
  }, async (request, reply) => {
    const { id } = request.params;
    return writeEntity(deps, request, reply, `Put dispatcher set ${id}`, (draft) => putDispatcherSet(draft, id, request.body, deps.live, editOptions(request)), () => findDispatcherSet(deps.db, id, deps.live));
  });

  app.patch('/api/v1/dispatcher-sets/:id', {
    bodyLimit, config: { access: 'config.write' },
    schema: { summary: 'Change fields of a dispatcher set; destinations are replaced as a whole', tags, params: Params, querystring: WriteQuery, body: mergePatchOf(DispatcherSetBody), response: { 200: DispatcherSetWritten, 404: Problem, ...writeResponses } },
  }, async (request, reply) => {
    const { id } = request.params;
    return writeEntity(deps, request, reply, `Change dispatcher set ${id}`, (draft) => patchDispatcherSet(draft, id, request.body, deps.live, checkBody, editOptions(request)), () => findDispatcherSet(deps.db, id, deps.live));
  });

  app.delete('/api/v1/dispatcher-sets/:id', {
    config: { access: 'config.write' },
    schema: { summary: 'Delete a dispatcher set that no rule names', tags, params: Params, querystring: WriteQuery, response: { 200: Removed, 404: Problem, ...writeResponses } },
  }, async (request) => {
    const { id } = request.params;
    return (await runWrite(deps, request, request.query, `Delete dispatcher set ${id}`, (draft) => removeDispatcherSet(draft, id, editOptions(request)), () => findDispatcherSet(deps.db, id, deps.live))).answer;
  });
}

/** /api/v1/route-sets: rules live inside their set. */
import { patchRouteSet, putRouteSet, removeRouteSet } from '../../config/edit-route-set.ts';
import { findRouteSet, freeNumber, listRouteSets } from '../../config/read-routing.ts';
import {
  ListQuery, listOf, Problem, RouteSet, RouteSetBody, RouteSetCreate, RouteSetListItem, RouteSetWritten, SetNumber, WriteQuery,
} from '../../contract/index.ts';
import { Type } from 'typebox';
import { checkBody } from '../../plugins/validation.ts';
import { editOptions, found, listRequest, Removed, runWrite, writeEntity, writeResponses } from './config-request.ts';
import type { ApiInstance, ConfigRouteDeps } from './config-request.ts';
import { mergePatchOf } from '../../contract/merge-patch-schema.ts';

const Params = Type.Object({ number: SetNumber }, { additionalProperties: false });
const tags = ['route-sets'];
/** A set may have 10,000 rules. */
const bodyLimit = 8 * 1024 * 1024;

export async function routeSetRoutes(app: ApiInstance, deps: ConfigRouteDeps): Promise<void> {
  app.get('/api/v1/route-sets', {
    config: { access: 'config.read' },
    schema: { summary: 'List route sets, without their rules', tags, querystring: ListQuery, response: { 200: listOf(RouteSetListItem) } },
  }, async (request) => listRouteSets(deps.db, listRequest(request.query, 'number')));

  app.get('/api/v1/route-sets/:number', {
    config: { access: 'config.read' },
    schema: { summary: 'Read a route set with its rules', tags, params: Params, response: { 200: RouteSet, 404: Problem } },
  }, async (request, reply) => found(reply, await findRouteSet(deps.db, request.params.number), `There is no route set ${request.params.number}.`));

  app.post('/api/v1/route-sets', {
    bodyLimit, config: { access: 'config.write' },
    schema: { summary: 'Create a route set; the next free number is taken when none is given', tags, querystring: WriteQuery, body: RouteSetCreate, response: { 200: RouteSetWritten, 201: RouteSetWritten, ...writeResponses } },
  }, async (request, reply) => {
    const { number, ...body } = request.body;
    const created = await writeEntity(deps, request, reply, `Create route set ${number ?? body.name ?? ''}`.trimEnd(), async (draft) =>
      putRouteSet(draft, number ?? await freeNumber(draft.tx, 'routeSet'), body, { ...editOptions(request), isNewAt: '/number' }));
    reply.header('location', `/api/v1/route-sets/${created.number}`);
    return created;
  });

  app.put('/api/v1/route-sets/:number', {
    bodyLimit, config: { access: 'config.write' },
    schema: { summary: 'Create or replace a route set with its rules', tags, params: Params, querystring: WriteQuery, body: RouteSetBody, response: { 200: RouteSetWritten, 201: RouteSetWritten, ...writeResponses } },
  }, async (request, reply) => {
    const { number } = request.params;
    return writeEntity(deps, request, reply, `Put route set ${number}`, (draft) => putRouteSet(draft, number, request.body, editOptions(request)), () => findRouteSet(deps.db, number));
  });

  app.patch('/api/v1/route-sets/:number', {
    bodyLimit, config: { access: 'config.write' },
    schema: { summary: 'Change fields of a route set; rules are replaced as a whole', tags, params: Params, querystring: WriteQuery, body: mergePatchOf(RouteSetBody), response: { 200: RouteSetWritten, 404: Problem, ...writeResponses } },
  }, async (request, reply) => {
    const { number } = request.params;
    return writeEntity(deps, request, reply, `Change route set ${number}`, (draft) => patchRouteSet(draft, number, request.body, checkBody, editOptions(request)), () => findRouteSet(deps.db, number));
  });

  app.delete('/api/v1/route-sets/:number', {
    config: { access: 'config.write' },
    schema: { summary: 'Delete a route set that nothing points at', tags, params: Params, querystring: WriteQuery, response: { 200: Removed, 404: Problem, ...writeResponses } },
  }, async (request) => {
    const { number } = request.params;
    return (await runWrite(deps, request, request.query, `Delete route set ${number}`, (draft) => removeRouteSet(draft, number, editOptions(request)), () => findRouteSet(deps.db, number))).answer;
  });
}

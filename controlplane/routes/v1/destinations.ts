/** /api/v1/destinations/{id}: one destination, wherever it is. */
import { Type } from 'typebox';
import { patchDestination } from '../../config/edit-dispatcher-set.ts';
import { findDestination } from '../../config/read-routing.ts';
import { Destination, DestinationPatch, DestinationWritten, Problem, SetNumber, WriteQuery } from '../../contract/index.ts';
import { checkBody } from '../../plugins/validation.ts';
import { editOptions, found, writeEntity, writeResponses } from './config-request.ts';
import type { ApiInstance, ConfigRouteDeps } from './config-request.ts';

const Params = Type.Object({ id: SetNumber }, { additionalProperties: false });
const tags = ['destinations'];

export async function destinationRoutes(app: ApiInstance, deps: ConfigRouteDeps): Promise<void> {
  app.get('/api/v1/destinations/:id', {
    config: { access: 'config.read' },
    schema: { summary: 'Read a destination with its live health', tags, params: Params, response: { 200: Destination, 404: Problem } },
  }, async (request, reply) => found(reply, await findDestination(deps.db, request.params.id, deps.live), `There is no destination ${request.params.id}.`));

  app.patch('/api/v1/destinations/:id', {
    config: { access: 'config.write' },
    schema: { summary: 'Change fields of a destination: drain, disable, re-weigh', tags, params: Params, querystring: WriteQuery, body: DestinationPatch, response: { 200: DestinationWritten, 404: Problem, ...writeResponses } },
  }, async (request, reply) => {
    const { id } = request.params;
    const admin = request.body['admin'];
    const summary = typeof admin === 'string' ? `Set destination ${id} ${admin}` : `Change destination ${id}`;
    return writeEntity(deps, request, reply, summary, (draft) => patchDestination(draft, id, request.body, deps.live, checkBody, editOptions(request)), () => findDestination(deps.db, id, deps.live));
  });
}

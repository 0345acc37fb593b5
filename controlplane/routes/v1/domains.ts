/** /api/v1/domains */
import { Type } from 'typebox';
import { patchDomain, putDomain, removeDomain } from '../../config/edit-domain.ts';
import { findDomain, listDomains } from '../../config/read-tenancy.ts';
import { Domain, DomainBody, DomainName, DomainWritten, ListQuery, listOf, Problem, SetNumber, WriteQuery } from '../../contract/index.ts';
import { checkBody } from '../../plugins/validation.ts';
import { editOptions, found, listRequest, Removed, runWrite, writeEntity, writeResponses } from './config-request.ts';
import type { ApiInstance, ConfigRouteDeps } from './config-request.ts';
import { mergePatchOf } from '../../contract/merge-patch-schema.ts';

const Params = Type.Object({ name: DomainName }, { additionalProperties: false });
const Query = Type.Object({ ...ListQuery.properties, routeSet: Type.Optional(SetNumber) }, { additionalProperties: false });
const tags = ['domains'];

export async function domainRoutes(app: ApiInstance, deps: ConfigRouteDeps): Promise<void> {
  app.get('/api/v1/domains', {
    config: { access: 'config.read' },
    schema: { summary: 'List domains', tags, querystring: Query, response: { 200: listOf(Domain) } },
  }, async (request) => listDomains(deps.db, listRequest(request.query, 'string')));

  app.get('/api/v1/domains/:name', {
    config: { access: 'config.read' },
    schema: { summary: 'Read a domain', tags, params: Params, response: { 200: Domain, 404: Problem } },
  }, async (request, reply) => found(reply, await findDomain(deps.db, request.params.name), `There is no domain ${request.params.name}.`));

  app.put('/api/v1/domains/:name', {
    config: { access: 'config.write' },
    schema: { summary: 'Create or replace a domain', tags, params: Params, querystring: WriteQuery, body: DomainBody, response: { 200: DomainWritten, 201: DomainWritten, ...writeResponses } },
  }, async (request, reply) => {
    const { name } = request.params;
    return writeEntity(deps, request, reply, `Put domain ${name}`, (draft) => putDomain(draft, name, request.body, editOptions(request)), () => findDomain(deps.db, name));
  });

  app.patch('/api/v1/domains/:name', {
    config: { access: 'config.write' },
    schema: { summary: 'Change fields of a domain', tags, params: Params, querystring: WriteQuery, body: mergePatchOf(DomainBody), response: { 200: DomainWritten, 404: Problem, ...writeResponses } },
  }, async (request, reply) => {
    const { name } = request.params;
    return writeEntity(deps, request, reply, `Change domain ${name}`, (draft) => patchDomain(draft, name, request.body, checkBody, editOptions(request)), () => findDomain(deps.db, name));
  });

  app.delete('/api/v1/domains/:name', {
    config: { access: 'config.write' },
    schema: { summary: 'Delete a domain', tags, params: Params, querystring: WriteQuery, response: { 200: Removed, 404: Problem, ...writeResponses } },
  }, async (request) => {
    const { name } = request.params;
    return (await runWrite(deps, request, request.query, `Delete domain ${name}`, (draft) => removeDomain(draft, name, editOptions(request)), () => findDomain(deps.db, name))).answer;
  });
}

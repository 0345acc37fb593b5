/** /api/v1/tenants */
import { Type } from 'typebox';
import { patchTenant, putTenant, removeTenant } from '../../config/edit-tenant.ts';
import { findTenant, listTenants } from '../../config/read-tenancy.ts';
import { ListQuery, listOf, Problem, Slug, Tenant, TenantBody, TenantListItem, TenantWritten, WriteQuery } from '../../contract/index.ts';
import { checkBody } from '../../plugins/validation.ts';
import { editOptions, found, listRequest, Removed, runWrite, writeEntity, writeResponses } from './config-request.ts';
import type { ApiInstance, ConfigRouteDeps } from './config-request.ts';
import { mergePatchOf } from '../../contract/merge-patch-schema.ts';

const Params = Type.Object({ key: Slug }, { additionalProperties: false });
const tags = ['tenants'];

export async function tenantRoutes(app: ApiInstance, deps: ConfigRouteDeps): Promise<void> {
  app.get('/api/v1/tenants', {
    config: { access: 'config.read' },
    schema: { summary: 'List tenants', tags, querystring: ListQuery, response: { 200: listOf(TenantListItem) } },
  }, async (request) => listTenants(deps.db, listRequest(request.query, 'string')));

  app.get('/api/v1/tenants/:key', {
    config: { access: 'config.read' },
    schema: { summary: 'Read a tenant', tags, params: Params, response: { 200: Tenant, 404: Problem } },
  }, async (request, reply) => found(reply, await findTenant(deps.db, request.params.key), `There is no tenant ${request.params.key}.`));

  app.put('/api/v1/tenants/:key', {
    config: { access: 'config.write' },
    schema: { summary: 'Create or replace a tenant', tags, params: Params, querystring: WriteQuery, body: TenantBody, response: { 200: TenantWritten, 201: TenantWritten, ...writeResponses } },
  }, async (request, reply) => {
    const { key } = request.params;
    return writeEntity(deps, request, reply, `Put tenant ${key}`, (draft) => putTenant(draft, key, request.body, editOptions(request)), () => findTenant(deps.db, key));
  });

  app.patch('/api/v1/tenants/:key', {
    config: { access: 'config.write' },
    schema: { summary: 'Change fields of a tenant', tags, params: Params, querystring: WriteQuery, body: mergePatchOf(TenantBody), response: { 200: TenantWritten, 404: Problem, ...writeResponses } },
  }, async (request, reply) => {
    const { key } = request.params;
    return writeEntity(deps, request, reply, `Change tenant ${key}`, (draft) => patchTenant(draft, key, request.body, checkBody, editOptions(request)), () => findTenant(deps.db, key));
  });

  app.delete('/api/v1/tenants/:key', {
    config: { access: 'config.write' },
    schema: { summary: 'Delete a tenant that nothing belongs to', tags, params: Params, querystring: WriteQuery, response: { 200: Removed, 404: Problem, ...writeResponses } },
  }, async (request) => {
    const { key } = request.params;
    return (await runWrite(deps, request, request.query, `Delete tenant ${key}`, (draft) => removeTenant(draft, key, editOptions(request)), () => findTenant(deps.db, key))).answer;
  });
}

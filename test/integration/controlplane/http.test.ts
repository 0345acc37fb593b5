import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Problem } from '../../../controlplane/contract/index.ts';
import { startControlPlane, startDeadlineMs, testDatabase } from './server.ts';
import type { TestControlPlane, TestDatabase } from './server.ts';

let database: TestDatabase;
let plane: TestControlPlane;
beforeAll(async () => {
  database = await testDatabase();
  const dist = join(database.dataDir, 'dist');
  await mkdir(join(dist, 'assets'), { recursive: true });
  await writeFile(join(dist, 'index.html'), '<!doctype html><title>console</title>');
  await writeFile(join(dist, 'assets', 'app-1a2b.js'), 'export {};');
  await writeFile(join(dist, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await writeFile(join(database.dataDir, 'secret.json'), '{"secret":true}');
  plane = await startControlPlane(database, dist);
}, startDeadlineMs);
afterAll(async () => {
  await plane.close();
  await database.dispose();
});

const page = (path: string): Promise<Response> => fetch(`${plane.base}${path}`, { headers: { accept: 'text/html,*/*' } });

interface Operation { readonly responses?: Record<string, unknown>; readonly summary?: string; readonly security?: unknown[] }
interface Document { readonly openapi: string; readonly paths: Record<string, Record<string, Operation>> }

describe('the OpenAPI document', () => {
  it('is 3.1 and describes every route with a summary', async () => {
    const document = await (await fetch(`${plane.base}/openapi.json`)).json() as Document;
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })));
    expect(operations.filter(({ operation }) => operation.summary === undefined).map(({ name }) => name)).toEqual([]);
    const names = operations.map(({ name }) => name);
    for (const core of [
      'put /api/v1/tenants/{key}', 'put /api/v1/dispatcher-sets/{id}', 'put /api/v1/route-sets/{number}', 'put /api/v1/domains/{name}', 'put /api/v1/trunks/{key}',
      'patch /api/v1/destinations/{id}', 'get /api/v1/nodes', 'post /api/v1/explain', 'get /api/v1/changes', 'post /api/v1/changes/{rev}/rollback', 'post /api/v1/bulk',
      'post /api/v1/import/kamailio-dbtext', 'post /api/v1/import/sip-router-notes', 'get /api/v1/overview', 'get /api/v1/events',
    ]) expect(names).toContain(core);
  });

  it('gives every operation an id of its own, made of method and path', async () => {
    const { paths } = await (await fetch(`${plane.base}/openapi.json`)).json() as { readonly paths: Record<string, Record<string, { readonly operationId?: string }>> };
    const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId ?? ''));
    expect(ids.filter((id) => !/^(get|put|post|patch|delete)[A-Z][A-Za-z0-9]+$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(['getTenants', 'getTenantsByKey', 'putDispatcherSetsById', 'postImportKamailioDbtext', 'postChangesByRevRollback', 'deleteRateTablesByNumberByPrefixBySet']));
  });

  it('names the main resources as shared schemas and refers to them', async () => {
    const text = await (await fetch(`${plane.base}/openapi.json`)).text();
    const { components } = JSON.parse(text) as { readonly components: { readonly schemas: Record<string, { readonly properties?: object }> } };
    for (const [name, field] of [['Tenant', 'key'], ['Domain', 'name'], ['RouteSet', 'rules'], ['DispatcherSet', 'destinations'], ['Destination', 'uri'], ['Trunk', 'sources'], ['Problem', 'current']] as const) {
      expect(Object.keys(components.schemas[name]?.properties ?? {}), name).toContain(field);
      expect(text).toContain(`{"$ref":"#/components/schemas/${name}"}`);
    }
    const refused = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name = '']) => name);
    expect(refused.filter((name) => !(name in components.schemas))).toEqual([]);
  });

  it('names refusals, preconditions of writes, uploads and answers without a body', async () => {
    const { paths } = await (await fetch(`${plane.base}/openapi.json`)).json() as {
      readonly paths: Record<string, Record<string, { readonly responses: Record<string, { readonly content?: object }>; readonly parameters?: readonly { readonly name: string; readonly in: string }[]; readonly requestBody?: { readonly content: object } }>>;
    };
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    expect(operations.filter(({ responses }) => !('default' in responses))).toEqual([]);
    const refused = operations.flatMap(({ responses }) => Object.entries(responses).filter(([status]) => !/^[23]/.test(status)).map(([, { content = {} }]) => Object.keys(content).join()));
    expect([...new Set(refused)]).toEqual(['application/problem+json']);
    for (const { responses, parameters = [] } of operations) {
      expect(parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name)).toEqual('412' in responses ? ['if-match', 'if-none-match'] : []);
    }
    const bodies = ['/api/v1/rate-tables/{number} put', '/api/v1/import/numbers post', '/api/v1/import/sip-router-notes post'].map((name) => {
      const [path = '', method = ''] = name.split(' ');
      return Object.keys(paths[path]?.[method]?.requestBody?.content ?? {});
    });
    expect(bodies).toEqual([['text/csv'], ['text/csv'], ['application/octet-stream']]);
    expect(operations.filter(({ responses }) => '204' in responses)).toHaveLength(7);
  });

  it('says the bounds that requests are checked by', async () => {
    const text = await (await fetch(`${plane.base}/openapi.json`)).text();
    expect(text).toContain('"maxLength":64');
    expect(text).toContain('"additionalProperties":false');
    expect(text).not.toContain(database.dataDir);
  });
});

describe('routes without credentials', () => {
  it('answer 401 as problem JSON but for the few that are public', async () => {
    const document = await (await fetch(`${plane.base}/openapi.json`)).json() as Document;
    const open: string[] = [];
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const method of Object.keys(methods)) {
        const url = `${plane.base}${path.replace(/\{(\w+)\}/g, '1')}`;
        const answer = await fetch(url, { method: method.toUpperCase() });
        if (answer.status !== 401) open.push(`${method} ${path}`);
        else expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
        await answer.arrayBuffer();
      }
    }
    expect(open.sort((one, other) => one.localeCompare(other))).toEqual(['get /api/v1/setup', 'post /api/v1/session', 'post /api/v1/setup']);
  });
});

describe('the console', () => {
  it('gets its page on every path of its own, never on the API\'s', async () => {
    for (const path of ['/', '/domains/sip.acme.example', '/setup?token=x', '/route-sets/4']) {
      const answer = await page(path);
      expect([answer.status, await answer.text(), answer.headers.get('cache-control')]).toEqual([200, '<!doctype html><title>console</title>', 'no-cache']);
    }
    const unknown = await page('/api/v1/nothing');
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ code: 'not-found' } satisfies Partial<Problem>);
  });

  it('gets assets that browsers keep, and no other file of the disk', async () => {
    const asset = await page('/assets/app-1a2b.js');
    expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    expect((await page('/favicon.svg')).headers.get('content-type')).toContain('svg');
    expect((await page('/assets/absent.js')).status).toBe(404);
    for (const path of ['/../secret.json', '/assets/..%2f..%2fsecret.json', '/%2e%2e/secret.json', '/..%5csecret.json']) {
      expect(await (await page(path)).text()).not.toContain('"secret"');
    }
  });

  it('is under a strict content security policy', async () => {
    const { headers } = await page('/');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe-eval');
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });
});

describe('health and metrics', () => {
  it('answer without a token', async () => {
    expect(await (await fetch(`${plane.base}/healthz`)).json()).toEqual({ status: 'ok' });
    await plane.api.put('/tenants/counted', {});
    const text = await (await fetch(`${plane.base}/metrics`)).text();
    expect(text).toMatch(/^signalbox_config_revision 1$/m);
    expect(text).toMatch(/^signalbox_nodes_connected 0$/m);
    expect(text).toMatch(/^signalbox_http_request_duration_seconds_count\{method="PUT",route="\/api\/v1\/tenants\/:key",status="201"\} 1$/m);
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).every((line) => line.startsWith('signalbox_'))).toBe(true);
  });
});

describe('bodies', () => {
  it('beyond the limit are refused before they are read to the end', async () => {
    const answer = await plane.api.ask('PUT', '/tenants/huge', { comment: 'x'.repeat(2 * 1024 * 1024) });
    expect(answer).toMatchObject({ status: 413, body: { code: 'too-large' } });
  });

  it('cannot reach into prototypes', async () => {
    const answer = await plane.api.ask('PUT', '/tenants/proto', '{"__proto__":{"enabled":false}}', { 'content-type': 'application/json' });
    expect(answer.status).toBe(400);
    expect(await plane.api.ask('PUT', '/dispatcher-sets/1', '{"destinations":[{"uri":"sip:10.0.0.1","attrs":{"constructor":"x"}}]}', { 'content-type': 'application/json' })).toMatchObject({ status: 201 });
  });
});

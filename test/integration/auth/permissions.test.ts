import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InProcessControlPlane, startDeadlineMs } from '../../harness/control-plane.ts';

/** Who may call what, written down a second time: a route that is missing here fails the test. */
const everybody = ['nobody', 'viewer', 'operator', 'owner'] as const;
const signedIn = ['viewer', 'operator', 'owner'] as const;
const operators = ['operator', 'owner'] as const;
const owners = ['owner'] as const;
type Who = (typeof everybody)[number];

const expected: Readonly<Record<string, readonly Who[]>> = {
  'GET /api/v1/setup': everybody, 'POST /api/v1/setup': everybody, 'POST /api/v1/session': everybody,
  'GET /api/v1/session': signedIn, 'DELETE /api/v1/session': signedIn, 'POST /api/v1/session/password': signedIn,
  'GET /api/v1/users': owners, 'POST /api/v1/users': owners, 'GET /api/v1/users/{id}': owners, 'PATCH /api/v1/users/{id}': owners, 'DELETE /api/v1/users/{id}': owners,
  'GET /api/v1/tokens': owners, 'POST /api/v1/tokens': owners, 'DELETE /api/v1/tokens/{id}': owners,
  'GET /api/v1/nodes': signedIn, 'GET /api/v1/nodes/{id}': signedIn, 'PATCH /api/v1/nodes/{id}': operators, 'DELETE /api/v1/nodes/{id}': owners,
  'POST /api/v1/nodes/join-tokens': owners, 'POST /api/v1/nodes/{id}/tokens': owners, 'POST /api/v1/nodes/{id}/confirm-shrink': operators,
  'GET /api/v1/cluster-keys': signedIn, 'POST /api/v1/cluster-keys': owners, 'POST /api/v1/cluster-keys/reseal': owners, 'DELETE /api/v1/cluster-keys/{id}': owners,
  'GET /api/v1/overview': signedIn, 'GET /api/v1/events': signedIn, 'POST /api/v1/explain': signedIn, 'GET /api/v1/registrations': signedIn, 'GET /api/v1/calls': signedIn, 'GET /api/v1/route-sets/{number}/findings': signedIn,
  'POST /api/v1/destinations/{id}/probe': operators,
  'POST /api/v1/import/kamailio-dbtext': operators, 'POST /api/v1/import/sip-router-notes': operators, 'POST /api/v1/import/numbers': operators,
  'GET /api/v1/changes': signedIn, 'GET /api/v1/changes/{rev}': signedIn, 'POST /api/v1/changes/{rev}/rollback': operators,
  'POST /api/v1/bulk': operators,
  ...entity('tenants', '{key}'), ...entity('domains', '{name}'), ...entity('route-sets', '{number}'), ...entity('dispatcher-sets', '{id}'), ...entity('trunks', '{key}'),
  ...entity('numbers', '{pattern}'), ...entity('aliases', '{alias}'),
  'GET /api/v1/certificates': signedIn, 'GET /api/v1/certificates/{name}': signedIn, 'PUT /api/v1/certificates/{name}': operators, 'DELETE /api/v1/certificates/{name}': operators,
  'GET /api/v1/rate-tables': signedIn, 'GET /api/v1/rate-tables/{number}': signedIn, 'PUT /api/v1/rate-tables/{number}': operators, 'DELETE /api/v1/rate-tables/{number}': operators,
  'PUT /api/v1/rate-tables/{number}/{prefix}/{set}': operators, 'DELETE /api/v1/rate-tables/{number}/{prefix}/{set}': operators,
  'POST /api/v1/route-sets': operators, 'POST /api/v1/dispatcher-sets': operators,
  'GET /api/v1/destinations/{id}': signedIn, 'PATCH /api/v1/destinations/{id}': operators,
  'GET /api/v1/settings/global': signedIn, 'PUT /api/v1/settings/global': operators, 'PATCH /api/v1/settings/global': operators, 'DELETE /api/v1/settings/global': operators,
};

function entity(collection: string, key: string): Record<string, readonly Who[]> {
  const list = `/api/v1/${collection}`;
  return {
    [`GET ${list}`]: signedIn, [`GET ${list}/${key}`]: signedIn,
    [`PUT ${list}/${key}`]: operators, [`PATCH ${list}/${key}`]: operators, [`DELETE ${list}/${key}`]: operators,
  };
}

let plane: InProcessControlPlane;
let routes: { readonly method: string; readonly path: string }[] = [];
const tokens = new Map<Who, string>();

beforeAll(async () => {
  plane = await InProcessControlPlane.start();
  for (const role of signedIn) {
    const { body } = await plane.ask<{ token: string }>('POST', '/tokens', { name: role, role });
    tokens.set(role, body.token);
  }
  const document = JSON.parse((await plane.app.inject({ url: '/openapi.json' })).body) as { paths: Record<string, Record<string, unknown>> };
  routes = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })))
    .filter(({ path }) => path.startsWith('/api/'));
}, startDeadlineMs);
afterAll(() => plane.close());

async function statusFor(who: Who, method: string, path: string): Promise<number> {
  // No row has these keys: what is let through finds nothing to change.
  const url = path.replace(/\{(number|rev)\}/g, '2147483000').replace(/\{id\}/g, path.includes('/nodes/') || path.includes('/users/') || path.includes('/tokens/') ? '00000000-0000-4000-8000-000000000000' : '2147483000').replace(/\{\w+\}/g, 'nobody-has-this');
  const token = tokens.get(who);
  const answer = await plane.app.inject({
    method: method as 'GET', url, remoteAddress: '192.0.2.1',
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), 'content-type': 'application/json' },
    ...(method === 'GET' || method === 'DELETE' ? {} : { payload: '{"no such field":1}' }),
  });
  return answer.statusCode;
}

describe('every route as every role', () => {
  it('knows every route of the API', () => {
    const served = routes.map(({ method, path }) => `${method} ${path}`).sort();
    expect(served.length).toBeGreaterThan(40);
    expect(served.filter((route) => expected[route] === undefined)).toEqual([]);
  });

  it.each(everybody)('%s gets where it may and nowhere else', async (who) => {
    const wrong: string[] = [];
    for (const { method, path } of routes) {
      const allowed = expected[`${method} ${path}`]?.includes(who) === true;
      const status = await statusFor(who, method, path);
      const refused = who === 'nobody' ? 401 : 403;
      const isPublicRefusal = method === 'POST' && (path === '/api/v1/session' || path === '/api/v1/setup');
      if (allowed && !isPublicRefusal && (status === 401 || status === 403)) wrong.push(`${method} ${path}: ${status}, but ${who} may`);
      if (!allowed && status !== refused) wrong.push(`${method} ${path}: ${status}, but ${who} may not`);
      if (status >= 500 && status !== 503) wrong.push(`${method} ${path}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });
});

describe('an API token', () => {
  it('is shown once and kept as a hash', async () => {
    const { body } = await plane.ask<{ id: string; token: string }>('POST', '/tokens', { name: 'billing', role: 'operator' });
    expect(body.token).toMatch(/^sbx_[\w-]{43}$/);
    const list = await plane.ask('GET', '/tokens?limit=500');
    expect(JSON.stringify(list.body)).not.toContain(body.token);
    expect(JSON.stringify(await plane.runtime.database.prisma.apiToken.findMany())).not.toContain(body.token);
    expect(plane.log.join('\n')).not.toContain(body.token);
  });

  it('may do less than its role when it has scopes', async () => {
    const { body } = await plane.ask<{ token: string }>('POST', '/tokens', { name: 'reader', role: 'owner', scopes: ['config.read'] });
    expect((await plane.ask('GET', '/tenants', undefined, { token: body.token })).status).toBe(200);
    expect((await plane.ask('GET', '/overview', undefined, { token: body.token })).status).toBe(403);
    expect((await plane.ask('PUT', '/tenants/acme', { name: 'Acme' }, { token: body.token })).status).toBe(403);
  });

  it('does not get more by scopes than its role has', async () => {
    const { body } = await plane.ask<{ token: string }>('POST', '/tokens', { name: 'greedy', role: 'viewer', scopes: ['users.manage', 'config.read'] });
    expect((await plane.ask('GET', '/users', undefined, { token: body.token })).status).toBe(403);
  });

  it('cannot be made with an unknown scope, role or a past expiry', async () => {
    expect((await plane.ask('POST', '/tokens', { name: 'x', role: 'viewer', scopes: ['everything'] })).status).toBe(400);
    expect((await plane.ask('POST', '/tokens', { name: 'x', role: 'god' })).status).toBe(400);
    expect(await plane.ask('POST', '/tokens', { name: 'x', role: 'viewer', expiresAtMs: 1 })).toMatchObject({ status: 400, body: { errors: [{ pointer: '/expiresAtMs' }] } });
  });

  it('stops at its expiry', async () => {
    const expiresAtMs = Date.now() + 86_400_000;
    const { body } = await plane.ask<{ id: string; token: string }>('POST', '/tokens', { name: 'short', role: 'viewer', expiresAtMs });
    expect((await plane.ask('GET', '/overview', undefined, { token: body.token })).status).toBe(200);
    await plane.runtime.database.prisma.apiToken.update({ where: { id: body.id }, data: { expiresAt: new Date(Date.now() - 1) } });
    expect((await plane.ask('GET', '/overview', undefined, { token: body.token })).status).toBe(401);
  });

  it('stops at once when it is revoked, and shows when it was used last', async () => {
    const { body } = await plane.ask<{ id: string; token: string }>('POST', '/tokens', { name: 'gone', role: 'viewer' });
    await plane.ask('GET', '/overview', undefined, { token: body.token });
    const { body: list } = await plane.ask<{ items: { id: string; lastUsedAtMs: number | null }[] }>('GET', '/tokens?limit=500');
    expect(list.items.find((token) => token.id === body.id)?.lastUsedAtMs).toBeGreaterThan(Date.now() - 60_000);
    expect((await plane.ask('DELETE', `/tokens/${body.id}`)).status).toBe(204);
    expect((await plane.ask('GET', '/overview', undefined, { token: body.token })).status).toBe(401);
    expect((await plane.ask('DELETE', `/tokens/${body.id}`)).status).toBe(404);
  });

  it('must come as Bearer, and a cookie beside it does not help', async () => {
    expect((await plane.ask('GET', '/overview', undefined, { token: null, headers: { authorization: 'Basic YTpi' } })).status).toBe(401);
    expect((await plane.ask('GET', '/overview', undefined, { token: 'x', cookie: 'signalbox_session=y' })).status).toBe(401);
  });
});

describe('who may not do everything', () => {
  const person = { name: '', password: 'a long enough password' };
  async function narrowed(...scopes: string[]): Promise<string> {
    const { body } = await plane.ask<{ token: string }>('POST', '/tokens', { name: scopes.join(' '), role: 'owner', scopes });
    return body.token;
  }

  it('cannot make a token that may more than itself', async () => {
    const token = await narrowed('tokens.manage', 'config.read');
    for (const body of [{ name: 'all', role: 'owner' }, { name: 'more', role: 'viewer' }, { name: 'more', role: 'owner', scopes: ['tokens.manage', 'users.manage'] }]) {
      expect(await plane.ask('POST', '/tokens', body, { token })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    }
    expect((await plane.ask('POST', '/tokens', { name: 'the same', role: 'owner', scopes: ['config.read'] }, { token })).status).toBe(201);
  });

  it('cannot become somebody who may: by a new user, a higher role, or another\'s password', async () => {
    const token = await narrowed('users.manage', 'config.read', 'live.read');
    const { body: viewer } = await plane.ask<{ id: string }>('POST', '/users', { ...person, email: 'low@example.com', role: 'viewer' }, { token });
    const { body: owner } = await plane.ask<{ id: string }>('POST', '/users', { ...person, email: 'high@example.com', role: 'owner' });
    expect((await plane.ask('POST', '/users', { ...person, email: 'new@example.com', role: 'owner' }, { token })).status).toBe(403);
    expect((await plane.ask('PATCH', `/users/${viewer.id}`, { role: 'operator' }, { token })).status).toBe(403);
    expect((await plane.ask('PATCH', `/users/${owner.id}`, { password: 'known to me at last' }, { token })).status).toBe(403);
    expect((await plane.ask('PATCH', `/users/${owner.id}`, { role: 'viewer', password: 'known to me at last' }, { token })).status).toBe(403);
    expect((await plane.ask('PATCH', `/users/${viewer.id}`, { name: 'Low' }, { token })).status).toBe(200);
  });
});

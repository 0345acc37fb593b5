import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DispatcherSet, DispatcherSetWritten, Domain, DomainWritten, Page, Problem, RouteSetWritten, TenantListItem, TenantWritten, TrunkWritten } from '../../../controlplane/contract/index.ts';
import { startControlPlane, startDeadlineMs, testDatabase } from './server.ts';
import type { TestControlPlane, TestDatabase } from './server.ts';

let database: TestDatabase;
let plane: TestControlPlane;
beforeAll(async () => {
  database = await testDatabase();
  plane = await startControlPlane(database);
}, startDeadlineMs);
afterAll(async () => {
  await plane.close();
  await database.dispose();
});

/** What a refusal says, as [pointer, code] pairs. */
async function refusal(method: string, path: string, body?: unknown): Promise<{ status: number; code: string; fields: string[][]; problem: Problem }> {
  const answer = await plane.api.ask(method, path, body);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const problem = answer.body as Problem;
  expect(problem).toMatchObject({ status: answer.status, type: `urn:signalbox:problem:${problem.code}` });
  expect(problem.requestId).toBe(answer.headers.get('x-request-id'));
  return { status: answer.status, code: problem.code, fields: (problem.errors ?? []).map((error) => [error.pointer, error.code]), problem };
}

describe('the core resources as the interface document writes them', () => {
  it('creates tenant, dispatcher sets, route set, domain and trunk by PUT', async () => {
    const tenant = await plane.api.ask('PUT', '/tenants/acme', {
      name: 'Acme Ltd', enabled: true, limits: { calls: 200, cps: 20, registrations: 500 }, policies: { media: 'relay', topologyHiding: true, digest: false },
    });
    expect(tenant.status).toBe(201);
    expect(tenant.headers.get('etag')).toBe('"1"');
    expect(tenant.body).toMatchObject({ key: 'acme', name: 'Acme Ltd', limits: { calls: 200, cps: 20, registrations: 500 }, version: 1, rev: 1 });

    const set = await plane.api.put<DispatcherSetWritten>('/dispatcher-sets/10', {
      name: 'acme pbx', tenant: 'acme', algorithm: 4, affinity: 'aor',
      probing: { mode: 'always', intervalMs: 30_000, timeoutMs: 2_000, downAfter: 2, upAfter: 2, codes: [200] },
      destinations: [
        { uri: 'sip:10.0.1.10:5060', rank: 1, weight: 50, admin: 'enabled', attrs: { duid: 'a' }, comment: 'primary' },
        { uri: 'sip:10.0.1.11:5060;transport=tcp', rank: 2 },
      ],
    });
    expect(set.destinations.map(({ uri, rank, weight, admin, attrs, comment, live }) => ({ uri, rank, weight, admin, attrs, comment, live }))).toEqual([
      { uri: 'sip:10.0.1.10:5060', rank: 1, weight: 50, admin: 'enabled', attrs: { duid: 'a' }, comment: 'primary', live: [] },
      { uri: 'sip:10.0.1.11:5060;transport=tcp', rank: 2, weight: 1, admin: 'enabled', attrs: {}, comment: '', live: [] },
    ]);
    await plane.api.put('/dispatcher-sets/11', { tenant: 'acme' });
    await plane.api.put('/dispatcher-sets/4', {});

    const routes = await plane.api.put<RouteSetWritten>('/route-sets/1', {
      name: 'acme', tenant: 'acme', family: 'prefer',
      rules: [
        { match: { type: 'range', from: '1000', to: '1999' }, sets: [10, 11] },
        { match: { type: 'prefix', value: '+' }, sets: [4], strip: 1, prepend: '00' },
        { match: { type: 'any' }, sets: [10] },
      ],
      failover: { frMs: 5_000, frInviteMs: 30_000, on: ['timeout', 'transport', 500, 503], maxAttempts: 3 },
    });
    expect(routes.rules.map((rule) => rule.sets)).toEqual([[10, 11], [4], [10]]);

    const domain = await plane.api.put<DomainWritten>('/domains/sip.acme.example?wait=applied', { tenant: 'acme', routeSet: 1, enabled: true, did: '1', comment: 'main' });
    expect(domain).toMatchObject({ name: 'sip.acme.example', tenant: 'acme', routeSet: 1, did: '1', comment: 'main', applied: [], missing: [] });
    const trunk = await plane.api.put<TrunkWritten>('/trunks/carrier', { tenant: 'acme', routeSet: 1, sources: ['192.0.2.0/24', '2001:db8::1'] });
    expect(trunk).toMatchObject({ key: 'carrier', name: 'carrier', enabled: true, sources: ['192.0.2.0/24', '2001:db8::1'], rev: 7 });
  });

  it('says the same when read, with the ETag of the version', async () => {
    const answer = await plane.api.ask('GET', '/domains/SIP.acme.example');
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.body).toMatchObject({ name: 'sip.acme.example', tenant: 'acme', routeSet: 1 });
    expect((await plane.api.get<DispatcherSet>('/dispatcher-sets/10')).destinations).toHaveLength(2);
  });

  it('takes defaults for what a PUT leaves out', async () => {
    expect(await plane.api.put('/tenants/plain', {})).toMatchObject({
      name: 'plain', enabled: true, limits: { calls: 0, cps: 0, registrations: 0 }, policies: { media: 'relay', topologyHiding: false, digest: false }, externalId: null, comment: '',
    });
    expect(await plane.api.put('/dispatcher-sets/20', {})).toMatchObject({
      tenant: null, algorithm: 4, affinity: 'aor', affinityAll: false, destinations: [],
      probing: { mode: 'always', intervalMs: 30_000, timeoutMs: 2_000, downAfter: 2, upAfter: 2, codes: [200], from: '', useUnknown: false },
    });
    expect(await plane.api.put('/route-sets/20', {})).toMatchObject({
      tenant: null, family: 'prefer', rules: [], failover: { frMs: 5_000, frInviteMs: 30_000, on: ['timeout', 'transport', 500, 503], maxAttempts: 3 },
    });
  });

  it('makes no revision of a PUT that changes nothing', async () => {
    const first = await plane.api.put('/tenants/calm', { name: 'Calm' });
    const again = await plane.api.ask('PUT', '/tenants/calm', { name: 'Calm' });
    expect(again).toMatchObject({ status: 200, body: { version: 1, rev: first.rev } });
  });

  it('gives the next free number to a POST without one and refuses one that is taken', async () => {
    const created = await plane.api.ask('POST', '/route-sets', { name: 'next' });
    expect(created).toMatchObject({ status: 201, body: { number: 2, name: 'next' } });
    expect(created.headers.get('location')).toBe('/api/v1/route-sets/2');
    expect(await plane.api.ask('POST', '/dispatcher-sets', { id: 10 })).toMatchObject({
      status: 409, body: { code: 'conflict', detail: expect.stringMatching(/^Dispatcher set 10 exists already \(version \d+\)/) as unknown, errors: [{ pointer: '/id', code: 'taken' }] },
    });
    expect(await plane.api.ask('POST', '/route-sets', { number: 2 })).toMatchObject({ status: 409, body: { errors: [{ pointer: '/number', code: 'taken' }] } });
  });
});

describe('destinations keep their ids', () => {
  it('by URI, by a given id, and never share one', async () => {
    const uris = (set: DispatcherSetWritten): Map<string, number> => new Map(set.destinations.map((one) => [one.uri, one.id]));
    const first = uris(await plane.api.put<DispatcherSetWritten>('/dispatcher-sets/30', { destinations: [{ uri: 'sip:10.1.0.1' }, { uri: 'sip:10.1.0.2' }] }));
    const second = await plane.api.put<DispatcherSetWritten>('/dispatcher-sets/30', {
      destinations: [{ uri: 'sip:10.1.0.2', rank: 2 }, { uri: 'sip:10.1.0.9', id: first.get('sip:10.1.0.1') ?? 0 }, { uri: 'sip:10.1.0.2', rank: 3 }],
    });
    expect(uris(second).get('sip:10.1.0.9')).toBe(first.get('sip:10.1.0.1'));
    expect(second.destinations.filter((one) => one.uri === 'sip:10.1.0.2').map((one) => one.rank)).toEqual([2, 3]);
    expect(second.destinations.find((one) => one.rank === 2)?.id).toBe(first.get('sip:10.1.0.2'));
    expect(new Set(second.destinations.map((one) => one.id)).size).toBe(3);
    expect(second.version).toBe(2);
  });

  it('refuses an id of another set', async () => {
    const other = await plane.api.get<DispatcherSet>('/dispatcher-sets/10');
    expect((await refusal('PUT', '/dispatcher-sets/30', { destinations: [{ uri: 'sip:10.1.0.1', id: other.destinations[0]?.id }] })).fields).toEqual([['/destinations/0/id', 'not-found']]);
  });

  it('drains one alone; its set gets a new version', async () => {
    const before = await plane.api.get<DispatcherSet>('/dispatcher-sets/10');
    const id = before.destinations[0]?.id ?? 0;
    const drained = await plane.api.patch<Record<string, unknown>>(`/destinations/${id}`, { admin: 'draining', attrs: { duid: null, cc: '1' } });
    expect(drained).toMatchObject({ id, admin: 'draining', attrs: { cc: '1' }, version: 2, comment: 'primary' });
    const after = await plane.api.get<DispatcherSet>('/dispatcher-sets/10');
    expect(after.version).toBe(before.version + 1);
    expect(after.destinations[1]).toEqual(before.destinations[1]);
  });
});

describe('rules keep their ids while they match the same', () => {
  it('over an edit of another rule and a new target', async () => {
    await plane.api.put('/dispatcher-sets/40', {});
    const rules = [{ match: { type: 'exact', value: '100' }, sets: [40] }, { match: { type: 'any' }, sets: [40] }];
    const first = await plane.api.put<RouteSetWritten>('/route-sets/40', { rules });
    const second = await plane.api.put<RouteSetWritten>('/route-sets/40', { rules: [{ match: { type: 'prefix', value: '9' }, sets: [40] }, { ...rules[1], sets: [4] }, rules[0]] });
    expect(second.rules[1]?.id).toBe(first.rules[1]?.id);
    expect(second.rules[2]?.id).toBe(first.rules[0]?.id);
    expect(second.rules.map((rule) => rule.match.type)).toEqual(['prefix', 'any', 'exact']);
  });
});

describe('optimistic locking', () => {
  it('refuses a stale If-Match with 412 and takes the present one', async () => {
    const tenant = await plane.api.put<TenantWritten>('/tenants/locked', { comment: 'a' });
    const stale = await plane.api.ask('PUT', '/tenants/locked', { comment: 'b' }, { 'if-match': `"${tenant.version + 1}"` });
    expect(stale).toMatchObject({ status: 412, body: { code: 'version-mismatch' } });
    const fresh = await plane.api.ask('PUT', '/tenants/locked', { comment: 'b' }, { 'if-match': `"${tenant.version}"` });
    expect(fresh).toMatchObject({ status: 200, body: { version: tenant.version + 1, comment: 'b' } });
    expect((await plane.api.ask('DELETE', '/tenants/locked', undefined, { 'if-match': '"1"' })).status).toBe(412);
    expect((await plane.api.ask('PUT', '/tenants/locked', {}, { 'if-none-match': '*' })).status).toBe(412);
    expect((await plane.api.ask('PUT', '/tenants/locked', {}, { 'if-match': 'nonsense' })).status).toBe(400);
    expect((await plane.api.ask('PUT', '/tenants/unborn', {}, { 'if-match': '*' })).status).toBe(412);
  });

  it('carries the present row and its ETag with a 412, whatever was refused, and null where there is none', async () => {
    await plane.api.put('/dispatcher-sets/77', { name: 'stale', destinations: [{ uri: 'sip:10.7.7.7' }] });
    await plane.api.put('/route-sets/77', { name: 'stale', rules: [{ match: { type: 'any' }, sets: [77] }] });
    await plane.api.put('/domains/stale.example', { tenant: 'locked', routeSet: 77 });
    const [destination] = (await plane.api.get<DispatcherSetWritten>('/dispatcher-sets/77')).destinations;
    for (const path of ['/tenants/locked', '/dispatcher-sets/77', '/route-sets/77', '/domains/stale.example', '/settings/global', `/destinations/${destination?.id ?? 0}`]) {
      const current = await plane.api.get<{ readonly version: number }>(path);
      for (const method of ['PATCH', ...(path.startsWith('/settings') || path.startsWith('/destinations') ? [] : ['DELETE'])]) {
        const stale = await plane.api.ask(method, path, method === 'PATCH' ? {} : undefined, { 'if-match': '"999"' });
        expect(stale, `${method} ${path}`).toMatchObject({ status: 412, body: { code: 'version-mismatch', current } });
        expect(stale.headers.get('etag')).toBe(`"${current.version}"`);
      }
    }
    expect((await plane.api.ask('PUT', '/tenants/locked', {}, { 'if-none-match': '*' })).body).toMatchObject({ status: 412, current: { key: 'locked' } });
    expect((await plane.api.ask('PUT', '/tenants/unborn', {}, { 'if-match': '*' })).body).toMatchObject({ status: 412, current: null });
  });

  it('lets one of many writers of one version win', async () => {
    await plane.api.put('/tenants/raced', {});
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => plane.api.ask('PUT', '/tenants/raced', { comment: `writer ${n}` }, { 'if-match': '"1"' })));
    expect(answers.map((answer) => answer.status).sort((one, other) => one - other)).toEqual([200, 412, 412, 412, 412, 412, 412, 412]);
  });
});

describe('PATCH is a JSON merge patch', () => {
  it('changes what it names, at any depth, and null takes the default', async () => {
    await plane.api.put('/tenants/patched', { name: 'Before', comment: 'kept', limits: { calls: 5, cps: 6 }, externalId: 'X-1' });
    expect(await plane.api.patch('/tenants/patched', { limits: { cps: null, calls: 7 }, name: null })).toMatchObject({
      name: 'patched', comment: 'kept', externalId: 'X-1', limits: { calls: 7, cps: 0, registrations: 0 }, version: 2,
    });
  });

  it('answers 404 for what does not exist and 400 for unknown fields', async () => {
    expect(await refusal('PATCH', '/tenants/nobody', { name: 'x' })).toMatchObject({ status: 404, code: 'not-found' });
    expect((await refusal('PATCH', '/tenants/patched', { nmae: 'x', limits: { callz: 1 } })).fields).toEqual([['/nmae', 'unknown-field'], ['/limits/callz', 'unknown-field']]);
    expect((await refusal('PATCH', '/domains/sip.acme.example', { routeSet: null })).fields).toEqual([['/routeSet', 'required']]);
  });
});

describe('a refusal names every field and why', () => {
  it.each<[string, string, unknown, string[][]]>([
    ['unknown field', '/tenants/bad', { nmae: 'x' }, [['/nmae', 'unknown-field']]],
    ['wrong types are not coerced', '/tenants/bad', { enabled: 'true', limits: { calls: '5' } }, [['/enabled', 'type'], ['/limits/calls', 'type']]],
    ['missing references', '/domains/bad.example', { tenant: 'acme', routeSet: 999 }, [['/routeSet', 'not-found']]],
    ['unknown tenant', '/domains/bad.example', { tenant: 'nobody', routeSet: 1 }, [['/tenant', 'not-found']]],
    ['a name that is no host name', '/domains/bad..example', { tenant: 'acme', routeSet: 1 }, [['/name', 'format']]],
    ['required fields', '/trunks/bad', {}, [['/tenant', 'required'], ['/routeSet', 'required'], ['/sources', 'required']]],
    ['a bad source prefix', '/trunks/bad', { tenant: 'acme', routeSet: 1, sources: ['192.0.2.0/33'] }, [['/sources/0', 'format']]],
    ['a source that another trunk has', '/trunks/bad', { tenant: 'acme', routeSet: 1, sources: ['198.51.100.1', '192.0.2.0/24'] }, [['/sources/1', 'taken']]],
    ['a URI that is no SIP URI', '/dispatcher-sets/90', { destinations: [{ uri: 'sip:10.0.0.1' }, { uri: 'http://x' }] }, [['/destinations/1/uri', 'format']]],
    ['an unequal range', '/route-sets/90', { rules: [{ match: { type: 'range', from: '100', to: '1999' }, sets: [4] }] }, [['/rules/0/match/to', 'mismatch']]],
    ['an unknown kind of match', '/route-sets/90', { rules: [{ match: { type: 'regex', value: '.*' }, sets: [4] }] }, [['/rules/0/match', 'not-allowed']]],
    ['a match that lacks its value', '/route-sets/90', { rules: [{ match: { type: 'exact' }, sets: [4] }, { match: { type: 'any' }, sets: [404] }] }, [['/rules/0/match/value', 'required']]],
    ['a dispatcher set that does not exist', '/route-sets/90', { rules: [{ match: { type: 'any' }, sets: [4, 404] }] }, [['/rules/0/sets/1', 'not-found']]],
    ['no body', '/tenants/bad', undefined, [['', 'type']]],
  ])('%s', async (_what, path, body, fields) => {
    const refused = await refusal('PUT', path, body);
    expect(refused).toMatchObject({ status: 400, code: 'invalid' });
    expect(refused.fields).toEqual(fields);
  });

  it('does not let one tenant use what is another tenant\'s', async () => {
    await plane.api.put('/tenants/other', {});
    expect((await refusal('PUT', '/domains/thief.example', { tenant: 'other', routeSet: 1 })).fields).toEqual([['/routeSet', 'mismatch']]);
    expect((await refusal('PUT', '/route-sets/91', { tenant: 'other', rules: [{ match: { type: 'any' }, sets: [10] }] })).fields).toEqual([['/rules/0/sets/0', 'mismatch']]);
    expect((await refusal('PUT', '/route-sets/91', { rules: [{ match: { type: 'any' }, sets: [10] }] })).fields).toEqual([['/rules/0/sets/0', 'mismatch']]);
    expect((await refusal('PATCH', '/route-sets/1', { tenant: 'other' })).status).toBe(400);
    expect(await refusal('PATCH', '/dispatcher-sets/10', { tenant: 'other' })).toMatchObject({ status: 409, code: 'in-use', problem: { references: [{ entity: 'route-set', key: '1' }] } });
  });

  it('keeps external ids unique within a tenant', async () => {
    await plane.api.put('/domains/one.example', { tenant: 'acme', routeSet: 20, externalId: 'D-1' });
    expect((await refusal('PUT', '/domains/two.example', { tenant: 'acme', routeSet: 20, externalId: 'D-1' })).fields).toEqual([['/externalId', 'taken']]);
    expect(await plane.api.put('/domains/three.example', { tenant: 'other', routeSet: 20, externalId: 'D-1' })).toMatchObject({ externalId: 'D-1' });
  });

  it('reads neither broken JSON nor other media types', async () => {
    expect(await refusal('PUT', '/tenants/bad', '{"name":')).toMatchObject({ status: 415 });
    const broken = await plane.api.ask('PUT', '/tenants/bad', '{"name":', { 'content-type': 'application/json' });
    expect(broken).toMatchObject({ status: 400, body: { code: 'malformed' } });
    expect(await refusal('PUT', '/tenants/Not%20a%20slug', {})).toMatchObject({ status: 400, fields: [[':key', 'format']] });
    expect(await refusal('GET', '/tenants?limit=9999')).toMatchObject({ status: 400, fields: [['?limit', 'out-of-range']] });
    expect(await refusal('GET', '/nothing')).toMatchObject({ status: 404 });
  });
});

describe('text that no column can hold', () => {
  it('is refused wherever it comes from, never a failure of ours', async () => {
    expect((await refusal('PUT', '/tenants/nul', { comment: 'bell \u0007' })).fields).toEqual([['/comment', 'format']]);
    expect((await refusal('PUT', '/tenants/nul', { externalId: 'half \ud800' })).fields).toEqual([['/externalId', 'format']]);
    expect((await refusal('PUT', '/tenants/nul', { comment: 'nul \u0000' })).status).toBe(400);
    expect((await refusal('GET', '/domains/a%00b')).status).toBe(400);
    expect((await refusal('GET', '/domains?q=a%00b')).status).toBe(400);
    expect((await refusal('GET', `/domains?cursor=${Buffer.from('"a\\u0000"').toString('base64url')}`)).status).toBe(400);
    expect(await plane.api.put('/tenants/lines', { comment: 'one\ntwo\tthree' })).toMatchObject({ comment: 'one\ntwo\tthree' });
  });
});

describe('DELETE', () => {
  it('refuses what others refer to, and names them', async () => {
    expect(await refusal('DELETE', '/route-sets/1')).toMatchObject({
      status: 409, code: 'in-use', problem: { references: expect.arrayContaining([{ entity: 'domain', key: 'sip.acme.example' }, { entity: 'trunk', key: 'carrier' }]) },
    });
    expect((await refusal('DELETE', '/dispatcher-sets/10')).problem.detail).toContain('route set 1');
    expect((await refusal('DELETE', '/tenants/acme')).status).toBe(409);
  });

  it('takes rules and destinations along, then is gone', async () => {
    expect((await plane.api.ask('DELETE', '/route-sets/40')).status).toBe(200);
    expect((await plane.api.ask('DELETE', '/dispatcher-sets/40')).status).toBe(200);
    expect((await plane.api.ask('GET', '/route-sets/40')).status).toBe(404);
    expect((await plane.api.ask('DELETE', '/route-sets/40')).status).toBe(404);
  });
});

describe('lists', () => {
  it('go page by page in order, without losing or doubling any', async () => {
    for (let n = 0; n < 7; n += 1) await plane.api.put(`/domains/list-${n}.example`, { tenant: 'plain', routeSet: 20 });
    const seen: string[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null && pages < 10; pages += 1) {
      const page: Page<Domain> = await plane.api.get<Page<Domain>>(`/domains?tenant=plain&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.items.map((domain) => domain.name));
      cursor = page.next;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6].map((n) => `list-${n}.example`));
  });

  it('search by part of a name and filter by route set', async () => {
    expect((await plane.api.get<Page<Domain>>('/domains?q=LIST-3')).items.map((domain) => domain.name)).toEqual(['list-3.example']);
    expect((await plane.api.get<Page<Domain>>('/domains?routeSet=1')).items.map((domain) => domain.name)).toEqual(['sip.acme.example']);
    expect((await plane.api.get<Page<DispatcherSet>>('/dispatcher-sets?q=10.0.1.11')).items.map((set) => set.id)).toEqual([10]);
    expect((await plane.api.get<Page<{ number: number; ruleCount: number }>>('/route-sets?q=1')).items).toEqual([expect.objectContaining({ number: 1, ruleCount: 3 })]);
    expect((await plane.api.get<Page<TenantListItem>>('/tenants?q=acme')).items).toEqual([expect.objectContaining({ key: 'acme', domainCount: 2, trunkCount: 1, routeSetCount: 1, dispatcherSetCount: 2 })]);
    expect((await plane.api.get<Page<unknown>>('/trunks?q=192.0.2.0/24')).items).toHaveLength(1);
  });

  it('refuse a cursor of another list', async () => {
    const { next } = await plane.api.get<Page<Domain>>('/domains?limit=1');
    expect((await refusal('GET', `/route-sets?cursor=${next ?? ''}`)).fields).toEqual([['?cursor', 'format']]);
  });
});

describe('settings of all nodes', () => {
  it('have defaults before anyone wrote them, then versions', async () => {
    expect(await plane.api.get('/settings/global')).toMatchObject({ unknownDomain: 'drop', requireToMatch: false, methods: 'any', version: 0 });
    expect(await plane.api.patch('/settings/global', { unknownDomain: 403, scanners: ['evil'] })).toMatchObject({ unknownDomain: 403, scanners: ['evil'], methods: 'any', version: 1 });
    expect((await refusal('PUT', '/settings/global', { scanners: ['EVIL'] })).fields).toEqual([['/scanners/0', 'format']]);
    expect(await plane.api.put('/settings/global', {})).toMatchObject({ unknownDomain: 'drop', version: 2 });
  });
});

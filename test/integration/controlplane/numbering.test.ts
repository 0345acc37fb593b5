import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alias, AliasWritten, NumberItem, NumberWritten, Page, Problem, RouteSetWritten } from '../../../controlplane/contract/index.ts';
import { expectConsistent } from './consistency.ts';
import { startControlPlane, startDeadlineMs, testDatabase } from './server.ts';
import type { TestControlPlane, TestDatabase } from './server.ts';

let database: TestDatabase;
let plane: TestControlPlane;
beforeAll(async () => {
  database = await testDatabase();
  plane = await startControlPlane(database);
  await plane.api.put('/tenants/acme', {});
  await plane.api.put('/tenants/other', {});
  await plane.api.put('/dispatcher-sets/10', { destinations: [{ uri: 'sip:10.0.0.1' }] });
  await plane.api.put('/dispatcher-sets/11', {});
  await plane.api.put('/route-sets/1', { tenant: 'acme', rules: [{ match: { type: 'any' }, sets: [10] }] });
  await plane.api.put('/domains/other.example', { tenant: 'other', routeSet: (await plane.api.put<RouteSetWritten>('/route-sets/2', {})).number });
}, startDeadlineMs);
afterAll(async () => {
  await expectConsistent(plane.runtime.changes);
  await plane.close();
  await database.dispose();
});

/** What a refusal says, as [pointer, code] pairs. */
async function refusal(method: string, path: string, body?: unknown): Promise<readonly [number, string[][]]> {
  const answer = await plane.api.ask(method, path, body);
  return [answer.status, ((answer.body as Problem).errors ?? []).map((error) => [error.pointer, error.code])];
}

describe('called numbers', () => {
  it('are put, read, changed, listed and deleted like domains', async () => {
    const put = await plane.api.ask('PUT', '/numbers/+4930123456', { tenant: 'acme', routeSet: 1, externalId: 'n1' });
    expect([put.status, put.headers.get('etag')]).toEqual([201, '"1"']);
    expect(put.body).toMatchObject({ pattern: '+4930123456', tenant: 'acme', routeSet: 1, enabled: true, externalId: 'n1' });
    expect(await plane.api.put<NumberWritten>('/numbers/%2B4930*', { tenant: 'acme', routeSet: 1, comment: 'all of Berlin' })).toMatchObject({ pattern: '+4930*' });
    expect(await plane.api.patch<NumberWritten>('/numbers/+4930*', { enabled: false })).toMatchObject({ enabled: false, comment: 'all of Berlin', version: 2 });
    expect((await plane.api.get<Page<NumberItem>>('/numbers?q=4930&tenant=acme&routeSet=1')).items.map(({ pattern }) => pattern)).toEqual(['+4930*', '+4930123456'].sort());
    const page = await plane.api.get<Page<NumberItem>>('/numbers?limit=1');
    expect(page.next).not.toBeNull();
    expect((await plane.api.get<Page<NumberItem>>(`/numbers?limit=1&cursor=${page.next ?? ''}`)).items).toHaveLength(1);
    expect((await plane.api.ask('DELETE', '/numbers/+4930123456', undefined, { 'if-match': '"9"' })).status).toBe(412);
    await plane.api.delete('/numbers/+4930123456');
    expect((await plane.api.ask('GET', '/numbers/+4930123456')).status).toBe(404);
  });

  it('are refused when they are none, or belong to somebody else', async () => {
    expect(await refusal('PUT', '/numbers/abc', { tenant: 'acme', routeSet: 1 })).toEqual([400, [['/pattern', 'format']]]);
    expect(await refusal('PUT', '/numbers/+49', { tenant: 'nobody', routeSet: 9 })).toEqual([400, [['/tenant', 'not-found']]]);
    expect(await refusal('PUT', '/numbers/+49', { tenant: 'other', routeSet: 1 })).toEqual([400, [['/routeSet', 'mismatch']]]);
    expect(await refusal('PUT', '/numbers/+49', { tenant: 'other', routeSet: 2, externalId: 'e' })).toEqual([201, []]);
    expect(await refusal('PUT', '/numbers/+50', { tenant: 'other', routeSet: 2, externalId: 'e' })).toEqual([400, [['/externalId', 'taken']]]);
  });

  it('hold their route set and tenant', async () => {
    const held = await plane.api.ask('DELETE', '/route-sets/1');
    expect(held.status).toBe(409);
    expect(held.body).toMatchObject({ code: 'in-use', references: [{ entity: 'number', key: '+4930*' }] });
    expect((await plane.api.ask('PATCH', '/route-sets/1', { tenant: 'other' })).status).toBe(409);
    expect((await plane.api.ask('DELETE', '/tenants/acme')).body).toMatchObject({ references: expect.arrayContaining([{ entity: 'number', key: '+4930*' }]) });
  });
});

describe('aliases', () => {
  it('are put, read, changed, listed and deleted; hosts in lower case', async () => {
    expect(await plane.api.put<AliasWritten>('/aliases/Sales@ACME.example', { target: '1000@Acme.example', tenant: 'acme' })).toMatchObject({ alias: 'Sales@acme.example', target: '1000@acme.example', enabled: true });
    expect(await plane.api.put<AliasWritten>('/aliases/*@old.example', { target: '*@acme.example', tenant: 'acme' })).toMatchObject({ alias: '*@old.example' });
    expect(await plane.api.patch<AliasWritten>('/aliases/*@old.example', { enabled: false })).toMatchObject({ enabled: false, target: '*@acme.example' });
    expect((await plane.api.get<Page<Alias>>('/aliases?q=old')).items).toMatchObject([{ alias: '*@old.example' }]);
    await plane.api.delete('/aliases/Sales@acme.EXAMPLE');
    expect((await plane.api.ask('GET', '/aliases/Sales@acme.example')).status).toBe(404);
  });

  it('are refused when they lead nowhere, to themselves, or stand in for another tenant\'s domain', async () => {
    expect(await refusal('PUT', '/aliases/acme.example', { target: 'a@b.example', tenant: 'acme' })).toEqual([400, [['/alias', 'format']]]);
    expect(await refusal('PUT', '/aliases/a@b.example', { target: 'a@B.example', tenant: 'acme' })).toEqual([400, [['/target', 'mismatch']]]);
    expect(await refusal('PUT', '/aliases/a@b.example', { target: 'a@c.example', tenant: 'nobody' })).toEqual([400, [['/tenant', 'not-found']]]);
    expect(await refusal('PUT', '/aliases/boss@other.example', { target: 'a@c.example', tenant: 'acme' })).toEqual([400, [['/tenant', 'mismatch']]]);
    expect(await refusal('PUT', '/aliases/boss@other.example', { target: 'a@c.example', tenant: 'other' })).toEqual([201, []]);
  });
});

describe('many at once', () => {
  it('go as one revision, all or nothing', async () => {
    const operations = [
      { method: 'PUT', entity: 'numbers', key: '+4989*', body: { tenant: 'acme', routeSet: 1 } },
      { method: 'PUT', entity: 'aliases', key: 'A@Bulk.example', body: { target: '1@acme.example', tenant: 'acme' } },
    ];
    const { rev } = await plane.api.post('/bulk', { operations });
    expect(await plane.api.get(`/changes/${rev}`)).toMatchObject({ ops: 2, changes: [{ table: 'number', key: '+4989*' }, { table: 'alias', key: 'A@bulk.example' }] });
    const more = [...operations, { method: 'DELETE', entity: 'numbers', key: '+1' }];
    expect(await refusal('POST', '/bulk', { operations: more })).toEqual([400, [['/operations/2/key', 'not-found']]]);
    await plane.api.post(`/changes/${rev - 1}/rollback`);
    expect((await plane.api.ask('GET', '/numbers/+4989*')).status).toBe(404);
  });
});

describe('rules with prices, windows and ENUM', () => {
  it('take prices beside their sets and show them as decimals', async () => {
    const rules = [{ match: { type: 'any' }, sets: [10, { set: 11, price: 0.0123 }] }];
    expect(await refusal('PUT', '/route-sets/3', { rules })).toEqual([400, [['/rules/0/prices', 'mismatch']]]);
    const priced = [{ match: { type: 'any' }, sets: [{ set: 10, price: 0.5 }, { set: 11, price: 0.0123 }], windows: [{ timezone: 'Europe/Berlin', days: [6, 7] }], enumSuffix: 'e164.arpa' }];
    const put = await plane.api.put<RouteSetWritten>('/route-sets/3', { rules: priced });
    expect(put.rules[0]).toMatchObject({ sets: [10, 11], prices: [0.5, 0.0123], windows: [{ timezone: 'Europe/Berlin', days: [6, 7], from: '00:00', to: '24:00' }], rates: 0, enumSuffix: 'e164.arpa' });
    expect(await plane.api.patch<RouteSetWritten>('/route-sets/3', { name: 'same rules' })).toMatchObject({ rules: put.rules });
    expect(await plane.api.put<RouteSetWritten>('/route-sets/3', { name: 'same rules', rules: put.rules })).toMatchObject({ rules: put.rules, version: 2 });
    expect(await refusal('PUT', '/route-sets/3', { rules: [{ match: { type: 'any' }, sets: [{ set: 10, price: 0.1234567 }] }] })).toEqual([400, [['/rules/0/sets/0/price', 'format']]]);
  });

  it('need a zone that exists and somewhere to lead', async () => {
    expect(await refusal('PUT', '/route-sets/4', { rules: [{ match: { type: 'any' }, sets: [10], windows: [{ timezone: 'Mars/Base' }] }] })).toEqual([400, [['/rules/0/windows/0/timezone', 'format']]]);
    expect(await refusal('PUT', '/route-sets/4', { rules: [{ match: { type: 'any' } }] })).toEqual([400, [['/rules/0/sets', 'too-short']]]);
  });
});

describe('a node', () => {
  it('drains and leaves OPTIONS unanswered, each as it is told; what is the default needs no row', async () => {
    const { id } = await plane.runtime.database.prisma.node.create({ data: { id: '00000000-0000-4000-8000-000000000007', name: 'edge-7' } });
    const row = async (): Promise<unknown> => JSON.parse((await expectConsistent(plane.runtime.changes)).rows.get(`node ${id}`) ?? 'null');
    expect(await plane.api.patch(`/nodes/${id}`, { answerOptions: false })).toMatchObject({ draining: false, answerOptions: false });
    expect(await row()).toEqual({ id, draining: false, answerOptions: false });
    expect(await plane.api.patch(`/nodes/${id}`, { draining: true })).toMatchObject({ draining: true, answerOptions: false });
    expect(await plane.api.patch(`/nodes/${id}`, { draining: false })).toMatchObject({ draining: false, answerOptions: false });
    const { rev } = await plane.api.patch(`/nodes/${id}`, { answerOptions: true });
    expect(await row()).toBeNull();
    expect(await plane.api.get(`/changes/${rev}`)).toMatchObject({ summary: 'Answer OPTIONS on node edge-7' });
    expect(await refusal('PATCH', `/nodes/${id}`, {})).toEqual([400, [['', 'too-short']]]);
  });
});

describe('what dispatcher sets, trunks, tenants, settings and nodes gained', () => {
  it('is written and read back', async () => {
    expect(await plane.api.put('/dispatcher-sets/12', { algorithm: 'value-hash', hashOn: 'header:X-Account', slowStartMs: 30_000, registration: 'contact' }))
      .toMatchObject({ algorithm: 7, algorithmName: 'value-hash', hashOn: 'header:X-Account', slowStartMs: 30_000, registration: 'contact' });
    expect(await plane.api.patch('/dispatcher-sets/12', { algorithm: 64 })).toMatchObject({ algorithm: 64, algorithmName: 'overload', hashOn: 'header:X-Account' });
    expect((await refusal('PUT', '/dispatcher-sets/12', { algorithm: 'best' }))[0]).toBe(400);
    expect((await refusal('PUT', '/dispatcher-sets/12', { algorithm: 16 }))[0]).toBe(400);
    expect(await plane.api.put('/trunks/carrier', { tenant: 'acme', routeSet: 1, sources: ['192.0.2.1'], strip: 2, prepend: '+49' })).toMatchObject({ strip: 2, prepend: '+49' });
    expect(await plane.api.patch('/trunks/carrier', { strip: 0 })).toMatchObject({ strip: 0, prepend: '+49' });
    expect(await plane.api.patch('/tenants/acme', { policies: { redirects: 'recurse', hideCallId: true } })).toMatchObject({ policies: { redirects: 'recurse', hideCallId: true, media: 'relay' } });
    expect(await plane.api.patch('/settings/global', { methods: 'strict', tls: { minVersion: 'TLSv1.3' }, registration: { perSecond: 100 }, keepAlive: { method: 'options' } })).toMatchObject({
      methods: 'strict', tls: { minVersion: 'TLSv1.3', verifyDestinations: true, ca: '' }, registration: { perSecond: 100, spreadPercent: 0 }, keepAlive: { method: 'options', intervalMs: 30_000 },
    });
    expect(await refusal('PATCH', '/settings/global', { tls: { ca: 'roots' } })).toEqual([400, [['/tls/ca', 'format']]]);
    expect(await plane.api.patch('/settings/global', { media: { rtpengines: [{ address: '192.0.2.9:2223' }, { address: 'media-2.example:2223', weight: 0, enabled: false }], latching: 'strict' } })).toMatchObject({
      methods: 'strict',
      media: { rtpengines: [{ address: '192.0.2.9:2223', weight: 1, enabled: true }, { address: 'media-2.example:2223', weight: 0, enabled: false }], idleMs: 60_000, exhausted: 'refuse', latching: 'strict' },
    });
    expect(await plane.api.patch('/tenants/acme', { policies: { latching: 'loose' } })).toMatchObject({ policies: { latching: 'loose', hideCallId: true } });
    expect(await refusal('PATCH', '/settings/global', { media: { rtpengines: [{ address: '192.0.2.9' }] } })).toEqual([400, [['/media/rtpengines/0/address', 'format']]]);
    expect(await refusal('PATCH', '/settings/global', { media: { rtpengines: [{ address: '192.0.2.9:1' }, { address: '192.0.2.9:1' }] } })).toEqual([400, [['/media/rtpengines/1/address', 'duplicate']]]);
    expect((await refusal('PATCH', '/settings/global', { media: { idleMs: 1 } }))[0]).toBe(400);
  });
});

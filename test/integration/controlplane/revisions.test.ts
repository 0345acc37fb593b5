import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChangeDetail, Change, DispatcherSet, DispatcherSetWritten, Page, Problem } from '../../../controlplane/contract/index.ts';
import { until } from '../../harness/deadline.ts';
import { expectConsistent, hashesOf, readSnapshot } from './consistency.ts';
import type { WholeConfiguration } from './consistency.ts';
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

const snapshot = (): Promise<WholeConfiguration> => readSnapshot(plane.runtime.changes);
const consistent = (): Promise<WholeConfiguration> => expectConsistent(plane.runtime.changes);

describe('the change log', () => {
  it('has no gaps when many write at once, and adds up to what is stored', async () => {
    await plane.api.put('/tenants/t', {});
    await plane.api.put('/dispatcher-sets/1', { tenant: 't', destinations: [{ uri: 'sip:192.0.2.1' }, { uri: 'sip:192.0.2.2' }] });
    await plane.api.put('/route-sets/1', { tenant: 't', rules: [{ match: { type: 'any' }, sets: [1] }, { match: { type: 'prefix', value: '00' }, sets: [1], strip: 2 }] });
    const written = await Promise.all(Array.from({ length: 24 }, (_, n) => plane.api.put(`/domains/d${n % 12}.example`, { tenant: 't', routeSet: 1, comment: `write ${n}` })));
    expect(new Set(written.map((one) => one.rev)).size).toBe(24);
    expect(Math.max(...written.map((one) => one.rev))).toBe(27);
    await consistent();
  });

  it('keeps up over edits, removals, draining and refusals', async () => {
    const set = await plane.api.get<DispatcherSet>('/dispatcher-sets/1');
    await plane.api.patch(`/destinations/${set.destinations[0]?.id ?? 0}`, { admin: 'draining' });
    await plane.api.put('/dispatcher-sets/1', { tenant: 't', destinations: [{ uri: 'sip:192.0.2.2', weight: 7 }, { uri: 'sip:[2001:db8::1]:5070;transport=tcp' }] });
    await plane.api.ask('PUT', '/dispatcher-sets/1', { destinations: [{ uri: 'nonsense' }] });
    await plane.api.delete('/domains/d3.example');
    await plane.api.put('/settings/global', { methods: 'strict' });
    await plane.api.put('/route-sets/1', { tenant: 't', rules: [] });
    await consistent();
  });

  it('records a change of a comment without telling the nodes anything', async () => {
    const before = await plane.api.put<{ rev: number; version: number }>('/domains/d1.example', { tenant: 't', routeSet: 1, comment: 'one' });
    const after = await plane.api.put<{ rev: number; version: number }>('/domains/d1.example', { tenant: 't', routeSet: 1, comment: 'two' });
    expect(after).toMatchObject({ rev: before.rev + 1, version: before.version + 1 });
    expect(await plane.runtime.changes.revisionsAfter(before.rev, 10)).toEqual([expect.objectContaining({ rev: after.rev, ops: [] })]);
    const detail = await plane.api.get<ChangeDetail>(`/changes/${after.rev}`);
    expect(detail.changes).toEqual([{ table: 'domain', key: 'd1.example', before: expect.objectContaining({ comment: 'one' }), after: expect.objectContaining({ comment: 'two' }) }]);
  });

  it('tells who did what, newest first, and finds the revisions of one row', async () => {
    const [newest] = (await plane.api.get<Page<Change>>('/changes?limit=1')).items;
    expect(newest).toMatchObject({ actor: 'token:SIGNALBOX_ADMIN_TOKEN', address: '127.0.0.1', summary: 'Put domain d1.example', ops: 1 });
    expect(newest?.requestId).not.toBe('');
    const ofOne = await plane.api.get<Page<Change>>('/changes?table=domain&key=d3.example');
    expect(ofOne.items[0]?.summary).toBe('Delete domain d3.example');
    expect(ofOne.items.length).toBeGreaterThan(1);
    expect((await plane.api.ask('GET', '/changes/999999')).status).toBe(404);
  });

  it('answers null where it was pruned or never was', async () => {
    const { rev } = await plane.runtime.changes.head();
    expect(await plane.runtime.changes.revisionsAfter(rev, 10)).toEqual([]);
    expect(await plane.runtime.changes.revisionsAfter(rev + 5, 10)).toBeNull();
    expect(await plane.runtime.changes.hashesAt(rev + 5)).toBeNull();
    expect(await plane.runtime.changes.hashesAt(0)).toEqual(hashesOf(new Map()));
  });
});

describe('dry run', () => {
  it('says what would change and stores nothing', async () => {
    const before = await snapshot();
    const answer = await plane.api.put<{ rev: number; dryRun: boolean; changes: { table: string; before: unknown; after: unknown }[] }>(
      '/dispatcher-sets/77?dryRun=1', { destinations: [{ uri: 'sip:192.0.2.77' }] });
    expect(answer).toMatchObject({ rev: before.rev, dryRun: true });
    expect(answer.changes.map((change) => [change.table, change.before])).toEqual([['dispatcherSet', null], ['destination', null]]);
    expect((await plane.api.ask('PUT', '/domains/dry.example?dryRun=1', { tenant: 't', routeSet: 404 })).status).toBe(400);
    expect(await snapshot()).toEqual(before);
    expect((await plane.api.ask('GET', '/dispatcher-sets/77')).status).toBe(404);
  });
});

describe('bulk', () => {
  it('is one revision, in order, each on top of those before', async () => {
    const { rev } = await plane.runtime.changes.head();
    const answer = await plane.api.post<{ rev: number }>('/bulk', { operations: [
      { method: 'PUT', entity: 'tenants', key: 'bulk', body: {} },
      { method: 'PUT', entity: 'dispatcher-sets', key: '500', body: { tenant: 'bulk', destinations: [{ uri: 'sip:192.0.2.50' }] } },
      { method: 'PUT', entity: 'route-sets', key: '500', body: { tenant: 'bulk', rules: [{ match: { type: 'any' }, sets: [500] }] } },
      ...Array.from({ length: 300 }, (_, n) => ({ method: 'PUT', entity: 'domains', key: `bulk-${n}.example`, body: { tenant: 'bulk', routeSet: 500 } })),
      { method: 'PATCH', entity: 'domains', key: 'bulk-7.example', body: { enabled: false } },
      { method: 'DELETE', entity: 'domains', key: 'bulk-8.example' },
    ] });
    expect(answer.rev).toBe(rev + 1);
    expect(await plane.api.get('/domains/bulk-7.example')).toMatchObject({ enabled: false });
    expect((await plane.api.ask('GET', '/domains/bulk-8.example')).status).toBe(404);
    await consistent();
  });

  it('is all or nothing, and says for each operation what is wrong', async () => {
    const before = await snapshot();
    const answer = await plane.api.ask('POST', '/bulk', { operations: [
      { method: 'PUT', entity: 'tenants', key: 'half', body: {} },
      { method: 'PUT', entity: 'domains', key: 'half.example', body: { tenant: 'nobody', routeSet: 500, foo: 1 } },
      { method: 'PUT', entity: 'route-sets', key: 'x', body: {} },
      { method: 'DELETE', entity: 'trunks', key: 'absent' },
      { method: 'DELETE', entity: 'destinations', key: '1' },
    ] });
    expect(answer.status).toBe(400);
    expect((answer.body as Problem).errors?.map((error) => [error.pointer, error.code])).toEqual([
      ['/operations/1/body/foo', 'unknown-field'], ['/operations/2/key', 'type'], ['/operations/3/key', 'not-found'], ['/operations/4/method', 'not-allowed'],
    ]);
    expect(await snapshot()).toEqual(before);
  });

  it('lets rows exchange external ids and take over one that goes', async () => {
    const put = (key: string, externalId: string | null): object => ({ method: 'PUT', entity: 'domains', key, body: { tenant: 'bulk', routeSet: 500, externalId } });
    await plane.api.post('/bulk', { operations: [put('x.example', 'X'), put('y.example', 'Y'), put('z.example', 'Z')] });
    await plane.api.post('/bulk', { operations: [put('x.example', 'Y'), put('y.example', 'X'), { method: 'DELETE', entity: 'domains', key: 'z.example' }, put('w.example', 'Z')] });
    const { items } = await plane.api.get<Page<{ name: string; externalId: string; version: number }>>('/domains?tenant=bulk&q=.example&limit=500');
    expect(items.filter((one) => one.externalId !== null).map((one) => [one.name, one.externalId, one.version])).toEqual([['w.example', 'Z', 1], ['x.example', 'Y', 2], ['y.example', 'X', 2]]);
    await consistent();
    await plane.api.post('/bulk', { operations: ['w', 'x', 'y'].map((name) => ({ method: 'DELETE', entity: 'domains', key: `${name}.example` })) });
  });

  it('deletes a tenant together with all that is its own', async () => {
    await plane.api.post('/bulk', { operations: [
      ...Array.from({ length: 300 }, (_, n) => n).filter((n) => n !== 8).map((n) => ({ method: 'DELETE', entity: 'domains', key: `bulk-${n}.example` })),
      { method: 'DELETE', entity: 'dispatcher-sets', key: '500' },
      { method: 'DELETE', entity: 'tenants', key: 'bulk' },
      { method: 'DELETE', entity: 'route-sets', key: '500' },
    ] });
    expect((await plane.api.ask('GET', '/tenants/bulk')).status).toBe(404);
    await consistent();
  });
});

describe('rollback', () => {
  it('brings everything back as it was, ids included, as a new revision', async () => {
    await plane.api.put('/dispatcher-sets/600', { name: 'before', comment: 'old words', destinations: [{ uri: 'sip:192.0.2.60', comment: 'a' }, { uri: 'sip:192.0.2.61' }] });
    await plane.api.put('/route-sets/600', { rules: [{ match: { type: 'any' }, sets: [600] }] });
    const kept = await plane.api.put<{ rev: number }>('/tenants/returning', { externalId: 'R-1' });
    const wanted = await snapshot();
    const shown = await plane.api.get<DispatcherSet>('/dispatcher-sets/600');

    await plane.api.delete('/route-sets/600');
    await plane.api.delete('/dispatcher-sets/600');
    await plane.api.delete('/tenants/returning');
    await plane.api.put('/tenants/returning', { name: 'another of the same key', externalId: 'R-1' });
    await plane.api.put<DispatcherSetWritten>('/dispatcher-sets/600', { destinations: [{ uri: 'sip:192.0.2.99' }] });
    await plane.api.put('/tenants/late', {});
    const dry = await plane.api.ask('POST', `/changes/${kept.rev}/rollback?dryRun=1`);
    expect(dry).toMatchObject({ status: 200, body: { dryRun: true } });

    const { rev } = await plane.runtime.changes.head();
    expect(await plane.api.post(`/changes/${kept.rev}/rollback`)).toEqual({ rev: rev + 1 });
    const now = await snapshot();
    expect({ rows: Object.fromEntries(now.rows), hashes: now.hashes, rev: now.rev }).toEqual({ rows: Object.fromEntries(wanted.rows), hashes: wanted.hashes, rev: rev + 1 });
    const back = await plane.api.get<DispatcherSet>('/dispatcher-sets/600');
    expect(back.comment).toBe('old words');
    expect(back.destinations.map(({ id, uri, comment }) => ({ id, uri, comment }))).toEqual(shown.destinations.map(({ id, uri, comment }) => ({ id, uri, comment })));
    await consistent();
  });

  it('refuses a revision that is yet to come', async () => {
    expect(await plane.api.ask('POST', '/changes/999999/rollback')).toMatchObject({ status: 404 });
  });
});

describe('wake-ups', () => {
  it('reach whoever follows the head, for writes of this and of any other connection', async () => {
    let woken = 0;
    const stop = plane.runtime.changes.onWake(() => {
      woken += 1;
    });
    await plane.api.put('/tenants/waking', {});
    await until('a wake-up of our own write', 5_000, () => woken > 0);
    woken = 0;
    await plane.runtime.database.prisma.$queryRaw`SELECT pg_notify('signalbox_config', '')::text`;
    await until('a wake-up by notification', 5_000, () => woken > 0);
    stop();
  });

  it('a lost notification is made up for by the poll', async () => {
    let woken = 0;
    const stop = plane.runtime.changes.onWake(() => {
      woken += 1;
    });
    await plane.runtime.database.prisma.configHead.update({ where: { id: 1 }, data: { rev: { increment: 1 } } });
    await until('a wake-up by the poll', 10_000, () => woken > 0);
    await plane.runtime.database.prisma.configHead.update({ where: { id: 1 }, data: { rev: { decrement: 1 } } });
    stop();
  });
});

describe('pruning', () => {
  it('of the log makes the source say so, and rollbacks beyond it refuse', async () => {
    const { rev } = await plane.runtime.changes.head();
    await plane.runtime.database.prisma.configRevision.deleteMany({ where: { rev: { lte: rev - 2 } } });
    expect(await plane.runtime.changes.revisionsAfter(rev - 3, 10)).toBeNull();
    expect(await plane.runtime.changes.hashesAt(rev - 3)).toBeNull();
    expect((await plane.runtime.changes.revisionsAfter(rev - 2, 10))?.map((one) => one.rev)).toEqual([rev - 1, rev]);
    expect(await plane.api.ask('POST', `/changes/${rev - 4}/rollback`)).toMatchObject({ status: 410, body: { code: 'gone' } });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImportReport, NumberItem, Page, Problem } from '../../../controlplane/contract/index.ts';
import { Api } from '../../harness/api.ts';
import { expectConsistent } from '../controlplane/consistency.ts';
import { startControlPlane, startDeadlineMs, testDatabase } from '../controlplane/server.ts';
import type { TestControlPlane, TestDatabase } from '../controlplane/server.ts';

let database: TestDatabase;
let plane: TestControlPlane;
beforeAll(async () => {
  database = await testDatabase();
  plane = await startControlPlane(database);
  for (const key of ['acme', 'other']) await plane.api.put(`/tenants/${key}`, {});
  await plane.api.put('/route-sets/1', { tenant: 'acme' });
  await plane.api.put('/route-sets/2', {});
}, startDeadlineMs);
afterAll(async () => {
  await expectConsistent(plane.runtime.changes);
  await plane.close();
  await database.dispose();
});

async function send(query: string, text: string): Promise<{ status: number; report: ImportReport; errors: string[][] }> {
  // Imports are paced by principal: each comes with a token of its own.
  const { token } = await plane.api.post<{ token: string }>('/tokens', { name: 'import', role: 'operator' });
  const answer = await new Api(plane.base, token).ask('POST', `/import/numbers${query}`, text, { 'content-type': 'text/csv' });
  return { status: answer.status, report: answer.body as ImportReport, errors: ((answer.body as Problem).errors ?? []).map(({ pointer, code }) => [pointer, code]) };
}

describe('a list of called numbers', () => {
  it('is reported by a dry run, imported as one revision, and changes nothing the second time', async () => {
    const text = 'pattern,comment\n+4930123,"main, day"\n+4930124*,\n';
    const dry = await send('?tenant=acme&routeSet=1&dryRun=1', text);
    expect(dry.report).toMatchObject({ format: 'numbers-csv', dryRun: true, rev: null, counts: { creates: 2, updates: 0, unchanged: 0 } });
    expect((await plane.api.get<Page<NumberItem>>('/numbers')).items).toEqual([]);
    const { report } = await send('?tenant=acme&routeSet=1', text);
    expect(report).toMatchObject({ counts: { creates: 2 }, creates: [{ entity: 'number', key: '+4930123' }, { entity: 'number', key: '+4930124*' }] });
    expect(await plane.api.get(`/changes/${report.rev ?? 0}`)).toMatchObject({ summary: 'Import called numbers', ops: 2 });
    expect((await send('?tenant=acme&routeSet=1', text)).report).toMatchObject({ rev: null, counts: { unchanged: 2 } });
  });

  it('leaves alone what it does not say', async () => {
    await plane.api.patch('/numbers/+4930123', { enabled: false, externalId: 'x1' });
    const { report } = await send('', 'RouteSet,Tenant,Pattern\n2,acme,+4930123\n2,other,+1*\n');
    expect(report.counts).toEqual({ creates: 1, updates: 1, unchanged: 0 });
    expect(await plane.api.get('/numbers/+4930123')).toMatchObject({ routeSet: 2, enabled: false, externalId: 'x1', comment: 'main, day' });
    expect((await plane.api.get<Page<NumberItem>>('/numbers')).items).toHaveLength(3);
  });

  it('without a line of names is read in order', async () => {
    expect((await send('', '5001,acme,1,no,desk,e5\n')).report.counts.creates).toBe(1);
    expect(await plane.api.get('/numbers/5001')).toMatchObject({ tenant: 'acme', routeSet: 1, enabled: false, comment: 'desk', externalId: 'e5' });
  });

  it('is refused whole, with line and column', async () => {
    const rev = (await plane.api.get<Page<{ rev: number }>>('/changes')).items[0]?.rev;
    expect(await send('', 'pattern,tenant,routeSet,enabled\nabc,acme,1,\n+49,,1,\n+50,acme,x,\n+51,acme,1,perhaps\n')).toMatchObject({
      status: 400, errors: [['2:1', 'format'], ['3:2', 'required'], ['4:3', 'format'], ['5:4', 'not-allowed']],
    });
    expect((await send('?tenant=acme&routeSet=1', '+60\n+61\n+60\n')).errors).toEqual([['3:1', 'duplicate']]);
    expect((await send('?tenant=nobody&routeSet=1', '+60\n')).errors).toEqual([['1:0/tenant', 'not-found']]);
    expect((await send('?tenant=other&routeSet=1', '+60\n+61\n')).errors).toEqual([['1:0/routeSet', 'mismatch'], ['2:0/routeSet', 'mismatch']]);
    expect((await plane.api.ask('POST', '/import/numbers', '{}', { 'content-type': 'application/json' })).status).toBe(415);
    expect((await plane.api.get<Page<{ rev: number }>>('/changes')).items[0]?.rev).toBe(rev);
  });

  it('of ten thousand goes as one revision', async () => {
    const text = Array.from({ length: 10_000 }, (_, i) => `+4999${String(i).padStart(5, '0')}`).join('\n');
    expect((await send('?tenant=acme&routeSet=1', text)).report).toMatchObject({ counts: { creates: 10_000 } });
  }, startDeadlineMs);
});

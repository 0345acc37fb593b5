import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page, Problem, Rate, RateTable, RateTableWritten } from '../../../controlplane/contract/index.ts';
import { channel } from '../../../dataplane/contract/wire.ts';
import { expectConsistent, hashesOf, readSnapshot } from './consistency.ts';
import { startControlPlane, startDeadlineMs, testDatabase } from './server.ts';
import type { TestControlPlane, TestDatabase } from './server.ts';

let database: TestDatabase;
let plane: TestControlPlane;
beforeAll(async () => {
  database = await testDatabase();
  plane = await startControlPlane(database);
  await plane.api.put('/tenants/acme', {});
  await plane.api.put('/tenants/other', {});
  for (const set of [10, 11]) await plane.api.put(`/dispatcher-sets/${set}`, {});
  await plane.api.put('/dispatcher-sets/20', { tenant: 'acme' });
}, startDeadlineMs);
afterAll(async () => {
  await plane.close();
  await database.dispose();
});

const csv = { 'content-type': 'text/csv' };
const putList = async (path: string, text: string) => {
  const answer = await plane.api.ask('PUT', `/rate-tables/${path}`, text, csv);
  return { status: answer.status, etag: answer.headers.get('etag'), written: answer.body as RateTableWritten, problem: answer.body as Problem };
};
const ratesOf = async (number: number): Promise<Rate[]> => (await plane.api.get<Page<Rate>>(`/rate-tables/${number}?limit=500`)).items;
const refusals = ({ errors = [] }: Problem) => errors.map(({ pointer, code }) => [pointer, code]);

describe('a price list', () => {
  it('replaces its table as one revision, and once more without a change', async () => {
    const first = await putList('7', '49,10,0.02\n4930,10,0.01\n4930,11,0.0123\n+1,11,1\n');
    expect(first).toMatchObject({ status: 201, written: { number: 7, rows: 4, counts: { creates: 4, updates: 0, removes: 0, unchanged: 0 } } });
    const second = await putList('7', 'Set,Carrier,Prefix,Price\r\n10,"A, B",49,0.02\r\n11,C,4930,0.5\r\n10,,44,3\r\n');
    expect(second).toMatchObject({ status: 200, written: { rows: 3, rev: first.written.rev + 1, counts: { creates: 1, updates: 1, removes: 2, unchanged: 1 } } });
    expect(await ratesOf(7)).toEqual([{ prefix: '44', set: 10, price: 3 }, { prefix: '49', set: 10, price: 0.02 }, { prefix: '4930', set: 11, price: 0.5 }]);
    const again = await putList('7', '49,10,0.02\n4930,11,0.5\n44,10,3\n');
    expect(again.written).toMatchObject({ rev: second.written.rev, counts: { creates: 0, updates: 0, removes: 0, unchanged: 3 } });
    expect(again.etag).toBe(second.etag);
    expect((await plane.api.get<{ ops: number }>(`/changes/${second.written.rev}`)).ops).toBe(4);
    await expectConsistent(plane.runtime.changes);
  });

  it('is read in pages, by prefix and by set; tables with their counts', async () => {
    await putList('8', Array.from({ length: 25 }, (_, i) => `${i + 10},${10 + (i % 2)},0.1`).join('\n'));
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Page<Rate> = await plane.api.get(`/rate-tables/8?limit=10${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.items.map(({ prefix }) => prefix));
      cursor = page.next;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => String(i + 10)));
    expect((await plane.api.get<Page<Rate>>('/rate-tables/8?prefix=1&set=11')).items.map(({ prefix }) => prefix)).toEqual(['11', '13', '15', '17', '19']);
    expect((await plane.api.get<Page<RateTable>>('/rate-tables')).items).toMatchObject([{ number: 7, rows: 3 }, { number: 8, rows: 25 }]);
    expect((await plane.api.ask('GET', '/rate-tables/9')).status).toBe(404);
    expect((await plane.api.ask('GET', '/rate-tables/8?cursor=bm8')).status).toBe(400);
  });

  it('shows on a dry run what would change, and changes nothing', async () => {
    const dry = await putList('7?dryRun=1', '49,10,0.03\n');
    expect(dry.written).toMatchObject({ dryRun: true, counts: { creates: 0, updates: 1, removes: 2, unchanged: 0 } });
    expect(dry.written.changes).toEqual([
      { table: 'rate', key: '7/44/10', before: { table: 7, prefix: '44', set: 10, price: 3_000_000 }, after: null },
      { table: 'rate', key: '7/49/10', before: { table: 7, prefix: '49', set: 10, price: 20_000 }, after: { table: 7, prefix: '49', set: 10, price: 30_000 } },
      { table: 'rate', key: '7/4930/11', before: { table: 7, prefix: '4930', set: 11, price: 500_000 }, after: null },
    ]);
    expect(await ratesOf(7)).toHaveLength(3);
  });

  it('is refused with line and column', async () => {
    expect(refusals((await putList('7', 'prefix,set,price\n49,10,0.1\nx49,10,0.1\n49,pbx,0.1\n50,10,0.1234567\n51,10,-1\n')).problem)).toEqual([['3:1', 'format'], ['4:2', 'type'], ['5:3', 'format'], ['6:3', 'format']]);
    expect(refusals((await putList('7', '49,10,1\n50,10,1\n49,10,2\n')).problem)).toEqual([['3:0', 'duplicate']]);
    expect(refusals((await putList('7', '49,10,1\n50,99,1\n')).problem)).toEqual([['2:2', 'not-found']]);
    expect(refusals((await putList('7', 'prefix,price\n49,1\n')).problem)).toEqual([['1:0', 'required']]);
    expect(refusals((await putList('7', '49,10,"1\n50,10,1\n')).problem)).toMatchObject([[expect.stringMatching(/:0$/), 'format']]);
    expect(refusals((await putList('7', '\n')).problem)).toEqual([['0:0', 'too-short']]);
    expect((await plane.api.ask('PUT', '/rate-tables/7', '{}', { 'content-type': 'application/json' })).status).toBe(415);
    expect((await plane.api.ask('PUT', '/rate-tables/7', '49,10,1', { ...csv, 'if-match': '"99"' })).status).toBe(412);
    expect((await plane.api.ask('PUT', '/rate-tables/0', '49,10,1', csv)).status).toBe(400);
    expect(await ratesOf(7)).toHaveLength(3);
  });

  it('is edited line by line, too', async () => {
    expect(await plane.api.put('/rate-tables/7/4420/11', { price: 0.75 })).toMatchObject({ prefix: '4420', set: 11, price: 0.75 });
    expect(await plane.api.put('/rate-tables/7/4420/11', { price: 0.5 })).toMatchObject({ price: 0.5 });
    await plane.api.delete('/rate-tables/7/44/10');
    expect((await ratesOf(7)).map(({ prefix }) => prefix)).toEqual(['4420', '49', '4930']);
    expect((await plane.api.ask('DELETE', '/rate-tables/7/44/10')).status).toBe(404);
    expect(refusals((await plane.api.ask('PUT', '/rate-tables/7/abc/11', { price: 1 })).body as Problem)).toEqual([['/prefix', 'format']]);
    expect(refusals((await plane.api.ask('PUT', '/rate-tables/7/49/99', { price: 1 })).body as Problem)).toEqual([['', 'not-found']]);
    expect((await plane.api.get<Page<RateTable>>('/rate-tables')).items[0]).toMatchObject({ number: 7, rows: 3 });
    await expectConsistent(plane.runtime.changes);
  });
});

describe('what refers to a rate table', () => {
  it('must find one, of sets that its tenant may use', async () => {
    const rules = (rates: number) => ({ tenant: 'other', rules: [{ match: { type: 'any' }, rates }] });
    expect(refusals((await plane.api.ask('PUT', '/route-sets/1', rules(99))).body as Problem)).toEqual([['/rules/0/rates', 'not-found']]);
    await plane.api.put('/route-sets/1', rules(7));
    expect(refusals((await putList('7', '49,10,1\n50,20,1\n')).problem)).toEqual([['2:2', 'mismatch']]);
    await putList('9', '50,20,1\n');
    expect(refusals((await plane.api.ask('PUT', '/route-sets/1', rules(9))).body as Problem)).toEqual([['/rules/0/rates', 'mismatch']]);
    expect((await plane.api.ask('PATCH', '/dispatcher-sets/10', { tenant: 'acme' })).body).toMatchObject({ code: 'in-use', references: [{ entity: 'route-set', key: '1' }] });
  });

  it('holds it, as it holds its sets', async () => {
    expect((await plane.api.ask('DELETE', '/rate-tables/7')).body).toMatchObject({ code: 'in-use', references: [{ entity: 'route-set', key: '1' }] });
    expect((await plane.api.ask('DELETE', '/dispatcher-sets/20')).body).toMatchObject({ code: 'in-use', references: [{ entity: 'rate-table', key: '9' }] });
    await plane.api.delete('/route-sets/1');
    await plane.api.delete('/rate-tables/9');
    await plane.api.delete('/dispatcher-sets/20');
    expect((await plane.api.ask('DELETE', '/rate-tables/9')).status).toBe(404);
    await expectConsistent(plane.runtime.changes);
  });
});

describe('a long price list', () => {
  it('goes to the nodes as a snapshot, comes back by a rollback, and leaves the log consistent', async () => {
    const lines = channel.deltaRows + 10_000;
    const before = await readSnapshot(plane.runtime.changes);
    const { written } = await putList('5', Array.from({ length: lines }, (_, i) => `${4_900_000 + i},${10 + (i % 2)},0.0${(i % 9) + 1}`).join('\n'));
    expect(written).toMatchObject({ rows: lines, counts: { creates: lines } });
    // The step itself is too long for a delta: nobody is to read it from the log.
    expect(await plane.runtime.changes.revisionsAfter(before.rev, 10)).toBeNull();
    expect((await plane.runtime.changes.revisionsAfter(before.rev - 1, 10))?.map(({ rev }) => rev)).toEqual([before.rev]);
    const full = await readSnapshot(plane.runtime.changes);
    expect(full.rows.size).toBe(before.rows.size + lines);
    expect(full.hashes).toEqual(hashesOf(full.rows));
    await plane.runtime.live.mirror.settled();
    expect(plane.runtime.live.mirror.view.counts.rate).toBe(full.rows.size - [...full.rows.keys()].filter((key) => !key.startsWith('rate ')).length);
    await plane.api.post(`/changes/${before.rev}/rollback`);
    const after = await readSnapshot(plane.runtime.changes);
    expect(after.hashes).toEqual(before.hashes);
    expect((await plane.api.ask('GET', '/rate-tables/5')).status).toBe(404);
  }, startDeadlineMs);
});

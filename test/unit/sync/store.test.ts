import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WireRow } from '../../../dataplane/contract/wire.ts';
import { readLastKnownGood } from '../../../dataplane/sync/last-known-good.ts';
import { Replica } from '../../../dataplane/sync/replica.ts';
import { LastKnownGoodStore } from '../../../dataplane/sync/store.ts';
import { applied, domainRow, routeSetRow, tenantRow } from './batch.ts';

let folder: string;
let warnings: string[];
let store: LastKnownGoodStore;
let replica: Replica;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'signalbox-store-'));
  warnings = [];
  store = new LastKnownGoodStore(folder, (text) => { warnings.push(text); });
  replica = applied(Replica.empty, 'snapshot', [tenantRow(1), routeSetRow(1)]).replica;
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

function change(...rows: WireRow[]): void {
  const from = replica.rev;
  ({ replica } = applied(replica, 'delta', rows));
  store.save(replica, { from, rows });
}

const log = (): Promise<string> => readFile(path.join(folder, 'config.log'), 'utf8');
const lines = async (): Promise<number> => (await log()).split('\n').length - 1;

describe('the last-known-good store', () => {
  it('writes a snapshot first, then a line for each delta', async () => {
    store.save(replica, null);
    await store.flush();
    for (let i = 0; i < 5; i++) change(domainRow(`d${i}.example`));
    await store.flush();
    expect(await lines()).toBe(6);
    const known = await readLastKnownGood(folder, 0);
    expect(known.warnings).toEqual([]);
    expect(known.replica.position).toEqual(replica.position);
    expect(known.ops.map((op) => op.table)).toEqual(['tenant', 'routeSet', 'domain', 'domain', 'domain', 'domain', 'domain']);
  });

  it('covers with one snapshot what was applied while it was waiting', async () => {
    store.save(replica, null);
    for (let i = 0; i < 5; i++) change(domainRow(`d${i}.example`));
    await store.flush();
    expect(await lines()).toBe(1);
    expect((await readLastKnownGood(folder, 0)).replica.rev).toBe(6);
  });

  it('begins with a snapshot when the first thing it sees is a delta, and when a delta does not follow', async () => {
    change(domainRow('a.example'));
    await store.flush();
    expect(await lines()).toBe(1);
    replica = applied(replica, 'delta', [domainRow('b.example')]).replica;
    change(domainRow('c.example'));
    await store.flush();
    expect(await lines()).toBe(1);
    expect((await readLastKnownGood(folder, 0)).replica.position).toEqual(replica.position);
  });

  it('folds a long log into a new snapshot and keeps the older generation', async () => {
    store.save(replica, null);
    await store.flush();
    const comment = 'x'.repeat(60_000);
    for (let i = 0; i < 75; i++) {
      change(['domain', 'long.example', JSON.stringify({ comment, i })]);
      await store.flush();
    }
    expect(await lines()).toBeLessThan(20);
    expect((await readdir(folder)).sort()).toEqual(['config.log', 'config.log.1', 'config.snap', 'config.snap.1']);
    expect((await readLastKnownGood(folder, 0)).replica.rev).toBe(76);
  });

  it('writes backwards too: a snapshot of a restored database', async () => {
    store.save(applied(replica, 'delta', [domainRow('a.example')]).replica, null);
    await store.flush();
    store.save(replica, null);
    await store.flush();
    expect((await readLastKnownGood(folder, 0)).replica.rev).toBe(1);
  });

  it('warns when it cannot write, and recovers with a snapshot', async () => {
    store.save(replica, null);
    await store.flush();
    await rm(folder, { recursive: true });
    const blocked = new LastKnownGoodStore(path.join(folder, 'x\0y'), (text) => { warnings.push(text); });
    blocked.save(replica, null);
    await blocked.close();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('could not be written');
    // The folder is back; a log line alone would be worthless.
    store.save(replica, null);
    await store.flush();
    expect((await readLastKnownGood(folder, 0)).replica.rev).toBe(1);
  });
});

describe('a crash between two steps of writing', () => {
  it.each([
    ['after the log was moved', ['config.log']],
    ['after the snapshot was moved as well', ['config.log', 'config.snap']],
  ])('%s loses nothing', async (_what, moved) => {
    store.save(replica, null);
    await store.flush();
    change(domainRow('a.example'));
    await store.close();
    const { rename } = await import('node:fs/promises');
    for (const name of moved) await rename(path.join(folder, name), path.join(folder, `${name}.1`));
    const known = await readLastKnownGood(folder, 0);
    expect(known.replica.rev).toBe(2);
    expect(known.warnings).toEqual([]);
  });
});

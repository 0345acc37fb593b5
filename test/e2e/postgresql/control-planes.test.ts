/** Several control planes over one PostgreSQL, and a PostgreSQL that goes away and comes back. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../controlplane/db/database.ts';
import { DatabaseChangeSource } from '../../../controlplane/config/change-source.ts';
import { Api } from '../../harness/api.ts';
import { until } from '../../harness/deadline.ts';
import { freePort } from '../../harness/ports.ts';
import { PostgresServer } from '../../harness/postgres.ts';
import { projectRoot, TestProcess } from '../../harness/process.ts';

const adminToken = 'postgresql-suite-owner-token';
let server: PostgresServer;
let started: TestProcess[] = [];
beforeAll(async () => {
  server = await PostgresServer.create();
}, 60_000);
afterAll(() => server.remove());
afterEach(async () => {
  await Promise.all(started.map((plane) => plane.stop()));
  started = [];
});

interface Plane { readonly process: TestProcess; readonly base: string; readonly api: Api }

async function launch(databaseUrl: string): Promise<Plane> {
  const http = `127.0.0.1:${await freePort()}`;
  const process = TestProcess.node('control plane', 'controlplane/main.ts', [], {
    env: { SIGNALBOX_HTTP: http, SIGNALBOX_DATA: mkdtempSync(join(tmpdir(), 'signalbox-pg-')), DATABASE_URL: databaseUrl, SIGNALBOX_ADMIN_TOKEN: adminToken, SIGNALBOX_LOG: 'info' },
  });
  started.push(process);
  return { process, base: `http://${http}`, api: new Api(`http://${http}`, adminToken) };
}

describe('two control planes that start at once on an empty database', () => {
  it('migrate it once, share one history and tell each other of writes', async () => {
    const databaseUrl = await server.createDatabase();
    const [one, other] = await Promise.all([launch(databaseUrl), launch(databaseUrl)]);
    await Promise.all([one, other].map((plane) => plane.process.ready(`${plane.base}/healthz`, 60_000)));

    const name = new URL(databaseUrl).pathname.slice(1);
    const applied = await server.run(name, 'SELECT migration_name, checksum, finished_at IS NOT NULL AS finished, applied_steps_count FROM "_prisma_migrations" ORDER BY migration_name');
    expect(new Set(applied.map((row) => row['migration_name'])).size).toBe(applied.length);
    expect(applied.every((row) => row['finished'] === true && row['applied_steps_count'] === 1 && /^[0-9a-f]{64}$/.test(String(row['checksum'])))).toBe(true);

    const written = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? one : other).api.put(`/tenants/shared-${n}`, {})));
    expect(written.map((answer) => answer.rev).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    await until('the other one shows the head', 5_000, async () => (await other.api.get<{ head: { rev: number } }>('/overview')).head.rev === 20);
  }, 90_000);
});

describe('a database that goes away', () => {
  it('costs 503 while it is gone and nothing afterwards', async () => {
    const plane = await launch(await server.createDatabase());
    await plane.process.ready(`${plane.base}/healthz`, 60_000);
    const { rev } = await plane.api.put('/tenants/kept', {});
    await server.stop();
    await until('healthz says so', 15_000, async () => (await fetch(`${plane.base}/healthz`)).status === 503);
    const refused = await plane.api.ask('PUT', '/tenants/lost', {});
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(JSON.stringify(refused.body)).not.toContain('127.0.0.1:');
    expect(plane.process.running).toBe(true);
    await server.start();
    await until('healthz is well again', 20_000, async () => (await fetch(`${plane.base}/healthz`)).status === 200);
    expect(await plane.api.put('/tenants/after', {})).toMatchObject({ rev: rev + 1 });
    expect((await plane.api.ask('GET', '/tenants/kept')).status).toBe(200);
  }, 90_000);

  it('wakes followers again once the listening connection is back', async () => {
    const quiet = { info: () => undefined, warn: () => undefined };
    const database = await openDatabase({ databaseUrl: await server.createDatabase(), dataDir: tmpdir(), migrationsDir: `${projectRoot}prisma/migrations` }, quiet);
    const changes = new DatabaseChangeSource({ database, warn: () => undefined });
    await changes.start();
    let woken = 0;
    changes.onWake(() => {
      woken += 1;
    });
    await server.stop();
    await server.start();
    await until('a wake-up after the reconnect', 20_000, () => woken > 0);
    await changes.close();
    await database.close();
  }, 90_000);
});

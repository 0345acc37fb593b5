/** PostgreSQL that dies, stands still or refuses writes while clients write: 503 with a sentence, then on as if nothing had been. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Api } from '../../harness/api.ts';
import { until } from '../../harness/deadline.ts';
import { freePort } from '../../harness/ports.ts';
import { PostgresServer } from '../../harness/postgres.ts';
import { TestProcess } from '../../harness/process.ts';

const adminToken = 'outage-suite-owner-token';
let server: PostgresServer;
let plane: TestProcess | null = null;
beforeAll(async () => {
  server = await PostgresServer.create();
}, 60_000);
afterAll(() => server.remove());
afterEach(async () => {
  await plane?.stop();
  plane = null;
});

async function launch(databaseUrl: string): Promise<Api> {
  const http = `127.0.0.1:${await freePort()}`;
  plane = TestProcess.node('control plane', 'controlplane/main.ts', [], {
    env: { SIGNALBOX_HTTP: http, SIGNALBOX_DATA: mkdtempSync(join(tmpdir(), 'signalbox-outage-')), DATABASE_URL: databaseUrl, SIGNALBOX_ADMIN_TOKEN: adminToken },
  });
  await plane.ready(`http://${http}/healthz`, 60_000);
  return new Api(`http://${http}`, adminToken);
}

describe('under writes', () => {
  it('a restart of the server costs 503 answers only: no 500, no lost write, no gap', async () => {
    const api = await launch(await server.createDatabase());
    const acknowledged = new Map<string, number>();
    const other = new Map<string, unknown>();
    let done = false;
    const writers = Array.from({ length: 6 }, async (_unused, writer) => {
      for (let n = 0; !done; n += 1) {
        const answer = await api.ask('PUT', `/tenants/w${writer}-${n}`, {});
        if (answer.status === 201) acknowledged.set(`w${writer}-${n}`, (answer.body as { rev: number }).rev);
        else if (answer.status !== 503) other.set(`w${writer}-${n}`, answer.body);
      }
    });
    await until('writes are acknowledged', 20_000, () => acknowledged.size > 30);
    await server.stop();
    const before = acknowledged.size;
    await server.start();
    await until('writes are acknowledged again', 20_000, () => acknowledged.size > before + 30);
    done = true;
    await Promise.all(writers);
    expect(Object.fromEntries(other), plane?.tail(2_000).split('\n').filter((line) => line.includes('"level":50')).join('\n')).toEqual({});
    for (const key of acknowledged.keys()) expect((await api.ask('GET', `/tenants/${key}`)).status).toBe(200);
    const revs: number[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { items: { rev: number }[]; next: string | null } = await api.get(`/changes?limit=500${cursor === '' ? '' : `&cursor=${cursor}`}`);
      revs.push(...page.items.map((change) => change.rev));
      cursor = page.next;
    }
    expect(revs).toEqual(Array.from({ length: revs.length }, (_unused, index) => revs.length - index));
  }, 90_000);

  it('a server that takes reads only (a standby after a failover) is 503, not 500', async () => {
    const databaseUrl = await server.createDatabase();
    const api = await launch(databaseUrl);
    await api.put('/tenants/kept', {});
    const name = new URL(databaseUrl).pathname.slice(1);
    await server.run(name, `ALTER DATABASE "${name}" SET default_transaction_read_only = on`);
    await server.run(name, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND pid <> pg_backend_pid()`);
    await until('a write is refused', 15_000, async () => {
      const answer = await api.ask('PUT', '/tenants/refused', {});
      expect([201, 503]).toContain(answer.status);
      return answer.status === 503 && (await api.ask('GET', '/tenants/kept')).status === 200;
    });
    expect(await api.ask('PUT', '/tenants/refused', {})).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  }, 90_000);
});

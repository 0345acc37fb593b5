import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClusterKeys } from '../../../controlplane/auth/cluster-keys.ts';
import type { CertificatesResealed, ClusterKeyItem } from '../../../controlplane/contract/index.ts';
import { createClusterKeyStore } from '../../../controlplane/db/repositories/cluster-key-store.ts';
import { openSecret } from '../../../dataplane/contract/sealed.ts';
import type { ClusterKey } from '../../../dataplane/contract/wire.ts';
import { createSyncClient } from '../../../dataplane/sync/client.ts';
import type { SyncClient } from '../../../dataplane/sync/ports.ts';
import { issue } from '../../harness/certificate-authority.ts';
import { until } from '../../harness/deadline.ts';
import { readSnapshot } from './consistency.ts';
import { startControlPlane, startDeadlineMs, testDatabase } from './server.ts';
import type { TestControlPlane, TestDatabase } from './server.ts';

const minute = 60_000;
const sharedDatabases: readonly string[] = process.env['SIGNALBOX_TEST_DATABASE'] === 'postgres' ? ['PostgreSQL'] : [];
const list = (plane: TestControlPlane): Promise<ClusterKeyItem[]> => plane.api.get<ClusterKeyItem[]>('/cluster-keys');
const ids = (keys: readonly { readonly id: number }[] | undefined): string => (keys ?? []).map(({ id }) => id).join(' ');

/** Lets the key that was added last sign from now on: the minute has passed. */
async function passLead(plane: TestControlPlane): Promise<void> {
  await plane.runtime.database.prisma.$executeRaw`UPDATE cluster_key SET signs_from = now() - ((SELECT max(id) FROM cluster_key) - id) * interval '1 second'`;
  await plane.runtime.gateway.refreshKeys();
}

/** A node's push client that keeps what it is sent. */
class Node {
  readonly got: (readonly ClusterKey[])[] = [];
  readonly client: SyncClient;
  readonly folder: string;

  private constructor(base: string, folder: string, joinToken: string) {
    this.folder = folder;
    this.client = createSyncClient({
      urls: [`${base.replace('http', 'ws')}/sync/v1`], folder, nodeName: 'ams-1', version: '0.0.0', nodeToken: undefined, joinToken, capabilities: [],
      listener: { commit: () => Promise.resolve() }, onCommand: () => Promise.resolve(null), onClusterKeys: (keys) => { this.got.push(keys); }, onState: () => {}, log: () => {},
    });
  }

  /** With the last-known-good start of a node that has been here before. */
  static async start(plane: TestControlPlane, folder: string, connect = true): Promise<Node> {
    const { token } = await plane.api.post<{ token: string }>('/nodes/join-tokens', {});
    const node = new Node(plane.base, folder, token);
    await node.client.loadLastKnownGood();
    if (connect) node.client.start();
    return node;
  }

  async has(keys: string): Promise<void> {
    await until(`the node to have the keys ${keys}, not ${ids(this.got.at(-1))}`, 20_000, () => Promise.resolve(ids(this.got.at(-1)) === keys));
  }
}

let database: TestDatabase;
let plane: TestControlPlane;
const folders: string[] = [];
const acme = issue({ subject: 'sip.acme.example', extensions: ['subjectAltName=DNS:sip.acme.example'] });
const other = issue({ subject: 'sip.other.example', extensions: ['subjectAltName=DNS:sip.other.example'] });

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'signalbox-keys-'));
  folders.push(made);
  return made;
}

beforeAll(async () => {
  database = await testDatabase();
  plane = await startControlPlane(database);
}, startDeadlineMs);
afterAll(async () => {
  await plane.close();
  await database.dispose();
  for (const made of folders) await rm(made, { recursive: true, force: true });
});

describe('rotation of cluster keys', () => {
  it('tells connected nodes of a new key at once, and lets it sign in its time; a node that was away learns it when it is back', async () => {
    const [near, far] = [await folder(), await folder()];
    const [node, away] = [await Node.start(plane, near), await Node.start(plane, far)];
    await Promise.all([node.has('1'), away.has('1')]);
    await away.client.close();
    const added = await plane.api.ask('POST', '/cluster-keys', { signsInMs: 5_000 });
    expect(added).toMatchObject({ status: 201, body: { id: 2, state: 'announced', replacedAtMs: null, certificates: 0 } });
    await node.has('1 2');
    expect(await list(plane)).toMatchObject([{ id: 2, state: 'announced' }, { id: 1, state: 'signing' }]);
    // Nobody does anything at the moment itself: the gateway's next look finds the new order.
    await node.has('2 1');
    expect(await list(plane)).toMatchObject([{ id: 2, state: 'signing' }, { id: 1, state: 'replaced' }]);
    const back = await Node.start(plane, far);
    expect(ids(back.got[0])).toBe('1');
    await back.has('2 1');
    await Promise.all([node.client.close(), back.client.close()]);

    const lastKnownGood = await Node.start(plane, near, false);
    expect(ids(lastKnownGood.got[0])).toBe('2 1');
  }, 60_000);

  it('shows no key, in no answer and no event', async () => {
    const keys = await plane.runtime.auth.clusterKeys.inForce();
    const answers = [await list(plane), await plane.api.get('/events?limit=50'), await plane.api.get('/changes')];
    for (const { key } of keys) expect(JSON.stringify(answers)).not.toContain(key);
    expect(JSON.stringify(answers)).toContain('added the cluster key 2.');
  });

  it('refuses what would leave something shut: the signing key, the announced one twice, one that certificates need', async () => {
    await plane.api.put('/certificates/acme', { chain: acme.cert, key: acme.key, comment: 'kept' });
    await plane.api.put('/certificates/other', { chain: other.cert, key: other.key });
    expect(await plane.api.ask('DELETE', '/cluster-keys/2')).toMatchObject({ status: 409, body: { detail: 'Key 2 signs; add another and wait until that one does.' } });
    expect(await plane.api.ask('DELETE', '/cluster-keys/77')).toMatchObject({ status: 404, body: { detail: 'There is no cluster key 77.' } });
    expect((await plane.api.ask('POST', '/cluster-keys', { signsInMs: 4_999 })).status).toBe(400);
    await plane.api.post('/cluster-keys', {});
    expect(await plane.api.ask('POST', '/cluster-keys', {})).toMatchObject({ status: 409, body: { detail: 'Key 3 has just been added and does not sign yet; wait for it, or retire it.' } });
    expect(await plane.api.post<CertificatesResealed>('/cluster-keys/reseal')).toMatchObject({ resealed: [], unreadable: [] });
    await passLead(plane);
    expect(await list(plane)).toMatchObject([{ id: 3, state: 'signing', certificates: 0 }, { id: 2, state: 'replaced', certificates: 2 }, { id: 1, certificates: 0 }]);
    expect(await plane.api.ask('DELETE', '/cluster-keys/2')).toMatchObject({ status: 409, body: { detail: '2 certificates are sealed under key 2; seal them under the newest key first.' } });
  });

  it('seals certificates anew in one revision that the nodes get, and then lets the old key go', async () => {
    const keys = await plane.runtime.auth.clusterKeys.inForce();
    const dry = await plane.api.post<CertificatesResealed>('/cluster-keys/reseal?dryRun=1');
    expect(dry).toMatchObject({ resealed: ['acme', 'other'], dryRun: true });
    expect((await list(plane))[1]?.certificates).toBe(2);
    const done = await plane.api.post<CertificatesResealed>('/cluster-keys/reseal');
    expect(done).toMatchObject({ resealed: ['acme', 'other'], unreadable: [], rev: dry.rev + 1 });
    expect(await plane.api.post<CertificatesResealed>('/cluster-keys/reseal')).toMatchObject({ resealed: [], rev: done.rev });
    expect(await plane.api.get('/certificates/acme')).toMatchObject({ comment: 'kept', version: 2 });
    const { rows } = await readSnapshot(plane.runtime.changes);
    const row = JSON.parse(rows.get('certificate acme') ?? 'null') as { readonly key: string };
    expect(row.key).toMatch(/^3\./);
    expect(openSecret(keys, 'acme', row.key)).toEqual({ ok: true, value: acme.key });
    expect(await list(plane)).toMatchObject([{ id: 3, certificates: 2 }, { id: 2, certificates: 0 }, { id: 1 }]);

    expect((await plane.api.ask('DELETE', '/cluster-keys/2')).status).toBe(204);
    expect(ids(await list(plane))).toBe('3 1');
  });

  it('leaves certificates as they are that a rollback would bring back under a retired key', async () => {
    const { rev } = await plane.api.put('/tenants/kept', { name: 'Kept' });
    expect((await plane.api.ask('POST', '/changes/2/rollback')).status).toBe(200);
    expect((await plane.api.ask('GET', '/tenants/kept')).status).toBe(404);
    expect(await plane.api.get('/certificates/acme')).toMatchObject({ version: 2 });
    expect((await list(plane))[0]?.certificates).toBe(2);
    expect(rev).toBeGreaterThan(2);
  });

  it('names the certificates that no key opens', async () => {
    const { prisma } = plane.runtime.database;
    await plane.api.post('/cluster-keys', {});
    await passLead(plane);
    await prisma.certificate.update({ where: { name: 'other' }, data: { key: `77.${'A'.repeat(60)}` } });
    const done = await plane.api.post<CertificatesResealed>('/cluster-keys/reseal?dryRun=1');
    expect(done).toMatchObject({ resealed: ['acme'], unreadable: [{ name: 'other', reason: 'its key is sealed with cluster key 77, which is not here' }] });
    await plane.api.delete('/certificates/other');
  });

  it('gives no two keys the same low byte, which is all that tokens say, however often it has been done', async () => {
    const { prisma } = plane.runtime.database;
    const store = createClusterKeyStore(prisma);
    const [newest, ...rest] = await store.list();
    const oldest = rest.at(-1);
    await prisma.$executeRaw`SELECT setval('cluster_key_id_seq', ${(oldest?.id ?? 0) + 255})`;
    const keys = new ClusterKeys({ store, now: () => Date.now() + 10 * minute, random: randomBytes });
    const added = await keys.add(0);
    expect(added).toMatchObject({ ok: true, value: { id: (oldest?.id ?? 0) + 257 } });
    expect(newest?.id).toBeLessThan(10);
    await prisma.clusterKey.delete({ where: { id: (oldest?.id ?? 0) + 257 } });
  });

  it('makes no ninth key, also when many ask at once', async () => {
    const later = Date.now();
    const keys = new ClusterKeys({ store: createClusterKeyStore(plane.runtime.database.prisma), now: () => later, random: randomBytes });
    const answers = await Promise.all(Array.from({ length: 12 }, () => keys.add(0)));
    expect(answers.filter((answer) => answer.ok)).toHaveLength(8 - 3);
    expect(await list(plane)).toHaveLength(8);
    expect(await plane.api.ask('POST', '/cluster-keys', {})).toMatchObject({ status: 409, body: { detail: 'There are 8 keys, as many as there may be; retire an old one first.' } });
  });

  // The embedded database serves one control plane only.
  it.for(sharedDatabases)('reaches nodes of another control plane by the notification of %s, when a key comes and when it goes', { timeout: 60_000 }, async () => {
    const shared = await testDatabase();
    const one = await startControlPlane(shared);
    const two = await startControlPlane(shared);
    const node = await Node.start(two, await folder());
    try {
      await node.has('1');
      const begun = performance.now();
      await one.api.post('/cluster-keys', { signsInMs: minute });
      await node.has('1 2');
      // Far below the ten seconds of the next look.
      expect(performance.now() - begun).toBeLessThan(5_000);
      await one.api.delete('/cluster-keys/2');
      await node.has('1');
    } finally {
      await node.client.close();
      await Promise.all([one.close(), two.close()]);
      await shared.dispose();
    }
  });
});

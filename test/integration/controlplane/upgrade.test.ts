/** A database that an earlier release made, with rows in it, opened by this one. */
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../controlplane/db/database.ts';
import type { Database } from '../../../controlplane/db/database.ts';
import { hashesOf, readSnapshot } from './consistency.ts';
import { migrationsDir, startControlPlane, startDeadlineMs, testDatabase } from './server.ts';
import type { TestControlPlane, TestDatabase } from './server.ts';

const oldEpoch = '11111111-2222-4333-8444-555555555555';
const node = '00000000-0000-4000-8000-000000000001';
/** Wire texts of schema 1, as its change log holds them. */
const oldRule = '{"id":1,"match":{"type":"any"},"methods":["INVITE"],"position":0,"prepend":"0","routeSet":1,"sets":[10],"strip":1}';

let at: TestDatabase;
let plane: TestControlPlane;

beforeAll(async () => {
  at = await testDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-migrations-'));
  await cp(migrationsDir, folder, { recursive: true });
  for (const name of await readdir(folder)) if (name >= '20261121023000') await rm(join(folder, name), { recursive: true });
  const old = await openDatabase({ databaseUrl: at.databaseUrl, dataDir: at.dataDir, migrationsDir: folder }, { info: () => undefined, warn: () => undefined });
  await fill(old);
  await old.close();
  await rm(folder, { recursive: true });
  plane = await startControlPlane(at);
}, startDeadlineMs);
afterAll(async () => {
  await plane?.close();
  await at?.dispose();
});

async function fill(old: Database): Promise<void> {
  for (const sql of [
    `INSERT INTO "tenant" (key, name, limits, policies) VALUES ('acme', 'Acme', '{"calls": 5, "cps": 1, "registrations": 9}', '{"media": "relay", "topologyHiding": true, "digest": false}')`,
    `INSERT INTO "dispatcher_set" (id, name, tenant_id, algorithm, affinity, probing, comment)
       VALUES (10, 'pbx', 1, 9, 'aor', '{"mode": "always", "intervalMs": 30000, "timeoutMs": 2000, "downAfter": 2, "upAfter": 2, "codes": [200], "from": "", "useUnknown": false}', 'kept')`,
    `INSERT INTO "destination" (set_id, uri, attrs) VALUES (10, 'sip:10.0.0.1:5060', '{"duid": "a"}')`,
    `INSERT INTO "route_set" (number, name, tenant_id, family, failover) VALUES (1, 'acme', 1, 'match', '{"frMs": 5000, "frInviteMs": 30000, "on": ["timeout", 503], "maxAttempts": 3}')`,
    `INSERT INTO "rule" (route_set, position, "match", methods, sets, strip, prepend) VALUES (1, 0, '{"type": "any"}', '{INVITE}', '{10}', 2, '00')`,
    `INSERT INTO "domain" (name, tenant_id, route_set, did) VALUES ('acme.example', 1, 1, '7')`,
    `INSERT INTO "trunk" (key, name, tenant_id, route_set, sources) VALUES ('carrier', 'Carrier', 1, 1, '{192.0.2.0/24}')`,
    `INSERT INTO "setting" (key, unknown_domain, require_to_match, scanners, methods) VALUES ('global', '404', true, '{sipvicious}', 'iana')`,
    `INSERT INTO "node" (id, name, draining) VALUES ('${node}', 'edge-1', true)`,
    `INSERT INTO "config_revision" (rev, actor, summary, ops, hashes) VALUES (1, 'someone', 'as it was', 0, '{}'), (2, 'someone', 'another rule', 1, '{"rule": "${'1'.repeat(32)}"}')`,
    `INSERT INTO "config_change" (rev, seq, entity, key, "before", "after", note_before) VALUES (2, 0, 'rule', '1', '${oldRule}', '${oldRule.replace('"strip":1', '"strip":2').replace('"prepend":"0"', '"prepend":"00"')}', '{"comment": "", "externalId": null}')`,
    `UPDATE "config_head" SET epoch = '${oldEpoch}', rev = 2, hashes = '{"rule": "${'1'.repeat(32)}"}'`,
  ]) await old.prisma.$executeRawUnsafe(sql);
}

describe('a database of the release before', () => {
  it('keeps every row, with defaults for what is new', async () => {
    const { get } = plane.api;
    expect(await get('/tenants/acme')).toMatchObject({ limits: { calls: 5 }, policies: { media: 'relay', topologyHiding: true, digest: false, redirects: 'pass', hideCallId: false, latching: 'default' } });
    expect(await get('/dispatcher-sets/10')).toMatchObject({
      algorithm: 9, comment: 'kept', hashOn: 'call-id', slowStartMs: 0, registration: 'path', destinations: [{ uri: 'sip:10.0.0.1:5060', attrs: { duid: 'a' } }],
    });
    expect(await get('/route-sets/1')).toMatchObject({ family: 'match', rules: [{ methods: ['INVITE'], sets: [10], strip: 2, prepend: '00', prices: [], windows: [], rates: 0, enumSuffix: '' }] });
    expect(await get('/domains/acme.example')).toMatchObject({ tenant: 'acme', routeSet: 1, did: '7' });
    expect(await get('/trunks/carrier')).toMatchObject({ sources: ['192.0.2.0/24'], strip: 0, prepend: '' });
    expect(await get('/settings/global')).toMatchObject({ unknownDomain: 404, methods: 'iana', tls: { clientCertificates: 'off' }, keepAlive: { method: 'crlf' }, media: { rtpengines: [], idleMs: 60_000, exhausted: 'refuse', latching: 'sdp' } });
  });

  it('begins another epoch whose hashes are those of what the nodes get', async () => {
    const snapshot = await readSnapshot(plane.runtime.changes);
    expect(snapshot.epoch).not.toBe(oldEpoch);
    expect(snapshot.rev).toBe(2);
    expect(snapshot.hashes).toEqual(hashesOf(snapshot.rows));
    expect(await plane.runtime.changes.hashesAt(2)).toEqual(snapshot.hashes);
    expect(JSON.parse(snapshot.rows.get(`node ${node}`) ?? 'null')).toEqual({ id: node, draining: true, answerOptions: true });
  });

  it('goes back to what its change log remembers, and stays consistent', async () => {
    await plane.api.post('/changes/1/rollback');
    expect(await plane.api.get('/route-sets/1')).toMatchObject({ rules: [{ id: 1, strip: 1, prepend: '0', prices: [] }] });
    const after = await readSnapshot(plane.runtime.changes);
    expect(after.hashes).toEqual(hashesOf(after.rows));
  });

  it('keeps its epoch when it is opened again', async () => {
    const { epoch } = await readSnapshot(plane.runtime.changes);
    await plane.close();
    plane = await startControlPlane(at);
    expect((await readSnapshot(plane.runtime.changes)).epoch).toBe(epoch);
  }, startDeadlineMs);
});

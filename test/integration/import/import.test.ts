import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImportReport } from '../../../controlplane/contract/import.ts';
import { InProcessControlPlane, startDeadlineMs } from '../../harness/control-plane.ts';

let plane: InProcessControlPlane;

beforeAll(async () => {
  plane = await InProcessControlPlane.start();
}, startDeadlineMs);
afterAll(() => plane.close());

/** Seed 000, as it stands there. */
const xlab: Record<string, string> = {
  domain: 'id(int,auto) domain(string) did(string,null) last_modified(int)\n1:sip.customer01.com:1:0\n2:sip.customer02.com:2:0\n',
  domain_attrs: 'id(int,auto) did(string) name(string) type(int) value(string) last_modified(int)\n1:1:routeset:0:1:0\n2:2:routeset:0:2:0\n',
  dispatcher: [
    'id(int,auto) setid(int) destination(string) flags(int) priority(int) attrs(string) description(string)',
    '1:4001:sip\\:10.100.0.17\\:5060:0:1:backend=be011:"be011 default"',
    '2:4002:sip\\:10.100.0.18\\:5060:0:1:backend=be021:"be021 default"',
    '3:6001:sip\\:[2001\\:DB8\\:8\\:100\\:\\:17]\\:5060:0:1:backend=be011:"be011 default"',
    '4:6001:sip\\:[2001\\:DB8\\:8\\:100\\:\\:18]\\:5060:0:1:backend=be021:"be021 default"',
    '',
  ].join('\n'),
  version: 'id(int,auto) table_name(string) table_version(int)\n0:dispatcher:4\n0:domain:2\n0:domain_attrs:1\n',
};

type Body = ImportReport & { errors: { pointer: string; code: string }[] };

/** Imports are paced a principal; each of these comes from a new one. */
async function newPrincipal(): Promise<string> {
  return (await plane.ask<{ token: string }>('POST', '/tokens', { name: 'import', role: 'operator' })).body.token;
}

async function importText(files: Record<string, string>, query = '') {
  return plane.ask<Body>('POST', `/import/kamailio-dbtext${query}`, { files }, { token: await newPrincipal() });
}

async function importBytes(bytes: Uint8Array, query = '') {
  return plane.ask<Body>('POST', `/import/sip-router-notes${query}`, Buffer.from(bytes), { token: await newPrincipal(), headers: { 'content-type': 'application/octet-stream' } });
}

async function explain(uri: string, source: string): Promise<{ action: string; uri?: string; tenant?: string; status?: number; domain?: string }> {
  return (await plane.ask<{ decision: { action: string } }>('POST', '/explain', { uri, source })).body.decision;
}

async function head(): Promise<number> {
  return (await plane.runtime.changes.head()).rev;
}

async function mirrored(): Promise<void> {
  plane.runtime.live.mirror.wake();
  await plane.runtime.live.mirror.settled();
}

async function useUnknown(set: number): Promise<void> {
  await plane.ask('PATCH', `/dispatcher-sets/${set}`, { probing: { useUnknown: true } });
}

describe('the xlab1 front end (seed 000)', () => {
  it('shows what it would do and does nothing on a dry run', async () => {
    const before = await head();
    const { status, body } = await importText(xlab, '?dryRun=1');
    expect(status).toBe(200);
    expect(body).toMatchObject({ dryRun: true, rev: null, counts: { creates: 9, updates: 0, unchanged: 0 }, warnings: [{ code: 'algorithm-assumed' }], cannotKeep: [], suggestions: [] });
    expect(body.creates.map((change) => `${change.entity} ${change.key}`)).toEqual([
      'tenant sip.customer01.com', 'tenant sip.customer02.com', 'dispatcher-set 4001', 'dispatcher-set 4002', 'dispatcher-set 6001',
      'route-set 1', 'route-set 2', 'domain sip.customer01.com', 'domain sip.customer02.com',
    ]);
    expect(await head()).toBe(before);
    expect((await plane.ask('GET', '/domains/sip.customer01.com')).status).toBe(404);
  });

  it('becomes one revision: domain → did → route set → sets 4000+N and 6000+N by family', async () => {
    const before = await head();
    const { body } = await importText(xlab);
    expect(body.rev).toBe(before + 1);
    expect(await head()).toBe(before + 1);
    expect((await plane.ask('GET', '/domains/sip.customer01.com')).body).toMatchObject({ tenant: 'sip.customer01.com', routeSet: 1, did: '1', enabled: true });
    expect((await plane.ask('GET', '/route-sets/1')).body).toMatchObject({ family: 'match', tenant: 'sip.customer01.com', rules: [{ match: { type: 'any' }, sets: [4001, 6001] }] });
    expect((await plane.ask('GET', '/route-sets/2')).body).toMatchObject({ rules: [{ match: { type: 'any' }, sets: [4002] }] });
    const { body: set } = await plane.ask<{ destinations: { uri: string; rank: number; attrs: object; comment: string }[] }>('GET', '/dispatcher-sets/6001');
    expect(set).toMatchObject({ name: 'routeset 1 IPv6', algorithm: 4, tenant: 'sip.customer01.com' });
    // One priority: Kamailio tries the last line first. Quotes are part of the text.
    expect(set.destinations.map(({ uri, rank, attrs, comment }) => [uri, rank, attrs, comment])).toEqual([
      ['sip:[2001:DB8:8:100::18]:5060', 1, { backend: 'be021' }, '"be021 default"'],
      ['sip:[2001:DB8:8:100::17]:5060', 2, { backend: 'be011' }, '"be011 default"'],
    ]);
  });

  it('routes as the front end does: IPv4 to 4001, IPv6 to 6001, no IPv6 for customer 2', async () => {
    for (const set of [4001, 4002, 6001]) await useUnknown(set);
    await mirrored();
    expect(await explain('sip:1001@sip.customer01.com', 'udp:192.0.2.7:5060')).toMatchObject({ action: 'forward', uri: 'sip:10.100.0.17:5060' });
    expect((await explain('sip:1001@sip.customer01.com', 'udp:[2001:db8::9]:5060')).uri).toMatch(/^sip:\[2001:DB8:8:100::1[78]\]:5060$/);
    expect(await explain('sip:1001@sip.customer02.com', 'udp:[2001:db8::9]:5060')).toMatchObject({ action: 'reply', status: 503 });
    expect(await explain('sip:1001@unknown.example', 'udp:192.0.2.7:5060')).toMatchObject({ action: 'drop' });
  });

  it('changes nothing the second time, and leaves what an operator changed since', async () => {
    const { body: set } = await plane.ask<{ destinations: { id: number }[] }>('GET', '/dispatcher-sets/4001');
    await plane.ask('PATCH', `/destinations/${set.destinations[0]?.id}`, { admin: 'draining' });
    await plane.ask('PATCH', '/dispatcher-sets/4001', { algorithm: 8, name: 'mine' });
    const before = await head();
    const { body } = await importText(xlab);
    expect(body).toMatchObject({ rev: null, counts: { creates: 0, updates: 0, unchanged: 9 } });
    expect(await head()).toBe(before);
    expect((await plane.ask('GET', '/dispatcher-sets/4001')).body).toMatchObject({ algorithm: 8, name: 'mine', destinations: [{ admin: 'draining' }] });
  });

  it('takes over what changed in the file, and destinations keep their ids', async () => {
    const ids = (await plane.ask<{ destinations: { id: number }[] }>('GET', '/dispatcher-sets/6001')).body.destinations.map((destination) => destination.id);
    const changed = { ...xlab, dispatcher: (xlab['dispatcher'] ?? '').replace('17]\\:5060:0:1', '17]\\:5060:4:9') };
    const { body } = await importText(changed);
    expect(body.updates).toEqual([{
      entity: 'dispatcher-set', key: '6001', fields: ['destinations'],
      destinations: {
        added: 0, changed: 2, removed: 0,
        items: [
          { change: 'changed', uri: 'sip:[2001:DB8:8:100::18]:5060', fields: ['rank'] },
          { change: 'changed', uri: 'sip:[2001:DB8:8:100::17]:5060', fields: ['rank', 'admin'] },
        ],
      },
    }]);
    const { body: set } = await plane.ask<{ destinations: { id: number; uri: string; admin: string }[] }>('GET', '/dispatcher-sets/6001');
    expect(set.destinations.map(({ id, uri, admin }) => [id, /::(\d\d)]/.exec(uri)?.[1], admin])).toEqual([[ids[1], '17', 'disabled'], [ids[0], '18', 'enabled']]);
  });

  it('names each destination that comes, changes or goes, the first twenty of a set, and counts them all', async () => {
    const moved = { ...xlab, dispatcher: (xlab['dispatcher'] ?? '').replace('17]\\:5060:0:1', '19]\\:5060:0:1') };
    const { body } = await importText(moved, '?dryRun=1');
    const of = (report: ImportReport, key: string) => report.updates.find((change) => change.key === key)?.destinations;
    expect(of(body, '6001')).toMatchObject({ added: 1, removed: 1, items: expect.arrayContaining([
      { change: 'added', uri: 'sip:[2001:DB8:8:100::19]:5060', fields: [] }, { change: 'removed', uri: 'sip:[2001:DB8:8:100::17]:5060', fields: [] },
    ]) as unknown });
    const line = (xlab['dispatcher'] ?? '').split('\n').find((text) => text.includes('17]\\:5060:0:1')) ?? '';
    const many = Array.from({ length: 30 }, (_, n) => line.replace('17]', `a${n}]`).replace(/^\d+/, String(900 + n))).join('\n');
    const { body: grown } = await importText({ ...xlab, dispatcher: `${xlab['dispatcher'] ?? ''}${many}\n` }, '?dryRun=1');
    expect(of(grown, '6001')).toMatchObject({ added: 30, removed: 0 });
    expect(of(grown, '6001')?.items).toHaveLength(20);
  });

  it('puts aliases of one did into one tenant, also one that is added later', async () => {
    const aliased = { ...xlab, domain: `${xlab['domain'] ?? ''}3:Alias.Customer01.com:1:0\n4:own.example:\n`.replace('own.example:\n', 'own.example::0\n') };
    const { body } = await importText(aliased);
    expect((await plane.ask('GET', '/domains/alias.customer01.com')).body).toMatchObject({ tenant: 'sip.customer01.com', routeSet: 1, did: '1' });
    expect(body.cannotKeep).toMatchObject([{ code: 'domain-without-route', where: 'domain:5' }]);
  });

  it('says that the choice of destinations is assumed, and leaves that of a set that exists alone', async () => {
    expect((await plane.ask('PATCH', '/dispatcher-sets/4001', { algorithm: 8 })).status).toBe(200);
    const { body } = await importText(xlab);
    expect(body.warnings[0]).toMatchObject({ code: 'algorithm-assumed', message: expect.stringContaining('algorithm 4') as string });
    expect((await plane.ask('GET', '/dispatcher-sets/4001')).body).toMatchObject({ algorithm: 8 });
    expect((await plane.ask('PATCH', '/dispatcher-sets/4001', { algorithm: 4 })).status).toBe(200);
  });

  it('takes the algorithm that it is told for new sets, and reads priorities as that one does', async () => {
    const files = {
      ...xlab, domain: 'domain(string) did(string)\ntold.example:told\n', domain_attrs: 'did(string) name(string) type(int) value(string)\ntold:dispatcher_set_id:0:77\n',
      dispatcher: 'setid(int) destination(string) flags(int) priority(int) attrs(string,null)\n77:sip\\:10.7.0.1:0:5:ping_from=sip\\:a@edge.example\n77:sip\\:10.7.0.2:0:1:maxload=10\n77:sip\\:10.7.0.3:0:1:\n',
    };
    const { body } = await plane.ask<ImportReport>('POST', '/import/kamailio-dbtext?algorithm=tiers', { files });
    expect([body.warnings, body.cannotKeep]).toEqual([[], []]);
    const { body: set } = await plane.ask<{ destinations: { uri: string; rank: number; attrs: object }[] }>('GET', '/dispatcher-sets/77');
    expect(set).toMatchObject({ algorithm: 15, algorithmName: 'tiers', probing: { from: '' } });
    expect(set.destinations.map(({ uri, rank, attrs }) => [uri, rank, attrs])).toEqual(expect.arrayContaining([
      ['sip:10.7.0.2', 1, { maxload: '10' }], ['sip:10.7.0.3', 1, {}], ['sip:10.7.0.1', 2, { ping_from: 'sip:a@edge.example' }],
    ]));
    const refused = await plane.ask<{ errors: unknown[] }>('POST', '/import/kamailio-dbtext?algorithm=best', { files });
    expect(refused.status).toBe(400);
    expect(refused.body.errors).toMatchObject([{ pointer: '?algorithm', code: 'not-allowed' }]);
    for (const path of ['/domains/told.example', '/route-sets/77', '/dispatcher-sets/77', '/tenants/told.example']) expect((await plane.ask('DELETE', path)).status).toBe(200);
  });

  it('goes into one tenant when asked', async () => {
    const files = {
      ...xlab, domain: 'domain(string) did(string)\na.one.example:a\nb.one.example:b\n',
      domain_attrs: 'did(string) name(string) type(int) value(string)\na:routeset:0:71:\n'.replace('71:\n', '71\n') + 'b:dispatcher_set_id:2:4072\n',
      dispatcher: 'setid(int) destination(string) flags(int) priority(int)\n4071:sip\\:10.0.0.1:0:0\n4072:10.0.0.2:0:0\n',
    };
    const { body } = await importText(files, '?tenant=one');
    expect(body.warnings.map((note) => note.code)).toEqual(['algorithm-assumed', 'number-as-text']);
    expect((await plane.ask('GET', '/domains/b.one.example')).body).toMatchObject({ tenant: 'one', routeSet: 4072 });
    expect((await plane.ask('GET', '/dispatcher-sets/4072')).body).toMatchObject({ tenant: 'one', destinations: [{ uri: 'sip:10.0.0.2' }] });
  });
});

describe('a bad db_text file', () => {
  it.each([
    ['a bad escape', { dispatcher: (xlab['dispatcher'] ?? '').replace('\\:5060:0', '\\q5060:0') }, 'dispatcher:2:24', 'bad-escape'],
    ['a colon that is not escaped', { dispatcher: (xlab['dispatcher'] ?? '').replace('sip\\:', 'sip:') }, 'dispatcher:2:48', 'column-count'],
    ['an unknown attribute type', { domain_attrs: (xlab['domain_attrs'] ?? '').replace('routeset:0:2', 'routeset:1:2') }, 'domain_attrs:3:14', 'attribute-type'],
    ['a number that is none', { domain_attrs: (xlab['domain_attrs'] ?? '').replace('routeset:0:2', 'routeset:0:two') }, 'domain_attrs:3:16', 'attribute-not-a-number'],
    ['an attribute without value', { domain_attrs: (xlab['domain_attrs'] ?? '').replace('routeset:0:2', 'routeset:0:') }, 'domain_attrs:3:16', 'null-value'],
    ['an empty did in the attributes', { domain_attrs: (xlab['domain_attrs'] ?? '').replace('2:2:routeset', '2::routeset') }, 'domain_attrs:3:3', 'empty-did'],
    ['an empty domain', { domain: (xlab['domain'] ?? '').replace('sip.customer02.com', '') }, 'domain:3:3', 'empty-domain'],
    ['one domain with two dids', { domain: `${xlab['domain'] ?? ''}3:SIP.customer01.com:9:0\n` }, 'domain:4:3', 'duplicate-domain'],
    ['a missing column', { domain_attrs: 'did(string) name(string) value(string)\n' }, 'domain_attrs:1', 'missing-column'],
    ['a column of another type', { dispatcher: (xlab['dispatcher'] ?? '').replace('setid(int)', 'setid(string)') }, 'dispatcher:1', 'wrong-type'],
    ['a NUL in a value', { dispatcher: (xlab['dispatcher'] ?? '').replace('be011:', 'be\\0011:') }, 'dispatcher:2:35', 'nul-in-value'],
    ['a negative set', { dispatcher: (xlab['dispatcher'] ?? '').replace('1:4001', '1:-1') }, 'dispatcher:2:3', 'bad-setid'],
  ])('with %s changes nothing and says where', async (_name, files, pointer, code) => {
    const before = await head();
    const { status, body } = await importText({ ...xlab, ...files });
    expect({ status, errors: body.errors.map((error) => [error.pointer, error.code]) }).toEqual({ status: 400, errors: [[pointer, code]] });
    expect(await head()).toBe(before);
  });

  it('that is missing is named', async () => {
    const { body } = await importText({ domain: xlab['domain'] ?? '', dispatcher: xlab['dispatcher'] ?? '' });
    expect(body.errors).toMatchObject([{ pointer: 'domain_attrs', code: 'missing-file' }]);
  });
});

/** Seed 001's layout. */
function notes(rows: string, setup = ''): Uint8Array {
  const database = new DatabaseSync(':memory:');
  database.exec(`
    CREATE TABLE sip_domains (domain TEXT PRIMARY KEY, dispatcher_setid INTEGER NOT NULL, enabled INTEGER NOT NULL DEFAULT 1, comment TEXT);
    CREATE TABLE dispatcher (id INTEGER PRIMARY KEY AUTOINCREMENT, setid INTEGER NOT NULL, destination TEXT NOT NULL, flags INTEGER DEFAULT 0, priority INTEGER DEFAULT 0, attrs TEXT);
    ${setup}${rows}`);
  const bytes = database.serialize();
  database.close();
  return bytes;
}

const seed = `
  INSERT INTO sip_domains (domain, dispatcher_setid, comment) VALUES ('tenant1.example.com', 10, 'first'), ('Tenant2.example.com', 20, NULL);
  INSERT INTO sip_domains VALUES ('off.example.com', 10, 0, '');
  INSERT INTO dispatcher (setid, destination, flags, priority, attrs) VALUES
    (10, 'sip:10.0.1.12:5060', 2, 20, NULL), (10, 'sip:10.0.1.10:5060', 3, 0, 'weight=70;duid=a'), (10, 'sip:10.0.1.11:5060', 2, 10, NULL),
    (20, 'sip:10.0.2.20:5060', 2, 0, NULL);`;

describe('SIP Router Notes (seed 001)', () => {
  it('becomes a route set a dispatcher set: round robin, lower priority first, the timers of the notes', async () => {
    const before = await head();
    const { status, body } = await importBytes(notes(seed));
    expect(status).toBe(200);
    expect(body.rev).toBe(before + 1);
    expect(body.warnings.map((note) => note.code)).toEqual(['domain-case']);
    expect(body.cannotKeep.map((note) => note.code)).toEqual(['hash-user-only']);
    expect(body.suggestions.map((suggestion) => suggestion.setting)).toEqual([{ methods: 'strict' }, { requireToMatch: true }]);
    expect((await plane.ask('GET', '/dispatcher-sets/10')).body).toMatchObject({
      algorithm: 4, tenant: 'tenant1.example.com', probing: { mode: 'always', intervalMs: 30_000, downAfter: 2, upAfter: 2, codes: [200] },
      destinations: [{ uri: 'sip:10.0.1.10:5060', rank: 1, weight: 70, attrs: { duid: 'a' } }, { uri: 'sip:10.0.1.11:5060', rank: 2 }, { uri: 'sip:10.0.1.12:5060', rank: 3 }],
    });
    expect((await plane.ask('GET', '/route-sets/10')).body).toMatchObject({ failover: { frMs: 5_000, frInviteMs: 30_000 }, rules: [{ match: { type: 'any' }, sets: [10] }] });
    expect((await plane.ask('GET', '/domains/tenant1.example.com')).body).toMatchObject({ tenant: 'tenant1.example.com', routeSet: 10, enabled: true, comment: 'first' });
    expect((await plane.ask('GET', '/domains/off.example.com')).body).toMatchObject({ tenant: 'tenant1.example.com', enabled: false });
    expect((await plane.ask('GET', '/domains/tenant2.example.com')).body).toMatchObject({ tenant: 'tenant2.example.com', routeSet: 20 });
  });

  it('routes as the notes do, and changes nothing the second time', async () => {
    await useUnknown(20);
    await mirrored();
    expect(await explain('sip:x@tenant2.example.com', 'udp:192.0.2.7:5060')).toMatchObject({ action: 'forward', uri: 'sip:10.0.2.20:5060' });
    expect(await explain('sip:x@off.example.com', 'udp:192.0.2.7:5060')).toMatchObject({ action: 'drop' });
    expect((await importBytes(notes(seed))).body).toMatchObject({ rev: null, counts: { creates: 0, updates: 0, unchanged: 9 } });
  });

  it('leaves the sets of a tenant that has no domain in the file alone', async () => {
    const before = (await plane.ask('GET', '/dispatcher-sets/10')).body;
    const other = notes(`INSERT INTO sip_domains VALUES ('other.example.com', 10, 1, NULL); INSERT INTO dispatcher (setid, destination) VALUES (10, 'sip:10.0.9.9:5060');`);
    const answer = await importBytes(other);
    expect({ status: answer.status, errors: answer.body.errors.map(({ pointer, code }) => ({ pointer, code })) }).toEqual({
      status: 400, errors: [{ pointer: '/dispatcherSets/0', code: 'taken' }, { pointer: '/routeSets/0', code: 'taken' }],
    });
    expect((await plane.ask('GET', '/dispatcher-sets/10')).body).toEqual(before);
  });

  it.each([
    ['no database', Buffer.from('hello'), 'not-sqlite'],
    ['a truncated database', Buffer.from(notes(seed)).subarray(0, 5_000), 'sqlite'],
    ['a missing table', notes('DROP TABLE dispatcher;'), 'missing-table'],
    ['a view for a table', notes('DROP TABLE dispatcher; CREATE VIEW dispatcher AS SELECT 1 AS setid, 2 AS destination;'), 'not-a-table'],
    ['a generated column', notes('ALTER TABLE dispatcher ADD COLUMN evil GENERATED ALWAYS AS (hex(zeroblob(100000000)));'), 'generated-column'],
    ['a missing column', notes('DROP TABLE dispatcher; CREATE TABLE dispatcher (setid INTEGER);'), 'missing-column'],
    ['a set that is no number', notes(`INSERT INTO dispatcher (setid, destination) VALUES ('ten', 'sip:10.0.0.1');`), 'bad-setid'],
    ['a blob for a domain', notes(`INSERT INTO sip_domains VALUES (x'00', 1, 1, NULL);`), 'empty-domain'],
    ['a NUL in a comment', notes(`INSERT INTO sip_domains VALUES ('a.example', 1, 1, 'a' || char(0) || 'b');`), 'nul-in-value'],
    ['a strange enabled', notes(`INSERT INTO sip_domains VALUES ('a.example', 1, 7, NULL);`), 'bad-enabled'],
  ])('refuses %s and changes nothing', async (_name, bytes, code) => {
    const before = await head();
    const answer = await importBytes(bytes);
    expect({ status: answer.status, codes: answer.body.errors.map((error) => error.code) }).toEqual({ status: 400, codes: [code] });
    expect(await head()).toBe(before);
  });

  it('warns of WAL mode, unknown flags, missing failover and unusable URIs', async () => {
    const bytes = notes(`
      INSERT INTO sip_domains VALUES ('w.example', 30, 1, NULL), ('empty.example', 31, 1, NULL), ('-bad-', 30, 1, NULL);
      INSERT INTO dispatcher (setid, destination, flags) VALUES (30, 'sip:alice@10.0.3.1', 4), (30, 'sip:10.0.3.2;transport=sctp', 2);`);
    bytes[18] = 2;
    bytes[19] = 2;
    const { status, body } = await importBytes(bytes, '?dryRun=1');
    expect(status).toBe(200);
    expect(body.warnings.map((note) => note.code).sort()).toEqual(['failover', 'set-without-destinations', 'unknown-flags', 'user-part', 'wal']);
    expect(body.cannotKeep.map((note) => note.code).sort()).toEqual(['bad-domain', 'bad-uri']);
  });

  it('is paced', async () => {
    const token = await newPrincipal();
    const ask = () => plane.ask<{ detail: string }>('POST', '/import/kamailio-dbtext', { files: {} }, { token });
    let answer = await ask();
    for (let i = 0; i < 8 && answer.status !== 429; i += 1) answer = await ask();
    expect(answer.status).toBe(429);
    expect(answer.body.detail).toMatch(/^Each user and each token may import five times at once, dry runs included, then once every 5 s; try again in \d s\.$/);
  });

  it('wants the file itself', async () => {
    expect((await plane.ask('POST', '/import/sip-router-notes', { file: 'x' })).status).toBe(415);
    expect((await plane.ask('PUT', '/tenants/x', Buffer.from('x'), { headers: { 'content-type': 'application/octet-stream' } })).status).toBe(415);
  });
});

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../controlplane/db/database.ts';
import type { Database } from '../../../controlplane/db/database.ts';
import { lockFolder } from '../../../controlplane/db/folder-lock.ts';
import { readMigrations } from '../../../controlplane/db/migrations.ts';
import { migrationsDir, startDeadlineMs, testDatabase } from './server.ts';
import type { TestDatabase } from './server.ts';

const quiet = { info: () => undefined, warn: () => undefined };
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function fresh(): Promise<TestDatabase> {
  const database = await testDatabase();
  cleanups.push(() => database.dispose());
  return database;
}

async function open(at: TestDatabase, folder = migrationsDir): Promise<Database> {
  return openDatabase({ databaseUrl: at.databaseUrl, dataDir: at.dataDir, migrationsDir: folder }, quiet);
}

/** A copy of the migrations that the test may change. */
async function ownMigrations(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-migrations-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  await cp(migrationsDir, folder, { recursive: true });
  return folder;
}

describe('migrations', () => {
  it('are applied once, kept as Prisma keeps them, and nothing is lost by opening again', async () => {
    const at = await fresh();
    const first = await open(at);
    await first.prisma.tenant.create({ data: { key: 'kept', name: 'kept', limits: {}, policies: {} } });
    await first.close();
    const again = await open(at);
    const known = await readMigrations(migrationsDir);
    const rows = await again.prisma.$queryRaw<{ migration_name: string; checksum: string }[]>`SELECT migration_name, checksum FROM "_prisma_migrations" ORDER BY migration_name`;
    expect(rows).toEqual(known.map(({ name, checksum }) => ({ migration_name: name, checksum })));
    expect(await again.prisma.tenant.count()).toBe(1);
    await again.close();
  }, startDeadlineMs);

  it('refuse a changed file, a newer database and a half-finished one, each with a sentence', async () => {
    const at = await fresh();
    const folder = await ownMigrations();
    await mkdir(join(folder, '20990101000000_later'));
    await writeFile(join(folder, '20990101000000_later', 'migration.sql'), 'CREATE TABLE "later" ("id" INTEGER);');
    await (await open(at, folder)).close();
    await expect(open(at)).rejects.toThrow(/20990101000000_later, which this version of Signalbox does not know/);
    await writeFile(join(folder, '20990101000000_later', 'migration.sql'), 'CREATE TABLE "later" ("id" BIGINT);');
    await expect(open(at, folder)).rejects.toThrow(/20990101000000_later is not the file that made this database/);
    await writeFile(join(folder, '20990101000000_later', 'migration.sql'), 'CREATE TABLE "later" ("id" INTEGER);');
    const database = await open(at, folder);
    await database.prisma.$executeRaw`UPDATE "_prisma_migrations" SET finished_at = NULL WHERE migration_name = '20990101000000_later'`;
    await database.close();
    await expect(open(at, folder)).rejects.toThrow(/20990101000000_later failed half-way/);
  }, startDeadlineMs);

  it('leave nothing of one that fails', async () => {
    const at = await fresh();
    const folder = await ownMigrations();
    const broken = join(folder, '20990101000000_broken');
    await mkdir(broken);
    await writeFile(join(broken, 'migration.sql'), 'CREATE TABLE "half" ("id" INTEGER); SELECT nonsense;');
    await expect(open(at, folder)).rejects.toThrow(/nonsense/);
    await writeFile(join(broken, 'migration.sql'), 'CREATE TABLE "half" ("id" INTEGER);');
    await (await open(at, folder)).close();
  }, startDeadlineMs);
});

describe('the database keeps its own rules, whoever writes', () => {
  it.each([
    ['a domain in capitals', `INSERT INTO "domain" (name, tenant_id, route_set) VALUES ('UPPER.example', 1, 1)`, /domain_name_check/],
    ['a rule of a dispatcher set that is not there', `INSERT INTO "rule" (route_set, position, "match", methods, sets) VALUES (1, 0, '{"type":"any"}', '{}', '{9}')`, /dispatcher set 9/],
    ['removing a dispatcher set that a rule names', `DELETE FROM "dispatcher_set" WHERE id = 1`, /still named by rule/],
    ['a tenant with domains', `DELETE FROM "tenant"`, /foreign key|_fkey/],
    ['a second head', `INSERT INTO "config_head" VALUES (2, gen_random_uuid(), 0, '{}')`, /config_head_id_check/],
    ['an admin state of its own', `INSERT INTO "destination" (set_id, uri, admin, attrs) VALUES (1, 'sip:x', 'sleeping', '{}')`, /destination_admin_check/],
    ['an external id twice in one tenant', `INSERT INTO "domain" (name, tenant_id, route_set, external_id) VALUES ('b.example', 1, 1, 'E'), ('c.example', 1, 1, 'E')`, /external_id/],
    ['a private key in the clear', `INSERT INTO "certificate" (name, names, chain, "key") VALUES ('c', '{a.example}', '-----BEGIN CERTIFICATE-----', '-----BEGIN PRIVATE KEY-----')`, /certificate_key_check/],
    ['a number of letters', `INSERT INTO "number" (pattern, tenant_id, route_set) VALUES ('abc', 1, 1)`, /number_pattern_check/],
    ['an alias of itself', `INSERT INTO "alias" (alias, target, tenant_id) VALUES ('a@b', 'a@b', 1)`, /alias_target_check/],
    ['a rate of a dispatcher set that is not there', `INSERT INTO "rate" VALUES (1, '49', 1, 0), (1, '49', 9, 0)`, /dispatcher set 9/],
    ['a rate below nothing', `INSERT INTO "rate" VALUES (1, '49', 1, -1)`, /rate_price_check/],
    ['removing a dispatcher set that a rate names', `DELETE FROM "dispatcher_set" WHERE id = 2`, /still named by rate table 5/],
    ['a rule that leads nowhere', `INSERT INTO "rule" (route_set, position, "match", methods, sets) VALUES (1, 0, '{"type":"any"}', '{}', '{}')`, /rule_targets_check/],
    ['a price too many', `UPDATE "rule" SET prices = '[1, 2]'`, /rule_prices_check/],
    ['an algorithm that nobody knows', `UPDATE "dispatcher_set" SET algorithm = 16`, /dispatcher_set_algorithm_check/],
  ])('refuses %s', async (_what, sql, why) => {
    const database = await rules();
    await expect(database.prisma.$executeRawUnsafe(sql)).rejects.toThrow(why);
  }, startDeadlineMs);

  it('counts the rows of a rate table and its versions, however they come and go', async () => {
    const { prisma } = await rules();
    const table = async (): Promise<unknown> => prisma.rateTable.findUnique({ where: { number: 7 }, select: { rows: true, version: true } });
    await prisma.$executeRawUnsafe(`INSERT INTO "rate" VALUES (7, '49', 1, 5), (7, '4930', 1, 6), (7, '49', 2, 5)`);
    expect(await table()).toEqual({ rows: 3, version: 1 });
    await prisma.$executeRawUnsafe(`UPDATE "rate" SET price = 7 WHERE table_number = 7 AND prefix = '49'`);
    expect(await table()).toEqual({ rows: 3, version: 2 });
    await prisma.$executeRawUnsafe(`DELETE FROM "rate" WHERE table_number = 7 AND set_id = 1`);
    await prisma.$executeRawUnsafe(`INSERT INTO "rate" VALUES (7, '1', 1, 5)`);
    expect(await table()).toEqual({ rows: 2, version: 4 });
    await prisma.$executeRawUnsafe(`DELETE FROM "rate" WHERE table_number = 7`);
    expect(await table()).toEqual({ rows: 0, version: 5 });
  }, startDeadlineMs);

  let at: TestDatabase | null = null;
  let shared: Promise<Database> | null = null;
  afterAll(async () => {
    await (await shared)?.close();
    await at?.dispose();
  });
  async function rules(): Promise<Database> {
    shared ??= (async () => {
      at = await testDatabase();
      const database = await open(at);
      await database.prisma.$executeRawUnsafe(`INSERT INTO "tenant" (key, name, limits, policies) VALUES ('a', 'a', '{}', '{}')`);
      await database.prisma.$executeRawUnsafe(`INSERT INTO "route_set" (number, name, family, failover) VALUES (1, '', 'any', '{}')`);
      await database.prisma.$executeRawUnsafe(`INSERT INTO "dispatcher_set" (id, name, algorithm, affinity, probing) VALUES (1, '', 4, 'aor', '{}'), (2, '', 4, 'aor', '{}')`);
      await database.prisma.$executeRawUnsafe(`INSERT INTO "rate" VALUES (5, '49', 2, 0)`);
      await database.prisma.$executeRawUnsafe(`INSERT INTO "rule" (route_set, position, "match", methods, sets) VALUES (1, 0, '{"type":"any"}', '{}', '{1}')`);
      await database.prisma.$executeRawUnsafe(`INSERT INTO "domain" (name, tenant_id, route_set) VALUES ('a.example', 1, 1)`);
      return database;
    })();
    return shared;
  }
});

describe('the data folder', () => {
  it('is one process\'s at a time, and free as soon as that one is killed', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-lock-'));
    cleanups.push(() => rm(dataDir, { recursive: true, force: true }));
    const lock = new URL('../../../controlplane/db/folder-lock.ts', import.meta.url).href;
    const hold = `import(${JSON.stringify(lock)}).then((m) => { m.lockFolder(${JSON.stringify(dataDir)}); process.kill(process.pid, 'SIGKILL'); })`;
    await expect(promisify(execFile)(process.execPath, ['-e', hold])).rejects.toMatchObject({ signal: 'SIGKILL' });
    const release = lockFolder(dataDir);
    const refused = `import(${JSON.stringify(lock)}).then((m) => { try { m.lockFolder(${JSON.stringify(dataDir)}) } catch (error) { console.log(error.name, error.message) } })`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', refused]);
    expect(stdout).toMatch(/^StartFault SIGNALBOX_DATA: the embedded database in ".*" is in use by another control plane/);
    release();
    lockFolder(dataDir)();
    expect(await readdir(dataDir)).toContain('controlplane.lock');
  });

  it.each(['/dev/null/data', '/proc/data', '/dev/null'])('%s, which cannot be made, is named in a sentence', async (dataDir) => {
    await expect(openDatabase({ databaseUrl: undefined, dataDir, migrationsDir }, quiet)).rejects.toThrow(`SIGNALBOX_DATA: the data folder "${dataDir}" cannot be written (`);
  });

  it('with a broken database in it says what to do, and is free again', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-broken-'));
    cleanups.push(() => rm(dataDir, { recursive: true, force: true }));
    await mkdir(join(dataDir, 'database'));
    await writeFile(join(dataDir, 'database', 'PG_VERSION'), 'nonsense');
    await expect(openDatabase({ databaseUrl: undefined, dataDir, migrationsDir }, quiet)).rejects.toThrow(/does not open \(.*\); restore it from a backup, or move the folder away to start empty\.$/s);
    lockFolder(dataDir)();
  }, startDeadlineMs);
});

describe('a database server that is not there', () => {
  it('is named without the password', async () => {
    const opening = openDatabase({ databaseUrl: 'postgresql://me:sesame@127.0.0.1:9/box', dataDir: tmpdir(), migrationsDir }, quiet);
    await expect(opening).rejects.toThrow(/^DATABASE_URL: the database at 127\.0\.0\.1:9\/box cannot be reached/);
    await expect(opening).rejects.not.toThrow(/sesame/);
  });
});

describe('a consistent read', () => {
  it('sees one moment, although others write meanwhile', async () => {
    const database = await open(await fresh());
    const add = (key: string): Promise<unknown> => database.prisma.tenant.create({ data: { key, name: key, limits: {}, policies: {} } });
    await add('first');
    const counts: number[] = [];
    for await (const count of database.consistent(async function* (sql) {
      for (let n = 0; n < 3; n += 1) yield Number((await sql('SELECT count(*) AS n FROM "tenant"', []))[0]?.['n']);
    })) {
      counts.push(count);
      await add(`meanwhile-${counts.length}`);
    }
    expect(counts).toEqual([1, 1, 1]);
    expect(await database.prisma.tenant.count()).toBe(4);
    await database.close();
  }, startDeadlineMs);
});

/**
 * Applies prisma/migrations at start and keeps the table that `prisma migrate deploy` reads and writes
 * (names, SHA-256 checksums), so that either tool may apply the next one. Both take the same advisory
 * lock: control planes that start together migrate one after the other.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartFault } from '../start-fault.ts';

/** One connection, outside of any pool. `script` may hold several statements. */
export interface SqlConnection {
  script(sql: string): Promise<void>;
  rows(sql: string, values: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** The lock id that Prisma's own schema engine uses. */
const advisoryLock = 72707369;

const createTable = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                    VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum"              VARCHAR(64) NOT NULL,
    "finished_at"           TIMESTAMPTZ,
    "migration_name"        VARCHAR(255) NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        TIMESTAMPTZ,
    "started_at"            TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count"   INTEGER NOT NULL DEFAULT 0
)`;

/** Reads a folder in Prisma's layout (`NAME/migration.sql`), in the order of the names. */
export async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  return Promise.all(names.map(async (name) => {
    const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
    return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
  }));
}

/**
 * Brings the database up to date; each migration is one transaction. Returns the names applied.
 * Throws StartFault when the database is newer than this program, was migrated by a changed file, or holds
 * a migration that failed half-way in another tool.
 */
export async function applyMigrations(sql: SqlConnection, migrations: readonly Migration[]): Promise<readonly string[]> {
  await sql.rows('SELECT pg_advisory_lock($1)', [advisoryLock]);
  try {
    await sql.script(createTable);
    const done = await appliedMigrations(sql);
    refuseStrangers(done, migrations);
    const applied: string[] = [];
    for (const migration of migrations) {
      const checksum = done.get(migration.name);
      if (checksum === undefined) {
        await applyOne(sql, migration);
        applied.push(migration.name);
      } else if (checksum !== migration.checksum) {
        throw new StartFault(`The migration ${migration.name} is not the file that made this database: its checksum differs; restore prisma/migrations from the release.`);
      }
    }
    return applied;
  } finally {
    await sql.rows('SELECT pg_advisory_unlock($1)', [advisoryLock]);
  }
}

async function appliedMigrations(sql: SqlConnection): Promise<ReadonlyMap<string, string>> {
  const done = new Map<string, string>();
  const rows = await sql.rows(
    'SELECT migration_name, checksum, finished_at IS NOT NULL AS finished FROM "_prisma_migrations" WHERE rolled_back_at IS NULL', []);
  for (const row of rows) {
    const name = String(row['migration_name']);
    if (row['finished'] !== true) {
      throw new StartFault(`The migration ${name} failed half-way; repair the database and mark it with "prisma migrate resolve", then start again.`);
    }
    done.set(name, String(row['checksum']));
  }
  return done;
}

function refuseStrangers(done: ReadonlyMap<string, string>, migrations: readonly Migration[]): void {
  const known = new Set(migrations.map((migration) => migration.name));
  const stranger = [...done.keys()].find((name) => !known.has(name));
  if (stranger !== undefined) {
    throw new StartFault(`The database holds the migration ${stranger}, which this version of Signalbox does not know; start the version that made it.`);
  }
}

async function applyOne(sql: SqlConnection, migration: Migration): Promise<void> {
  await sql.script('BEGIN');
  try {
    await sql.script(migration.sql);
    await sql.rows(
      'INSERT INTO "_prisma_migrations" (id, checksum, migration_name, started_at, finished_at, applied_steps_count) VALUES ($1, $2, $3, now(), now(), 1)',
      [randomUUID(), migration.checksum, migration.name]);
    await sql.script('COMMIT');
  } catch (error) {
    await sql.script('ROLLBACK');
    throw error;
  }
}

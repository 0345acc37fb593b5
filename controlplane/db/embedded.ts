/** The embedded database: PGlite (PostgreSQL in WebAssembly) in a folder below the data folder, one process at a time. */
import { chmodSync, mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { messageOf, StartFault } from '../start-fault.ts';
import type { Database, DatabaseLog, SqlReader } from './database.ts';
import { lockFolder, prepareFolder } from './folder-lock.ts';
import { PrismaClient } from './generated/client.ts';
import { applyMigrations, readMigrations } from './migrations.ts';

/**
 * Opens `dataDir/database`. Throws StartFault when the folder cannot be written, is in use, or holds
 * something that does not open.
 */
export async function openEmbedded(dataDir: string, migrationsDir: string, log: DatabaseLog): Promise<Database> {
  prepareFolder(dataDir);
  const unlock = lockFolder(dataDir);
  const folder = join(dataDir, 'database');
  try {
    closeToOthers(folder);
    const pglite = await openFolder(folder);
    const applied = await applyMigrations({
      async script(sql) {
        await pglite.exec(sql);
      },
      async rows(sql, values) {
        return (await pglite.query<Record<string, unknown>>(sql, [...values])).rows;
      },
    }, await readMigrations(migrationsDir));
    if (applied.length > 0) log.info(`applied ${applied.length} database migrations, the last is ${applied.at(-1)}`);
    return embedded(pglite, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Hashes of passwords and the cluster's keys are in there; PGlite makes its files for everybody to read. */
function closeToOthers(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  } catch (error) {
    throw new StartFault(`SIGNALBOX_DATA: "${folder}" cannot be made private to this user (${messageOf(error)}); make it this user's own or name another data folder.`);
  }
}

/** A segment of the write-ahead log, which recovery may have to make, is 16 MiB. */
const recoveryBytes = 32 * 1024 * 1024;

/** The operator's sentence. A full disk must not make anybody throw a healthy database away. */
export function whyClosed(folder: string, reason: string, freeBytes: number): string {
  if (freeBytes < recoveryBytes) {
    return `The embedded database in "${folder}" does not open (${reason}), and its disk is full (${Math.floor(freeBytes / 1024 / 1024)} MiB free); free at least ${recoveryBytes / 1024 / 1024} MiB and start again.`;
  }
  return `The embedded database in "${folder}" does not open (${reason}); restore it from a backup, or move the folder away to start empty.`;
}

async function openFolder(folder: string): Promise<PGlite> {
  try {
    return await PGlite.create({ dataDir: folder });
  } catch (error) {
    const { bavail, bsize } = statfsSync(folder);
    throw new StartFault(whyClosed(folder, messageOf(error), bavail * bsize));
  }
}

function embedded(pglite: PGlite, unlock: () => void): Database {
  // Minimal errors: the others repeat the query's values, hashes of passwords and tokens among them, and errors are logged.
  const prisma = new PrismaClient({ adapter: new PrismaPGlite(pglite) , errorFormat: 'minimal' });
  return {
    kind: 'embedded',
    prisma,
    listen: (channel, wake) => pglite.listen(channel, wake),
    async *consistent<T>(read: (sql: SqlReader) => AsyncGenerator<T>): AsyncGenerator<T> {
      const collected: T[] = [];
      await pglite.transaction(async (tx) => {
        for await (const part of read(async (text, values) => (await tx.query<Record<string, unknown>>(text, [...values])).rows)) collected.push(part);
      });
      yield* collected;
    },
    async ping() {
      await pglite.query('SELECT 1');
    },
    async close() {
      await prisma.$disconnect();
      await pglite.close();
      unlock();
    },
  };
}

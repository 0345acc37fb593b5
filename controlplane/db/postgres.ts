/** PostgreSQL through one pool (Prisma and consistent reads) and one listening connection a channel. */
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { messageOf, StartFault } from '../start-fault.ts';
import type { Database, DatabaseLog, SqlReader } from './database.ts';
import { PrismaClient } from './generated/client.ts';
import { PostgresListener } from './listener.ts';
import { applyMigrations, readMigrations } from './migrations.ts';

const poolSize = 12;
const connectTimeoutMs = 5_000;

/** Opens and migrates. Throws StartFault when the server cannot be reached or refuses. */
export async function openPostgres(url: string, migrationsDir: string, log: DatabaseLog): Promise<Database> {
  await migrate(url, migrationsDir, log);
  const pool = new pg.Pool({
    connectionString: url, max: poolSize, connectionTimeoutMillis: connectTimeoutMs, keepAlive: true, application_name: 'signalbox',
  });
  // An idle connection that breaks is replaced by the pool; without a listener its error would end the process.
  pool.on('error', (error) => log.warn(`a database connection broke: ${messageOf(error)}`));
  // Minimal errors: the others repeat the query's values, hashes of passwords and tokens among them, and errors are logged.
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) , errorFormat: 'minimal' });
  const listeners = new Set<PostgresListener>();
  return {
    kind: 'postgres',
    prisma,
    async listen(channel, wake) {
      const listener = new PostgresListener(url, channel, wake, (text) => log.warn(text));
      listeners.add(listener);
      await listener.start();
      return async () => {
        listeners.delete(listener);
        await listener.close();
      };
    },
    consistent: (read) => consistentRead(pool, read),
    async ping() {
      await pool.query('SELECT 1');
    },
    async close() {
      await Promise.all([...listeners].map((listener) => listener.close()));
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

async function* consistentRead<T>(pool: pg.Pool, read: (sql: SqlReader) => AsyncGenerator<T>): AsyncGenerator<T> {
  const client = await pool.connect();
  let finished = false;
  try {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    yield* read(async (text, values) => (await client.query<Record<string, unknown>>(text, [...values])).rows);
    await client.query('COMMIT');
    finished = true;
  } finally {
    // A read that was given up half-way leaves a transaction open: the connection is dropped, not reused.
    client.release(!finished);
  }
}

async function migrate(url: string, migrationsDir: string, log: DatabaseLog): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs, application_name: 'signalbox migrations' });
  // The rejected call below says the same; the event only must not end the process.
  client.on('error', (error) => log.warn(`the migration connection broke: ${messageOf(error)}`));
  try {
    await client.connect();
  } catch (error) {
    throw new StartFault(`DATABASE_URL: the database at ${describeUrl(url)} cannot be reached (${messageOf(error)}); start it or correct the address.`);
  }
  try {
    const applied = await applyMigrations({
      async script(sql) {
        await client.query(sql);
      },
      async rows(sql, values) {
        return (await client.query<Record<string, unknown>>(sql, [...values])).rows;
      },
    }, await readMigrations(migrationsDir));
    if (applied.length > 0) log.info(`applied ${applied.length} database migrations, the last is ${applied.at(-1)}`);
  } finally {
    await client.end();
  }
}

/** Host, port and database of the URL: never the password. */
function describeUrl(url: string): string {
  const parsed = new URL(url);
  const host = parsed.searchParams.get('host') ?? parsed.host;
  return `${host === '' ? 'localhost' : host}${parsed.pathname}`;
}

/**
 * A control plane for tests: the real app and database in this process, asked over real HTTP. The environment chooses
 * the database (SIGNALBOX_TEST_DATABASE = pglite | postgres), so the same suite runs on both.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { buildApp } from '../../../controlplane/app.ts';
import { startRuntime } from '../../../controlplane/services/runtime.ts';
import type { Runtime } from '../../../controlplane/services/runtime.ts';
import { Api } from '../../harness/api.ts';
import { copyEmptyDatabase } from '../../harness/pglite-template.ts';
import { PostgresServer } from '../../harness/postgres.ts';

export const migrationsDir = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));
/** The embedded database takes seconds to be made on a busy machine. */
export const startDeadlineMs = 120_000;
export const adminToken = 'integration-owner-token';

/** Where a test's database is; `dispose` takes it away again. */
export interface TestDatabase {
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  dispose(): Promise<void>;
}

/** One server for the databases that are in use at the moment. */
let postgres: { readonly server: Promise<PostgresServer>; users: number } | null = null;

export async function testDatabase(): Promise<TestDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-controlplane-'));
  const folder = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
  if (process.env['SIGNALBOX_TEST_DATABASE'] !== 'postgres') {
    await copyEmptyDatabase(join(dataDir, 'database'));
    return { databaseUrl: undefined, dataDir, dispose: folder };
  }
  postgres ??= { server: PostgresServer.create(), users: 0 };
  const shared = postgres;
  shared.users += 1;
  const server = await shared.server;
  return {
    databaseUrl: await server.createDatabase(), dataDir,
    async dispose() {
      shared.users -= 1;
      if (shared.users === 0) {
        postgres = null;
        await server.remove();
      }
      await folder();
    },
  };
}

export interface TestControlPlane {
  readonly app: FastifyInstance;
  readonly runtime: Runtime;
  readonly base: string;
  readonly api: Api;
  close(): Promise<void>;
}

/** Starts on a free port. Closing leaves the database for the next start. */
export async function startControlPlane(database: TestDatabase, dist = join(database.dataDir, 'no-console'), trustProxy: readonly string[] = []): Promise<TestControlPlane> {
  const log = pino({ level: 'silent' });
  const runtime = await startRuntime({
    settings: { http: { host: '127.0.0.1', port: 0 }, dataDir: database.dataDir, databaseUrl: database.databaseUrl, adminToken, logLevel: 'silent', trustProxy },
    migrationsDir, version: '0.0.0', log,
  });
  const app = await buildApp(runtime, log, dist);
  runtime.gateway.attach(app.server);
  const base = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    app, runtime, base, api: new Api(base, adminToken),
    async close() {
      await app.close();
      await runtime.close();
    },
  };
}

/** The control plane inside the test's own process: the real app and database, asked through fastify's inject. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import { buildApp } from '../../controlplane/app.ts';
import { startRuntime } from '../../controlplane/services/runtime.ts';
import type { Runtime } from '../../controlplane/services/runtime.ts';
import { testDatabase } from '../integration/controlplane/server.ts';
import type { TestDatabase } from '../integration/controlplane/server.ts';

export { startDeadlineMs } from '../integration/controlplane/server.ts';

export const adminToken = 'test-owner-token-of-this-process-only';

export interface AskOptions {
  /** Bearer value; null = none. Default: the owner token of the environment. */
  readonly token?: string | null;
  readonly cookie?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly raw: LightMyRequestResponse;
}

export class InProcessControlPlane {
  readonly app: FastifyInstance;
  readonly runtime: Runtime;
  private readonly database: TestDatabase;
  /** Everything that was logged, a JSON line each. */
  readonly log: readonly string[];

  private constructor(app: FastifyInstance, runtime: Runtime, database: TestDatabase, log: readonly string[]) {
    this.app = app;
    this.runtime = runtime;
    this.database = database;
    this.log = log;
  }

  get dataDir(): string {
    return this.database.dataDir;
  }

  /** On PGlite or PostgreSQL, as the environment says (see `testDatabase`). */
  static async start(): Promise<InProcessControlPlane> {
    const database = await testDatabase();
    const { dataDir, databaseUrl } = database;
    const lines: string[] = [];
    const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) });
    const runtime = await startRuntime({
      settings: { http: { host: '127.0.0.1', port: 0 }, dataDir, databaseUrl, adminToken, logLevel: 'debug', trustProxy: [] },
      migrationsDir: fileURLToPath(new URL('../../prisma/migrations', import.meta.url)), version: '0.0.0-test', log,
    });
    return new InProcessControlPlane(await buildApp(runtime, log, join(dataDir, 'no-console')), runtime, database, lines);
  }

  async ask<T = Record<string, unknown>>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, options: AskOptions = {}): Promise<Answer<T>> {
    const token = options.token === undefined ? (options.cookie === undefined ? adminToken : null) : options.token;
    const raw = await this.app.inject({
      method, url: `/api/v1${path}`, remoteAddress: options.address ?? '127.0.0.1',
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(options.cookie === undefined ? {} : { cookie: options.cookie }), ...options.headers,
      },
      ...(body === undefined ? {} : { payload: body as string | object | Buffer }),
    });
    const json = /json/.test(String(raw.headers['content-type'])) && raw.body !== '';
    return { status: raw.statusCode, body: (json ? JSON.parse(raw.body) : raw.body) as T, raw };
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.runtime.close();
    await this.database.dispose();
  }
}

/** Everything that the HTTP side stands on, made in order and closed in reverse. */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { createAudit } from '../audit/audit.ts';
import type { Audit } from '../audit/audit.ts';
import { createAuthServices } from '../auth/services.ts';
import { TrustedProxies } from '../auth/trusted-proxies.ts';
import type { AuthServices } from '../auth/services.ts';
import { DatabaseChangeSource } from '../config/change-source.ts';
import { adoptWireSchema } from '../config/wire-schema.ts';
import { ConfigWriter } from '../config/writer.ts';
import { openDatabase } from '../db/database.ts';
import type { Database } from '../db/database.ts';
import { createEventStore } from '../db/repositories/event-store.ts';
import { createRevisionLog } from '../db/repositories/revision-log.ts';
import { createSharedFactsStore } from '../db/repositories/shared-facts-store.ts';
import { Importer } from '../import/importer.ts';
import { EventStreams } from '../live/event-stream.ts';
import { Live } from '../live/live.ts';
import { checkBody } from '../plugins/validation.ts';
import type { PushGateway } from '../push/api.ts';
import { createPushGateway } from '../push/gateway.ts';
import type { Settings } from '../settings.ts';
import { ConfigService } from './config-service.ts';

export interface Runtime {
  readonly version: string;
  readonly now: () => number;
  readonly database: Database;
  readonly changes: DatabaseChangeSource;
  readonly writer: ConfigWriter;
  readonly config: ConfigService;
  readonly auth: AuthServices;
  readonly proxies: TrustedProxies;
  readonly audit: Audit;
  readonly live: Live;
  readonly streams: EventStreams;
  readonly gateway: PushGateway;
  readonly importer: Importer;
  /** Closes all of it; call it after the HTTP server has closed. */
  close(): Promise<void>;
}

export interface RuntimeOptions {
  readonly settings: Settings;
  readonly migrationsDir: string;
  readonly version: string;
  readonly log: Logger;
}

/** Opens the database and starts what runs in the background. Throws StartFault for what the operator can mend. */
export async function startRuntime({ settings, migrationsDir, version, log }: RuntimeOptions): Promise<Runtime> {
  const say = (level: 'debug' | 'info' | 'warn' | 'error', text: string, detail: Readonly<Record<string, unknown>> = {}): void => log[level](detail, text);
  const database = await openDatabase({ databaseUrl: settings.databaseUrl, dataDir: settings.dataDir, migrationsDir }, {
    info: (text) => log.info(text), warn: (text) => log.warn(text),
  });
  const now = Date.now;
  const changes = new DatabaseChangeSource({ database, warn: (text) => log.warn(text) });
  const auth = createAuthServices({ db: database.prisma, adminToken: settings.adminToken, now, random: randomBytes });
  const live = new Live({
    changes, revisions: createRevisionLog(database.prisma), events: createEventStore(database.prisma), nodes: auth.directory, now, log: say,
    shared: database.kind === 'postgres' ? createSharedFactsStore(database.prisma) : null,
  });
  const proxies = new TrustedProxies(settings.trustProxy);
  const gateway = createPushGateway({
    changes, directory: auth.directory, sink: live.sink, log: say,
    addressOf: (request) => proxies.clientOf(request.socket.remoteAddress ?? '', headerOf(request.headers['x-forwarded-for'])),
  });
  // Our own commits need not wait for the database's notification to come round.
  const writer = new ConfigWriter(database.prisma, now, () => changes.wakeAll());
  try {
    if (await adoptWireSchema(database)) log.info('the configuration has the wire form of this release; every node takes it whole');
    await changes.start();
    await live.start();
  } catch (error) {
    await changes.close();
    await database.close();
    throw error;
  }
  const config = new ConfigService(writer, gateway);
  return {
    version, now, database, changes, writer, config, auth, proxies, live, gateway, importer: new Importer({ config, check: checkBody }),
    audit: createAudit(live.eventLog), streams: new EventStreams(live.hub),
    async close() {
      await gateway.close();
      await live.close();
      await changes.close();
      await database.close();
    },
  };
}

/** Several lines of one list are one list (RFC 9110 §5.2). */
function headerOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value;
}

/** The control plane's process: settings → database → HTTP; signals; exit codes (2 = the operator has something to mend). */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hostname } from 'node:os';
import { pino } from 'pino';
import type { Logger } from 'pino';
import type { FastifyInstance } from 'fastify';
import { offerLocalJoinToken } from './auth/local-node.ts';
import { guessableBelow } from './auth/secret.ts';
import { buildApp } from './app.ts';
import { prepareFolder } from './db/folder-lock.ts';
import { startRuntime } from './services/runtime.ts';
import type { Runtime } from './services/runtime.ts';
import { readSettings } from './settings.ts';
import type { Settings } from './settings.ts';
import { messageOf, StartFault } from './start-fault.ts';

const closeGraceMs = 10_000;
const inProject = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

async function main(): Promise<void> {
  const read = readSettings(process.env, process.argv.slice(2));
  if (!read.ok) throw new StartFault(read.error);
  const settings = read.value;
  // Whatever is written from here on is for this user only, the embedded database's files included.
  process.umask(0o077);
  const log = createLog(settings.logLevel);
  prepareFolder(settings.dataDir);
  const runtime = await startRuntime({ settings, migrationsDir: inProject('prisma/migrations'), version: ownVersion(), log });
  let app: FastifyInstance;
  try {
    app = await buildApp(runtime, log, inProject('web/dist'));
    await offerLocalJoinToken(settings.dataDir, runtime.auth.directory);
    // The server waits for its open sockets, the nodes' among them: those end first.
    app.addHook('preClose', () => runtime.gateway.close());
    runtime.gateway.attach(app.server);
    await listen(app, settings);
  } catch (error) {
    await runtime.close();
    throw error;
  }
  closeOnSignals(app, runtime, log);
  await announce(app, runtime, settings, log);
}

function createLog(level: string): Logger {
  const base = { level, base: { plane: 'control' } };
  return process.stdout.isTTY ? pino({ ...base, transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname,plane' } } }) : pino(base);
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(inProject('package.json'), 'utf8')) as { readonly version: string };
  return version;
}

async function listen(app: FastifyInstance, { http }: Settings): Promise<void> {
  try {
    await app.listen({ host: http.host, port: http.port });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    const address = `${http.host.includes(':') ? `[${http.host}]` : http.host}:${http.port}`;
    if (code === 'EADDRINUSE') throw new StartFault(`SIGNALBOX_HTTP: ${address} is taken by another program; stop that one or name another address.`);
    if (code === 'EACCES') throw new StartFault(`SIGNALBOX_HTTP: ${address} may not be used by this user; take a port above 1023 or grant the right to bind it.`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') throw new StartFault(`SIGNALBOX_HTTP: ${address} is no address of this machine; name one that is, or 0.0.0.0.`);
    throw error;
  }
}

/** Where the console is, and the way to the first account while there is none. */
async function announce(app: FastifyInstance, runtime: Runtime, settings: Settings, log: Logger): Promise<void> {
  const origin = originOf(app, settings);
  log.info({ database: runtime.database.kind, dataDir: settings.dataDir }, `the console and the API are at ${origin}`);
  if (settings.adminToken !== null && settings.adminToken.length < guessableBelow) {
    log.warn(`SIGNALBOX_ADMIN_TOKEN has fewer than ${guessableBelow} characters: it can be guessed`);
  }
  const link = await runtime.auth.setup.createLink(`${hostname()}:${settings.http.port}`, origin);
  // Not a log line: it is needed whatever the log's level, and its token has no business in collected logs.
  if (link !== null) process.stdout.write(`Create the owner account at ${link}\n`);
}

function originOf(app: FastifyInstance, { http }: Settings): string {
  const bound = app.server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : http.port;
  const host = http.host === '0.0.0.0' ? '127.0.0.1' : http.host === '::' ? '::1' : http.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function closeOnSignals(app: FastifyInstance, runtime: Runtime, log: Logger): void {
  let closing = false;
  const close = (signal: string): void => {
    if (closing) return;
    closing = true;
    log.info(`${signal}: closing`);
    // Whatever hangs must not keep the process for ever: nothing acknowledged is lost by ending it.
    setTimeout(() => {
      log.error(`not closed within ${closeGraceMs} ms, ending anyway`);
      process.exit(1);
    }, closeGraceMs).unref();
    app.close().then(() => runtime.close()).then(
      () => {
        log.info('closed');
        process.exitCode = 0;
      },
      (error: unknown) => {
        log.error({ err: error }, 'closing failed');
        process.exit(1);
      });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => close(signal));
}

main().catch((error: unknown) => {
  if (error instanceof StartFault) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
    return;
  }
  process.stderr.write(`The control plane cannot start: ${error instanceof Error ? error.stack ?? error.message : messageOf(error)}\n`);
  process.exitCode = 1;
});

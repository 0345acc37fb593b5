/** Starts and stops the process: settings → node → signals. Exit codes: 0 stopped, 1 crashed, 2 wrong settings or a port that is taken. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CertificateRefused } from './certificates.ts';
import { createLog } from './log.ts';
import { Node } from './node.ts';
import { Succession } from './succession.ts';
import { ListenRefused } from './supervisor.ts';
import { readSettings, type Settings } from '../settings.ts';

function refuse(sentence: string): never {
  process.stderr.write(`signalbox data plane: ${sentence}\n`);
  process.exit(2);
}

const settings = readSettings(process.env, process.argv.slice(2));
if (!settings.ok) refuse(settings.error);

const folder = join(resolve(settings.value.dataDir), 'node');
try {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
} catch (error) {
  refuse(`SIGNALBOX_DATA: the folder ${folder} cannot be made (${String(error)}); give a folder that this user may write to.`);
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
const log = createLog(settings.value.logLevel, process.stdout.isTTY);
const succession = await Succession.begin(folder, version, settings.value.workers, settings.value.takeover, log);
if (!succession.ok) refuse(`SIGNALBOX_DATA: ${succession.error}`);
const node = create(settings.value, succession.value);

function create(value: Settings, heir: Succession): Node {
  try {
    return new Node(value, folder, version, log, heir, {
      crashed: () => process.exit(1),
      replaced: () => process.exit(0),
      orphaned: () => stop('the process that took over is gone', 1),
    });
  } catch (error) {
    if (error instanceof CertificateRefused) refuse(error.message);
    throw error;
  }
}

process.on('SIGHUP', () => node.reloadCertificates());
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(signal, 0));

function stop(reason: string, exitCode: number): void {
  if (stopping) return;
  stopping = true;
  log.info({ reason }, 'stopping');
  node.stop().then(
    () => process.exit(exitCode),
    (error: unknown) => {
      log.error({ err: error }, 'could not stop cleanly');
      process.exit(1);
    },
  );
}

try {
  await node.start();
} catch (error) {
  if (error instanceof ListenRefused) refuse(error.message);
  if (error instanceof Error && 'syscall' in error && error.syscall === 'listen') {
    const { host, port } = settings.value.nodeHttp;
    refuse(`SIGNALBOX_NODE_HTTP: ${host}:${port} cannot be opened (${error.message}); stop what uses it or give another address:port.`);
  }
  log.fatal({ err: error }, 'cannot start');
  process.exit(1);
}

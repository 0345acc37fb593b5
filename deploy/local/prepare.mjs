/** Everything between a fresh clone and a runnable project; each step does nothing when there is nothing to do. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { filesBelow, hashOf, inRoot, pinnedNode, readStamp, Refusal, root, writeStamp } from './project.mjs';

const say = (text) => process.stderr.write(`signalbox: ${text}\n`);

function runStep(what, command, args, env = {}) {
  const done = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (done.status === 0) return;
  const why = done.error ? done.error.message : `${done.stdout ?? ''}${done.stderr ?? ''}`.trim();
  throw new Refusal(`${what} failed (${command} ${args.join(' ')}):\n${why}`);
}

/** True when every package of the lockfile that this platform needs stands in node_modules in that version. */
function installed() {
  const hidden = inRoot('node_modules/.package-lock.json');
  if (!existsSync(hidden)) return false;
  const wanted = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8')).packages;
  const have = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const there = have[path];
    return there ? there.version === entry.version : entry.optional === true || entry.devOptional === true;
  });
}

/** Dependencies as the lockfile names them. */
export function install() {
  if (installed()) return;
  const fresh = !existsSync(inRoot('node_modules'));
  say(fresh ? 'installing dependencies (first start only) ...' : 'the lockfile changed, updating dependencies ...');
  runStep('Installing dependencies', 'npm', [fresh ? 'ci' : 'install', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** The database client that Prisma writes from the schema. */
export function generateClient() {
  const hash = hashOf([inRoot('prisma/schema.prisma'), inRoot('node_modules/prisma/package.json'), ...filesBelow(inRoot('prisma'), ['migrations']).filter((f) => f.endsWith('.ts'))]);
  if (existsSync(inRoot('controlplane/db/generated')) && readStamp('prisma-client') === hash) return;
  say('generating the database client ...');
  // Naming any executable keeps the CLI from downloading a schema engine that `generate` does not use.
  const env = { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
  runStep('Generating the database client', pinnedNode(), [inRoot('node_modules/prisma/build/index.js'), 'generate'], env);
  writeStamp('prisma-client', hash);
}

/** The console's files in web/dist. */
export function buildConsole() {
  const sources = [...filesBelow(inRoot('web'), ['dist', 'node_modules']), ...filesBelow(inRoot('controlplane/contract'))];
  const hash = hashOf([...sources, inRoot('package-lock.json')]);
  if (existsSync(inRoot('web/dist/index.html')) && readStamp('console') === hash) return;
  say('building the console ...');
  runStep('Building the console', pinnedNode(), [inRoot('node_modules/vite/bin/vite.js'), 'build', 'web', '--logLevel', 'warn']);
  writeStamp('console', hash);
}

export function prepare({ withConsole = false } = {}) {
  install();
  generateClient();
  if (withConsole) buildConsole();
}

/** Where things are, and small file questions that the bootstrap scripts share. Runs on any Node from 20.19 on. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const inRoot = (...parts) => join(root, ...parts);

/** A sentence for the person at the terminal instead of a stack trace. */
export class Refusal extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The Node that the lockfile pins; the host's own only bootstraps. */
export function pinnedNode() {
  const pinned = inRoot('node_modules/.bin/node');
  if (existsSync(pinned)) return pinned;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 26 || (major === 26 && minor >= 0)) return process.execPath;
  throw new Refusal(
    `There is no pinned Node for ${process.platform}-${process.arch} in node_modules and the host's is ${process.version}: install Node 26 or later and start again.`,
  );
}

/** Files below `folder`, depth first, in a stable order; folders named in `leaveOut` are not entered. */
export function filesBelow(folder, leaveOut = []) {
  if (!existsSync(folder)) return [];
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!leaveOut.includes(entry.name)) found.push(...filesBelow(path, leaveOut));
    } else if (entry.isFile()) found.push(path);
  }
  return found.sort((a, b) => (a < b ? -1 : 1));
}

/** One hash over names and contents. */
export function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

const stampFile = (name) => inRoot('node_modules/.cache/signalbox', `${name}.sha256`);

/** What `writeStamp` last kept under that name, '' when nothing. */
export function readStamp(name) {
  return existsSync(stampFile(name)) ? readFileSync(stampFile(name), 'utf8') : '';
}

export function writeStamp(name, value) {
  mkdirSync(dirname(stampFile(name)), { recursive: true });
  writeFileSync(stampFile(name), value);
}

/** Runs `main` and turns a Refusal into one sentence and an exit code. */
export async function runScript(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}

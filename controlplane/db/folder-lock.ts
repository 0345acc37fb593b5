/**
 * One process per data folder. The kernel holds the lock (SQLite's exclusive file lock) and lets go of it
 * when the process ends, however it ends, so there is no stale lock to clean up.
 */
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, StartFault } from '../start-fault.ts';

/** Creates the folder when it is not there. Throws StartFault when it cannot be written. */
export function prepareFolder(dataDir: string): void {
  try {
    makeFolder(resolve(dataDir));
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new StartFault(`SIGNALBOX_DATA: the data folder "${dataDir}" cannot be written (${messageOf(error)}); make it writable or name another one.`);
  }
}

/** Like `mkdir -p`. Node's own recursion does not end where a file system refuses folders with ENOENT (/proc). */
function makeFolder(path: string): void {
  if (existsSync(path)) {
    if (!statSync(path).isDirectory()) throw new Error('it is no folder');
    return;
  }
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/**
 * Takes the folder for this process. Returns the release function.
 * Throws StartFault when another control plane has it.
 */
export function lockFolder(dataDir: string): () => void {
  const path = join(dataDir, 'controlplane.lock');
  let file: DatabaseSync;
  try {
    file = new DatabaseSync(path);
  } catch (error) {
    throw new StartFault(`SIGNALBOX_DATA: "${path}" cannot be opened (${messageOf(error)}); make the data folder writable or name another one.`);
  }
  try {
    file.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    if (messageOf(error).includes('locked')) {
      throw new StartFault(`SIGNALBOX_DATA: the embedded database in "${dataDir}" is in use by another control plane; stop that one or name another data folder.`);
    }
    throw new StartFault(`SIGNALBOX_DATA: "${path}" is not usable as a lock file (${messageOf(error)}); remove it and start again.`);
  }
  return () => file.close();
}

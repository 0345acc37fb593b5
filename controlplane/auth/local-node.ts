/**
 * How the data plane of `npm start` joins without anybody typing anything: the control plane leaves a one-time
 * join token in `DATA/local-join-token`, readable by its own user only; whoever starts the node hands it over as
 * SIGNALBOX_JOIN_TOKEN. A node that has a token of its own does not look at it.
 */
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredNodeDirectory } from './node-directory.ts';

export const localJoinTokenFile = 'local-join-token';
const lifeMs = 30 * 86_400_000;

/**
 * Makes sure that the file holds a token that still works. Call it before the first `/healthz` is answered with 200.
 * Throws what the file system throws (read-only folder, disk full).
 */
export async function offerLocalJoinToken(dataDir: string, directory: StoredNodeDirectory): Promise<void> {
  const path = join(dataDir, localJoinTokenFile);
  const present = await readPresent(path);
  if (present !== null && await directory.joinTokenValid(present)) return;
  const { token } = await directory.createJoinToken({ name: '', createdBy: 'system', lifeMs });
  const temporary = `${path}.new`;
  // Created anew with its mode, so that there is no moment at which others can read it.
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(`${token}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

async function readPresent(path: string): Promise<string | null> {
  try {
    const text = await readFile(path, 'utf8');
    return text.length > 256 ? null : text.trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

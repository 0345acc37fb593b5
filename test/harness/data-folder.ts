/**
 * The data folder of a control plane that has started once on an empty folder. Creating the embedded
 * database takes seconds; tests that are not about the first start copy this folder instead. It is
 * kept between runs and made anew when migrations or the database engine change.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './process.ts';

function version(): string {
  const hash = createHash('sha256');
  const migrations = `${projectRoot}prisma/migrations`;
  const files = readdirSync(migrations, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.sql')).sort((a, b) => (a < b ? -1 : 1));
  for (const name of files) hash.update(name).update(readFileSync(join(migrations, name)));
  for (const file of ['node_modules/@electric-sql/pglite/package.json', 'controlplane/auth/local-node.ts', 'controlplane/db/embedded.ts']) hash.update(readFileSync(`${projectRoot}${file}`));
  return hash.digest('hex').slice(0, 16);
}

/**
 * @param startOn starts a control plane on a folder
 * @returns a folder to copy; nothing runs on it
 */
export async function migratedDataFolder(startOn: (dataDir: string) => Promise<{ readonly process: { stop(): Promise<unknown> } }>): Promise<string> {
  const folder = join(tmpdir(), `signalbox-test-data-${process.getuid?.() ?? 0}-${version()}`);
  if (existsSync(folder)) return folder;
  const fresh = mkdtempSync(join(tmpdir(), 'signalbox-test-data-'));
  const plane = await startOn(fresh);
  await plane.process.stop();
  try {
    renameSync(fresh, folder);
  } catch (error) {
    // Another test process was faster.
    if (!existsSync(folder)) throw error;
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

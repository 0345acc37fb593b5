/**
 * An embedded database that is initialised already, to copy instead of making one: PGlite's initdb takes seconds and
 * is not what most tests are about. Kept between runs, one a version of PGlite.
 */
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { projectRoot } from './process.ts';

const cache = join(projectRoot, 'node_modules', '.cache', 'signalbox');

/** Puts a fresh, empty database at `folder`, which must not exist. */
export async function copyEmptyDatabase(folder: string): Promise<void> {
  await cp(await template(), folder, { recursive: true });
}

async function template(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(projectRoot, 'node_modules', '@electric-sql', 'pglite', 'package.json'), 'utf8')) as { readonly version: string };
  const path = join(cache, `pglite-template-${version}`);
  if (existsSync(path)) return path;
  await mkdir(cache, { recursive: true });
  const making = await mkdtemp(join(cache, 'pglite-making-'));
  const database = await PGlite.create({ dataDir: join(making, 'database') });
  await database.close();
  try {
    await rename(join(making, 'database'), path);
  } catch (error) {
    // Another test process was quicker; its template is as good.
    if (!existsSync(path)) throw error;
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return path;
}

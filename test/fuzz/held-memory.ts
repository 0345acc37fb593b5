/**
 * Loaded into every thread of a process under test (`--import`): collects garbage every few seconds and writes what is still
 * held to a file of the thread's own. What a process has of the system says little: allocators keep what they once had.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { threadId } from 'node:worker_threads';
import { heldFolderVariable } from './memory-course.ts';

const intervalMs = 3_000;

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;
const file = join(process.env[heldFolderVariable] ?? '.', String(threadId));

setInterval(() => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  writeFileSync(`${file}.new`, String(heapUsed + external));
  renameSync(`${file}.new`, file);
}, intervalMs).unref();

/** A node's kept configuration of any size, written as the node itself writes it. */
import { mkdirSync, openSync, writeSync, closeSync } from 'node:fs';
import path from 'node:path';
import { Replica } from '../../dataplane/sync/replica.ts';
import { allNodeSafeguards } from '../../dataplane/sync/safeguards.ts';
import { snapshotParts } from '../../dataplane/sync/snapshot-file.ts';
import { settleAll } from '../../dataplane/sync/snapshot-reader.ts';
import { Staging } from '../../dataplane/sync/staging.ts';
import { allRows, hashesOf, type Sizes } from './rows.ts';

/** The replica that a node has after a snapshot of these sizes. */
export function replicaOf(sizes: Sizes): Replica {
  const plan = { kind: 'snapshot', epoch: 'bench', to: 1, hashes: hashesOf(allRows(sizes)), allowShrink: {} } as const;
  const staging = new Staging(Replica.empty, plan, allNodeSafeguards);
  for (const row of allRows(sizes)) staging.receive(row);
  const settled = settleAll(staging);
  if (!settled.ok) throw new Error(settled.error.detail);
  return settled.value.replica;
}

/** Writes `config.snap` below `dataDir`. @returns its size in bytes */
export function keepConfiguration(dataDir: string, replica: Replica): number {
  const folder = path.join(dataDir, 'node');
  mkdirSync(folder, { recursive: true });
  const file = openSync(path.join(folder, 'config.snap'), 'w');
  let bytes = 0;
  for (const part of snapshotParts(replica)) bytes += typeof part === 'string' ? writeSync(file, part) : writeSync(file, part);
  closeSync(file);
  return bytes;
}

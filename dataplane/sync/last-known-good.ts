/**
 * Reading the last-known-good configuration at start. Two generations are tried; a corrupt file is set aside under
 * another name and never stops the start: at worst the node begins empty and waits for a control plane.
 */
import { createReadStream } from 'node:fs';
import { readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Result } from '../contract/result.ts';
import { err } from '../contract/result.ts';
import { tableNames } from '../contract/rows.ts';
import type { RowOp } from '../contract/rows.ts';
import { bigTables, isBigTable } from '../routing/packed-kinds.ts';
import type { PackedTable } from '../routing/packed-tables.ts';
import { looseOps, packedTable } from './packing.ts';
import { readLog } from './log-file.ts';
import type { ReadLog } from './log-file.ts';
import { Replica, rowId } from './replica.ts';
import { allNodeSafeguards } from './safeguards.ts';
import { settleAll, SnapshotReader } from './snapshot-reader.ts';
import type { LoadedSnapshot } from './snapshot-reader.ts';
import { Staging } from './staging.ts';

export const files = { snapshot: 'config.snap', olderSnapshot: 'config.snap.1', log: 'config.log', olderLog: 'config.log.1' } as const;

export interface LastKnownGood {
  /** The node's reducer goes on from there. */
  readonly replica: Replica;
  /** The big tables, then every other row in use, in dependency order: apply them to an empty view before the first connection. */
  readonly packed: readonly PackedTable[];
  readonly ops: readonly RowOp[];
  /** Sentences about files that could not be trusted and where they were put; empty = all was well. */
  readonly warnings: readonly string[];
}

/**
 * Reads what was applied last from the node's data folder. Never rejects because of damaged files, and a missing folder counts
 * as an empty one. @param nowMs names files that are set aside.
 */
export async function readLastKnownGood(folder: string, nowMs: number): Promise<LastKnownGood> {
  const warnings: string[] = [];
  const logs = await readLogs(folder, nowMs, warnings);
  for (const name of [files.snapshot, files.olderSnapshot]) {
    const file = path.join(folder, name);
    const loaded = await readSnapshot(file);
    if (loaded === null) continue;
    if (loaded.ok) return replay(loaded.value, logs, warnings);
    warnings.push(await setAside(file, loaded.error, nowMs));
  }
  return { replica: Replica.empty, packed: [], ops: [], warnings };
}

/** null = there is no such file. */
async function readSnapshot(file: string): Promise<Result<LoadedSnapshot, string> | null> {
  let reader: SnapshotReader;
  try {
    reader = new SnapshotReader((await stat(file)).size);
    const stream: AsyncIterable<Buffer> = createReadStream(file, { highWaterMark: 1024 * 1024 });
    for await (const chunk of stream) reader.take(chunk);
  } catch (error) {
    return isMissing(error) ? null : err(`cannot be read (${messageOf(error)})`);
  }
  return reader.finish();
}

async function readLogs(folder: string, nowMs: number, warnings: string[]): Promise<readonly ReadLog[]> {
  const logs: ReadLog[] = [];
  for (const name of [files.log, files.olderLog]) {
    const file = path.join(folder, name);
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if (!isMissing(error)) warnings.push(await setAside(file, `cannot be read (${messageOf(error)})`, nowMs));
      continue;
    }
    const log = readLog(text);
    if (log === null) warnings.push(await setAside(file, 'has a damaged header', nowMs));
    else logs.push(log);
    if (log !== null && log.damaged >= 0) warnings.push(`${file} ends with a damaged record; the ${log.records.length} in front of it are used`);
  }
  return logs;
}

/** Applies the deltas that extend the snapshot, as far as they are contiguous and true to their hashes. */
function replay(start: LoadedSnapshot, logs: readonly ReadLog[], warnings: string[]): LastKnownGood {
  const rows = new Map<string, RowOp>();
  for (const op of start.ops) if (!isBigTable(op.table)) rows.set(rowId(op.table, op.key), op);
  let { replica } = start;
  const log = logs.find((one) => one.epoch === replica.epoch && one.rev === replica.rev);
  for (const record of log?.records ?? []) {
    if (record.epoch !== replica.epoch || record.from !== replica.rev) break;
    const staging = new Staging(replica, { kind: 'delta', epoch: record.epoch, to: record.to, hashes: record.hashes, allowShrink: {} }, { ...allNodeSafeguards, shrinkGuard: false });
    for (const row of record.rows) staging.receive(row);
    const settled = settleAll(staging);
    if (!settled.ok) {
      warnings.push(`the last-known-good log cannot be applied behind revision ${replica.rev}: ${settled.error.detail}`);
      break;
    }
    replica = settled.value.replica;
    for (const op of settled.value.change.ops) {
      if (isBigTable(op.table)) continue;
      if (op.row === null) rows.delete(rowId(op.table, op.key));
      else rows.set(rowId(op.table, op.key), op);
    }
  }
  const used = [...rows.values()];
  const ops = tableNames.flatMap((table) => (isBigTable(table) ? [...looseOps(table, replica.tables[table], replica.quarantine)] : used.filter((op) => op.table === table)));
  const packed = bigTables.map((table) => packedTable(table, replica.tables[table])).filter((whole) => whole !== null);
  return { replica, packed, ops, warnings };
}

async function setAside(file: string, fault: string, nowMs: number): Promise<string> {
  const aside = `${file}.corrupt-${nowMs}`;
  try {
    await rename(file, aside);
    return `${file} ${fault}; it was set aside as ${aside}`;
  } catch (error) {
    return `${file} ${fault}, and it could not be set aside (${messageOf(error)})`;
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

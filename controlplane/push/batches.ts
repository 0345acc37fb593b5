/** Several revisions as one batch: the last version of each row wins. Built once and shared by all nodes that need the same step. */
import { rowLine } from '../../dataplane/contract/frames.ts';
import type { TableHashes } from '../../dataplane/contract/hash.ts';
import { channel } from '../../dataplane/contract/wire.ts';
import type { ShrinkAllowance, WireRow } from '../../dataplane/contract/wire.ts';
import { deliberateRemovals } from './allowance.ts';
import type { Revision } from './ports.ts';

/** The step from one revision to a later one. */
export interface Batch {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
  readonly rows: readonly WireRow[];
  readonly hashes: TableHashes;
  readonly allowShrink: ShrinkAllowance;
  /** True when it fits a text frame; otherwise it travels as a stream of chunks. */
  readonly small: boolean;
}

/** Merges `revisions`, which follow `from` without a gap. null when there is none, a gap, or more rows than a delta may have. */
export function mergeRevisions(epoch: string, from: number, revisions: readonly Revision[]): Batch | null {
  const last = revisions.at(-1);
  if (last === undefined) return null;
  const rows = new Map<string, WireRow>();
  for (const [index, revision] of revisions.entries()) {
    if (revision.rev !== from + 1 + index) return null;
    for (const { table, key, json } of revision.ops) rows.set(`${table}\t${key}`, [table, key, json]);
    if (rows.size > channel.deltaRows) return null;
  }
  const merged = [...rows.values()];
  return {
    epoch, from, to: last.rev, rows: merged, hashes: last.hashes,
    allowShrink: deliberateRemovals(revisions), small: fitsFrame(merged),
  };
}

function fitsFrame(rows: readonly WireRow[]): boolean {
  let bytes = 0;
  for (const [table, key, json] of rows) {
    // Escaping doubles quotes at worst; the bound is about event-loop time, not about the last byte.
    bytes += table.length + key.length + (json?.length ?? 4) + 16;
    if (bytes > channel.deltaFrameBytes) return false;
  }
  return true;
}

/** Cuts rows into the NDJSON texts of chunks: at most `chunkRows` lines and about `chunkBytes` each. */
export function* chunkTexts(rows: Iterable<WireRow>, chunkRows: number): Generator<string> {
  let lines: string[] = [];
  let bytes = 0;
  for (const [table, key, json] of rows) {
    const line = rowLine(table, key, json);
    if (lines.length >= chunkRows || (lines.length > 0 && bytes + line.length > channel.chunkBytes)) {
      yield lines.join('\n');
      lines = [];
      bytes = 0;
    }
    lines.push(line);
    bytes += line.length + 1;
  }
  if (lines.length > 0) yield lines.join('\n');
}

/** Reads `config.snap` (snapshot-file.ts) from its bytes as they come; nothing of it is believed before the end. */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { decodeOp } from '../contract/decode.ts';
import { parseRowLine } from '../contract/frames.ts';
import { mapTables, zeroHash } from '../contract/hash.ts';
import { limits } from '../contract/limits.ts';
import type { Result } from '../contract/result.ts';
import { err, ok } from '../contract/result.ts';
import type { RowOp, TableName } from '../contract/rows.ts';
import { runToEnd } from '../routing/big-table.ts';
import { PackedBase } from '../routing/packed-base.ts';
import { packedKinds } from '../routing/packed-kinds.ts';
import type { PackedTable } from '../routing/packed-tables.ts';
import type { Quarantined } from './replica.ts';
import { Replica, rowId } from './replica.ts';
import { RowTable } from './row-table.ts';
import { allNodeSafeguards } from './safeguards.ts';
import { parseObject, readHeader } from './snapshot-file.ts';
import type { Block, Header } from './snapshot-file.ts';
import { Staging } from './staging.ts';
import type { BatchFault, Settled } from './staging.ts';

/** A line holds a row and its key. */
const longestLine = 4 * (limits.rowBytes + limits.frameBytes);

/** What a file says, row checks and references done anew: a newer version may read what an older one could not. */
export interface LoadedSnapshot {
  readonly replica: Replica;
  readonly packed: readonly PackedTable[];
  /** Every row in use, those of packed tables excepted. */
  readonly ops: readonly RowOp[];
}

interface OpenBlock {
  readonly block: Block;
  readonly buffer: SharedArrayBuffer;
  filled: number;
}

/** Give it the bytes with `take`, or lines with `line`; then `finish`. */
export class SnapshotReader {
  private readonly fileBytes: number;
  private readonly sum: Hash = createHash('sha256');
  private header: Header | null = null;
  private footer: { readonly sha256: string; readonly lines: number } | null = null;
  private fault: string | null = null;
  private lines = 0;
  private rest: Buffer = Buffer.alloc(0);
  private blocks: Block[] = [];
  private open: OpenBlock | null = null;
  private readonly packed = new Map<TableName, RowTable>();
  /** Good versions of unusable rows: what the staged rows are compared with. */
  private readonly good = new Map<string, Quarantined>();
  private readonly goodOps = new Map<string, RowOp>();
  private staging: Staging | null = null;

  /** @param fileBytes size of the file: it cannot announce more */
  constructor(fileBytes: number) {
    this.fileBytes = fileBytes;
  }

  take(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && this.fault === null;) {
      if (this.open !== null) {
        at += this.fill(this.open, chunk.subarray(at));
        continue;
      }
      const end = chunk.indexOf(10, at);
      const part = chunk.subarray(at, end < 0 ? chunk.length : end);
      if (end < 0) {
        this.rest = Buffer.concat([this.rest, part]);
        if (this.rest.length > longestLine) this.fault = `has a damaged line ${this.lines + 1}`;
        return;
      }
      const line = this.rest.length === 0 ? part : Buffer.concat([this.rest, part]);
      this.rest = Buffer.alloc(0);
      this.line(line.toString('utf8'));
      at = end + 1;
    }
  }

  /** Takes one line without its end. */
  line(text: string): void {
    if (this.fault !== null) return;
    if (this.open !== null) this.fault = 'is cut short';
    else if (this.footer !== null) this.fault = 'goes on behind its footer';
    else if (this.header === null) this.readHeader(text);
    else if (text.startsWith('{')) this.readFooter(text);
    else this.readRow(text);
  }

  /** The content, or why the file cannot be trusted. */
  finish(): Result<LoadedSnapshot, string> {
    if (this.rest.length > 0) this.line(this.rest.toString('utf8'));
    const { header, footer } = this;
    if (this.fault !== null) return err(this.fault);
    if (header === null) return err('is empty');
    if (footer === null) return err('is cut short');
    if (footer.lines !== this.lines || footer.sha256 !== this.sum.digest('hex')) return err('does not match its checksum');
    const settled = settleAll(this.staging ?? this.openStaging(header));
    if (!settled.ok) return err(`does not match itself: ${settled.error.detail}`);
    const { replica, change } = settled.value;
    const kept: RowOp[] = [];
    for (const [id, op] of this.goodOps) {
      if (!this.packed.has(op.table) && replica.effective(op.table, op.key) === this.good.get(id)?.good) kept.push(op);
    }
    return ok({ replica, packed: change.packed, ops: [...kept, ...change.ops.filter((op) => op.row !== null || this.packed.has(op.table))] });
  }

  private readHeader(text: string): void {
    this.sum.update(`${text}\n`);
    const header = readHeader(text, this.fileBytes);
    if (!header.ok) {
      this.fault = header.error;
      return;
    }
    this.header = header.value;
    this.blocks = [...header.value.packed];
    this.nextBlock();
  }

  private nextBlock(): void {
    const block = this.blocks.shift();
    this.open = block === undefined ? null : { block, buffer: new SharedArrayBuffer(block.bytes), filled: 0 };
    if (this.open !== null && this.open.block.bytes === 0) this.fault = 'has a damaged header';
  }

  /** Returns how many bytes were taken. */
  private fill(open: OpenBlock, chunk: Buffer): number {
    const part = chunk.subarray(0, open.block.bytes - open.filled);
    this.sum.update(part);
    new Uint8Array(open.buffer, open.filled, part.length).set(part);
    open.filled += part.length;
    if (open.filled < open.block.bytes) return part.length;
    const { table, hash } = open.block;
    try {
      this.packed.set(table, RowTable.packed(new PackedBase(packedKinds[table], open.buffer), hash));
      this.nextBlock();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.fault = `has a packed table that cannot be read (${error.message})`;
    }
    return part.length;
  }

  private readFooter(text: string): void {
    const footer = parseObject(text);
    if (typeof footer?.['sha256'] === 'string' && typeof footer['lines'] === 'number') this.footer = { sha256: footer['sha256'], lines: footer['lines'] };
    else this.fault = 'has a damaged footer';
  }

  private readRow(text: string): void {
    this.sum.update(`${text}\n`);
    this.lines++;
    const kept = text.startsWith('=');
    const row = parseRowLine(kept ? text.slice(1) : text);
    // A row may be said to be gone only where a packed one is.
    const good = row !== null && (row[2] !== null || (!kept && this.packed.has(row[0])));
    if (!good || this.header === null || (kept && this.staging !== null)) {
      this.fault = `has a damaged line ${this.lines + 1}`;
      return;
    }
    if (!kept) {
      this.staging ??= this.openStaging(this.header);
      this.staging.receive(row);
      return;
    }
    const [table, key, json] = row;
    const decoded = json === null ? null : decodeOp(table, key, json);
    if (decoded?.ok !== true) return;
    this.good.set(rowId(table, key), { table, key, reason: '', dangling: false, good: json });
    this.goodOps.set(rowId(table, key), decoded.value);
  }

  private openStaging({ epoch, rev, hashes }: Header): Staging {
    const tables = mapTables((table) => this.packed.get(table) ?? RowTable.empty);
    const base = new Replica(epoch, rev, mapTables((table) => this.packed.get(table)?.baseHash ?? zeroHash), tables, this.good);
    return new Staging(base, { kind: 'disk', epoch, to: rev, hashes, allowShrink: {} }, { ...allNodeSafeguards, shrinkGuard: false });
  }
}

/** Runs the checks of a batch in one go: at start nothing else waits for the event loop. */
export function settleAll(staging: Staging): Result<Settled, BatchFault> {
  return runToEnd(staging.settle());
}

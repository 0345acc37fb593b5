/**
 * The text of `config.snap`: a header, one line a row, and a footer with the SHA-256 over everything before it.
 * A row is `["table","key",{...}]` as on the wire; good versions that outlive an unusable row come first, as `=["table","key",{...}]`.
 */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { decodeOp } from '../contract/decode.ts';
import { isObject } from '../contract/decode-reader.ts';
import { parseRowLine, rowLine } from '../contract/frames.ts';
import { emptyHashes, mapTables, readTableHashes } from '../contract/hash.ts';
import type { TableHashes } from '../contract/hash.ts';
import type { Result } from '../contract/result.ts';
import { err, ok } from '../contract/result.ts';
import type { RowOp } from '../contract/rows.ts';
import { tableNames } from '../contract/rows.ts';
import { Replica } from './replica.ts';
import { RowTable } from './row-table.ts';
import { allNodeSafeguards } from './safeguards.ts';
import { Staging } from './staging.ts';
import type { BatchFault, Settled } from './staging.ts';

const magic = 'signalbox-config';
const format = 1;
/** Lines put together before they are handed on: well under 2 ms of work. */
const linesPerPart = 500;

/** The file's text in parts; the caller writes them one after the other and may pause in between. */
export function* snapshotParts(replica: Replica): Generator<string> {
  const sum = createHash('sha256');
  const head = `${JSON.stringify({ magic, format, epoch: replica.epoch, rev: replica.rev, hashes: replica.hashes })}\n`;
  sum.update(head);
  yield head;
  let lines = 0;
  let part = '';
  for (const line of rowLines(replica)) {
    part += `${line}\n`;
    if (++lines % linesPerPart === 0) {
      sum.update(part);
      yield part;
      part = '';
    }
  }
  sum.update(part);
  yield `${part}${JSON.stringify({ sha256: sum.digest('hex'), lines })}\n`;
}

function* rowLines(replica: Replica): Generator<string> {
  for (const { table, key, good } of replica.quarantine.values()) {
    if (good !== null) yield `=${rowLine(table, key, good)}`;
  }
  for (const table of tableNames) {
    for (const [key, json] of replica.tables[table].entries()) yield rowLine(table, key, json);
  }
}

/** What a file says, row checks and references done anew: a newer version may read what an older one could not. */
export interface LoadedSnapshot {
  readonly replica: Replica;
  /** Every row in use. */
  readonly ops: readonly RowOp[];
}

interface Header {
  readonly epoch: string;
  readonly rev: number;
  readonly hashes: TableHashes;
}

/** Reads the file line by line: `line` for each, then `finish`. */
export class SnapshotReader {
  private readonly sum: Hash = createHash('sha256');
  private header: Header | null = null;
  private footer: { readonly sha256: string; readonly lines: number } | null = null;
  private fault: string | null = null;
  private lines = 0;
  /** Good versions of unusable rows: what the staged rows are compared with. */
  private readonly good = mapTables(() => RowTable.empty.edit());
  private readonly goodOps: RowOp[] = [];
  private staging: Staging | null = null;

  /** Takes one line without its end. Nothing is believed before `finish`. */
  line(text: string): void {
    if (this.fault !== null) return;
    if (this.footer !== null) this.fault = 'goes on behind its footer';
    else if (this.header === null) this.readHeader(text);
    else if (text.startsWith('{')) this.readFooter(text);
    else this.readRow(text);
  }

  /** The content, or why the file cannot be trusted. */
  finish(): Result<LoadedSnapshot, string> {
    const { header, footer } = this;
    if (this.fault !== null) return err(this.fault);
    if (header === null) return err('is empty');
    if (footer === null) return err('is cut short');
    if (footer.lines !== this.lines || footer.sha256 !== this.sum.digest('hex')) return err('does not match its checksum');
    const settled = settleAll(this.staging ?? this.openStaging(header));
    if (!settled.ok) return err(`does not match itself: ${settled.error.detail}`);
    const { replica, change } = settled.value;
    const kept = this.goodOps.filter((op) => {
      const json = this.good[op.table].get(op.key);
      return json !== undefined && replica.effective(op.table, op.key) === json;
    });
    return ok({ replica, ops: [...kept, ...change.ops.filter((op) => op.row !== null)] });
  }

  private readHeader(text: string): void {
    const header = parseObject(text);
    if (header?.['magic'] !== magic) this.fault = 'is no configuration file';
    else if (header['format'] !== format) this.fault = `has format ${String(header['format'])}, this version reads ${format}`;
    else this.header = openHeader(header);
    if (this.header === null) this.fault ??= 'has a damaged header';
    this.sum.update(`${text}\n`);
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
    if (row === null || row[2] === null || this.header === null || (kept && this.staging !== null)) {
      this.fault = `has a damaged line ${this.lines + 1}`;
      return;
    }
    if (!kept) {
      this.staging ??= this.openStaging(this.header);
      this.staging.receive(row);
      return;
    }
    const [table, key, json] = row;
    const decoded = decodeOp(table, key, json);
    if (!decoded.ok) return;
    this.good[table].set(key, json);
    this.goodOps.push(decoded.value);
  }

  private openStaging({ epoch, rev, hashes }: Header): Staging {
    const base = new Replica(epoch, rev, emptyHashes, mapTables((table) => this.good[table].finish()), new Map());
    return new Staging(base, { kind: 'snapshot', epoch, to: rev, hashes, allowShrink: {} }, { ...allNodeSafeguards, shrinkGuard: false });
  }
}

/** Runs the checks of a batch in one go: at start nothing else waits for the event loop. */
export function settleAll(staging: Staging): Result<Settled, BatchFault> {
  const settling = staging.settle();
  for (;;) {
    const slice = settling.next();
    if (slice.done === true) return slice.value;
  }
}

/** A JSON object, or null for any other text. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function openHeader({ epoch, rev, hashes }: Readonly<Record<string, unknown>>): Header | null {
  const sums = readTableHashes(hashes);
  return typeof epoch === 'string' && Number.isSafeInteger(rev) && sums !== null ? { epoch, rev: Number(rev), hashes: sums } : null;
}

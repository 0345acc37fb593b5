/**
 * The content of `config.snap`: a header, the packed tables as they lie in memory, one line a row for all others (and for the
 * rows that differ from the packed ones), and a footer with the SHA-256 over everything before it. A row is
 * `["table","key",{...}]` as on the wire; good versions that outlive an unusable row come first, as `=["table","key",{...}]`.
 */
import { createHash } from 'node:crypto';
import { isTableName } from '../contract/decode.ts';
import { isObject } from '../contract/decode-reader.ts';
import { rowLine } from '../contract/frames.ts';
import { isHash, readTableHashes } from '../contract/hash.ts';
import type { TableHashes } from '../contract/hash.ts';
import type { Result } from '../contract/result.ts';
import { err, ok } from '../contract/result.ts';
import { tableNames } from '../contract/rows.ts';
import { bigTables, isBigTable } from '../routing/packed-kinds.ts';
import type { BigTableName } from '../routing/packed-kinds.ts';
import type { Replica } from './replica.ts';

const magic = 'signalbox-config';
/** Text alone, and with packed tables. A node without big tables writes what older versions read. */
const formats = { text: 1, packed: 2 } as const;
/** Lines put together before they are handed on, and bytes of a packed table: well under 2 ms of work. */
const linesPerPart = 500;
const bytesPerPart = 512 * 1024;

/** A packed table as the header announces it. */
export interface Block {
  readonly table: BigTableName;
  readonly bytes: number;
  /** Table hash over its rows. */
  readonly hash: string;
}

/** The file in parts; the caller writes them one after the other and may pause in between. */
export function* snapshotParts(replica: Replica): Generator<string | Uint8Array> {
  const sum = createHash('sha256');
  const packed = bigTables.flatMap((table) => {
    const { base, baseHash } = replica.tables[table];
    return base === null ? [] : [{ base, block: { table, bytes: base.buffer.byteLength, hash: baseHash } satisfies Block }];
  });
  const { epoch, rev, hashes } = replica;
  const head = packed.length === 0 ? { magic, format: formats.text, epoch, rev, hashes } : { magic, format: formats.packed, epoch, rev, hashes, packed: packed.map((one) => one.block) };
  const first = `${JSON.stringify(head)}\n`;
  sum.update(first);
  yield first;
  for (const { base: { buffer } } of packed) {
    for (let from = 0; from < buffer.byteLength; from += bytesPerPart) {
      // A copy: neither hashing nor writing takes shared memory everywhere.
      const part = new Uint8Array(new Uint8Array(buffer, from, Math.min(bytesPerPart, buffer.byteLength - from)));
      sum.update(part);
      yield part;
    }
  }
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
    for (const [key, json] of replica.tables[table].overlay.entries()) yield rowLine(table, key, json);
  }
}

export interface Header {
  readonly epoch: string;
  readonly rev: number;
  readonly hashes: TableHashes;
  readonly packed: readonly Block[];
}

/** Reads the first line: what the file says it is, or why it cannot be that. @param fileBytes packed tables cannot be larger */
export function readHeader(text: string, fileBytes: number): Result<Header, string> {
  const head = parseObject(text);
  if (head?.['magic'] !== magic) return err('is no configuration file');
  const format = head['format'];
  if (format !== formats.text && format !== formats.packed) return err(`has format ${String(format)}, this version reads ${formats.text} and ${formats.packed}`);
  const { epoch, rev } = head;
  const hashes = readTableHashes(head['hashes']);
  const packed = format === formats.text ? [] : readBlocks(head['packed']);
  if (typeof epoch !== 'string' || !Number.isSafeInteger(rev) || hashes === null || packed === null) return err('has a damaged header');
  if (packed.reduce((sum, block) => sum + block.bytes, 0) > fileBytes) return err('is cut short');
  return ok({ epoch, rev: Number(rev), hashes, packed });
}

function readBlocks(value: unknown): readonly Block[] | null {
  if (!Array.isArray(value)) return null;
  const blocks: Block[] = [];
  for (const one of value) {
    if (!isObject(one)) return null;
    const { table, bytes, hash } = one;
    if (!isTableName(table) || !isBigTable(table) || blocks.some((block) => block.table === table)) return null;
    if (!Number.isSafeInteger(bytes) || Number(bytes) < 0 || typeof hash !== 'string' || !isHash(hash)) return null;
    blocks.push({ table, bytes: Number(bytes), hash });
  }
  return blocks;
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

/**
 * Content hashes of the configuration. The hash of a table is the sum of the hashes of its rows, so a
 * change costs the rows it touches, and rows may come in any order. It is taken over the bytes
 * that travel (the row's JSON text), never over decoded values: a row that a node cannot read still counts.
 * It detects divergence; it is no defence against forgery (that is the transport's work).
 */
import { hash } from 'node:crypto';
import { tableNames } from './rows.ts';
import type { TableName } from './rows.ts';

/** 32 hex digits a table. */
export type TableHashes = Readonly<Record<TableName, string>>;

/** Hash of a table without rows. */
export const zeroHash = '0'.repeat(32);

/** Hashes of a configuration without rows. */
export const emptyHashes: TableHashes = mapTables(() => zeroHash);

/** One value for each table, in the order of `tableNames`. */
export function mapTables<T>(value: (table: TableName) => T): Record<TableName, T> {
  const out = {} as Record<TableName, T>;
  for (const table of tableNames) out[table] = value(table);
  return out;
}

/** Reads hashes as files and frames hold them: a table that is not named had no rows, or came with a later schema. null = something else. */
export function readTableHashes(value: unknown): TableHashes | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const hashes = { ...emptyHashes };
  for (const table of tableNames) {
    const named: unknown = Object.getOwnPropertyDescriptor(value, table)?.value;
    if (named === undefined) continue;
    if (typeof named !== 'string' || !isHash(named)) return null;
    hashes[table] = named;
  }
  return hashes;
}

/** A row before and after a change, as JSON text; null = absent. */
export interface RowChange {
  readonly table: TableName;
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** The sum over one table's rows: four lanes of 32 bits, each modulo 2^32. Mutable; copy with `new HashSum(sum.hex())`. */
export class HashSum {
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 0;

  /** @param hex 32 hex digits; throws a RangeError on anything else (a bug or a corrupt head row). */
  constructor(hex: string = zeroHash) {
    if (!isHash(hex)) throw new RangeError(`not a table hash: ${hex.slice(0, 40)}`);
    this.a = parseInt(hex.slice(0, 8), 16) | 0;
    this.b = parseInt(hex.slice(8, 16), 16) | 0;
    this.c = parseInt(hex.slice(16, 24), 16) | 0;
    this.d = parseInt(hex.slice(24, 32), 16) | 0;
  }

  add(table: TableName, key: string, json: string): void {
    const row = rowDigest(table, key, json);
    this.a = (this.a + row.readInt32BE(0)) | 0;
    this.b = (this.b + row.readInt32BE(4)) | 0;
    this.c = (this.c + row.readInt32BE(8)) | 0;
    this.d = (this.d + row.readInt32BE(12)) | 0;
  }

  remove(table: TableName, key: string, json: string): void {
    const row = rowDigest(table, key, json);
    this.a = (this.a - row.readInt32BE(0)) | 0;
    this.b = (this.b - row.readInt32BE(4)) | 0;
    this.c = (this.c - row.readInt32BE(8)) | 0;
    this.d = (this.d - row.readInt32BE(12)) | 0;
  }

  hex(): string {
    return lane(this.a) + lane(this.b) + lane(this.c) + lane(this.d);
  }
}

/** The sum of two sums of hashes, or their difference: what HashSum does row by row, for sums that were taken elsewhere. */
export function addSums(one: string, other: string, sign: 1 | -1): string {
  if (!isHash(one) || !isHash(other)) throw new RangeError('not a table hash');
  let sum = '';
  for (let i = 0; i < 32; i += 8) sum += lane((parseInt(one.slice(i, i + 8), 16) + sign * parseInt(other.slice(i, i + 8), 16)) | 0);
  return sum;
}

/** Hashes after `changes`; the input stays as it is. Tables without a change keep their string. */
export function applyChanges(hashes: TableHashes, changes: Iterable<RowChange>): TableHashes {
  const sums = new Map<TableName, HashSum>();
  for (const change of changes) {
    let sum = sums.get(change.table);
    if (sum === undefined) {
      sum = new HashSum(hashes[change.table]);
      sums.set(change.table, sum);
    }
    if (change.before !== null) sum.remove(change.table, change.key, change.before);
    if (change.after !== null) sum.add(change.table, change.key, change.after);
  }
  return mapTables((table) => sums.get(table)?.hex() ?? hashes[table]);
}

/** One hash over all tables, as heartbeats carry it: 32 hex digits. */
export function combinedHash(hashes: TableHashes): string {
  return hash('sha256', tableNames.map((table) => `${table}=${hashes[table]}`).join('\n'), 'hex').slice(0, 32);
}

/** True when every table's hash is the same. */
export function sameHashes(one: TableHashes, other: TableHashes): boolean {
  return tableNames.every((table) => one[table] === other[table]);
}

/** True for 32 lower-case hex digits. */
export function isHash(text: string): boolean {
  return text.length === 32 && /^[0-9a-f]+$/.test(text);
}

function rowDigest(table: TableName, key: string, json: string): Buffer {
  return hash('sha256', `${table}\0${key}\0${json}`, 'buffer');
}

const lane = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

/** How the rows of a big table become packed ones: those of a snapshot as they come, those of many deltas when it is worth it. */
import { decodeOp } from '../contract/decode.ts';
import { HashSum, zeroHash } from '../contract/hash.ts';
import type { RowOp, TableName } from '../contract/rows.ts';
import type { PackedBase } from '../routing/packed-base.ts';
import { PackedDraft } from '../routing/packed-draft.ts';
import type { BigTableName } from '../routing/packed-kinds.ts';
import { fieldsOf, newFields, packedKinds } from '../routing/packed-kinds.ts';
import type { PackedTable } from '../routing/packed-tables.ts';
import { Table, TableDraft } from '../routing/table.ts';
import type { Quarantine } from './replica.ts';
import { rowId } from './replica.ts';
import { RowTable } from './row-table.ts';

/** Rows that a big table keeps beside its packed ones, and up to which it is not packed at all. */
export const plainRows = 4_000;
/** Rows looked at between two yields. */
const sliceRows = 512;

const fields = newFields();

/** How many rows may differ from a packed base before it is packed anew: 1 % of it. */
export function looseMost(base: PackedBase | null, plain: number): number {
  return Math.max(plain, Math.floor((base?.size ?? 0) / 100));
}

/** Takes a row into a draft. False when its text is not the one that the packed row would give back. */
function pack(op: RowOp, json: string, draft: PackedDraft): boolean {
  return fieldsOf(op, fields) && draft.kind.json(fields) === json && draft.add(fields);
}

/** The rows of one big table of a snapshot on their way. */
export class SnapshotPacking {
  readonly table: BigTableName;
  private readonly draft: PackedDraft;

  constructor(table: BigTableName) {
    this.table = table;
    this.draft = new PackedDraft(packedKinds[table]);
  }

  /** Takes a decoded row in; false = it must be kept as text. */
  take(op: RowOp, json: string): boolean {
    return pack(op, json, this.draft);
  }

  /** @param loose rows kept as text; they hide packed ones. @param sum loses the rows that are hidden or came twice */
  *finish(loose: RowTable, sum: HashSum): Generator<undefined, RowTable> {
    const { table } = this;
    const base = yield* this.draft.finish((packed, record) => sum.remove(table, packed.key(record), packed.json(record)));
    let { size } = base;
    for (const [key] of loose.overlay.entries()) {
      const record = base.find(key);
      if (record === 0) size++;
      else sum.remove(table, key, base.json(record));
    }
    return new RowTable(base, zeroHash, loose.overlay, size);
  }
}

/** Says of a packed table what part of the table's hash is its base's. */
export function withBaseHash(table: TableName, rows: RowTable, hash: string): RowTable {
  const sum = new HashSum(hash);
  for (const [key, json] of rows.overlay.entries()) {
    if (json !== null) sum.remove(table, key, json);
    const hidden = rows.base?.find(key) ?? 0;
    if (hidden !== 0) sum.add(table, key, rows.base?.json(hidden) ?? '');
  }
  return new RowTable(rows.base, sum.hex(), rows.overlay, rows.size);
}

/** Packs base and overlay into one; what cannot be packed stays in the overlay. */
export function* packAll(table: BigTableName, rows: RowTable, hash: string): Generator<undefined, RowTable> {
  const draft = new PackedDraft(packedKinds[table]);
  const { base, overlay } = rows;
  let looked = 0;
  if (base !== null) {
    draft.noteMeasures(base.measures);
    for (const record of base.records()) {
      if (overlay.get(base.key(record)) === undefined) draft.addFrom(base, record);
      if (++looked % sliceRows === 0) yield;
    }
  }
  const loose = new TableDraft<string, string | null>(Table.empty());
  for (const [key, json] of overlay.entries()) {
    if (++looked % sliceRows === 0) yield;
    if (json === null) continue;
    const decoded = decodeOp(table, key, json);
    if (!decoded.ok || !pack(decoded.value, json, draft)) loose.set(key, json);
  }
  const packed = yield* draft.finish();
  return withBaseHash(table, new RowTable(packed, zeroHash, loose.finish(), rows.size), hash);
}

/** How two versions of a table differ. */
export interface Difference {
  /** Keys of `next` that `old` has too. */
  readonly kept: number;
  /** Keys whose text is new or another; null = more than was asked for. */
  readonly changed: readonly string[] | null;
}

/** Compares; stops gathering keys, but goes on counting, when there are more than `most`. */
export function* differ(old: RowTable, next: RowTable, most: number): Generator<undefined, Difference> {
  if (old.size === 0 && next.size > most) return { kept: 0, changed: null };
  let kept = 0;
  let looked = 0;
  let changed: string[] | null = [];
  for (const [key, json] of next.entries()) {
    const before = old.get(key);
    if (before !== undefined) kept++;
    if (before !== json && changed !== null) {
      if (changed.length < most) changed.push(key);
      else changed = null;
    }
    if (++looked % sliceRows === 0) yield;
  }
  return { kept, changed };
}

/** Which table a packed row's x and y name; null = none. */
export const packedReferences: { readonly [T in BigTableName]: readonly [x: TableName, y: TableName | null] } = {
  domain: ['tenant', 'routeSet'],
  number: ['tenant', 'routeSet'],
  rate: ['dispatcherSet', null],
};

/** Records whose x or y names a row that is not there; undefined = a slice of work is done. */
export function* danglingRecords(base: PackedBase, exists: (table: TableName, key: string) => boolean): Generator<number | undefined, void> {
  const [tableOfX, tableOfY] = packedReferences[base.kind.table];
  const knownX = new Map<number, boolean>();
  const knownY = new Map<number, boolean>();
  const ask = (known: Map<number, boolean>, table: TableName, id: number): boolean => {
    const answer = known.get(id) ?? exists(table, String(id));
    known.set(id, answer);
    return answer;
  };
  let looked = 0;
  for (const record of base.records()) {
    if (!ask(knownX, tableOfX, base.x(record)) || (tableOfY !== null && !ask(knownY, tableOfY, base.y(record)))) yield record;
    if (++looked % sliceRows === 0) yield undefined;
  }
}

/** A packed table as workers get it: the whole base; what is in use beside it or instead of its rows follows as ops. */
export function packedTable(table: BigTableName, rows: RowTable): PackedTable | null {
  return rows.base === null ? null : { table, buffer: rows.base.buffer };
}

/** What of a big table is in use beside, or instead of, its packed rows. */
export function* looseOps(table: BigTableName, rows: RowTable, quarantine: Quarantine): Generator<RowOp> {
  const gone = (key: string): RowOp[] => ((rows.base?.find(key) ?? 0) === 0 ? [] : [{ table, key, row: null }]);
  for (const held of quarantine.values()) {
    if (held.table !== table) continue;
    const good = held.good === null ? null : decodeOp(table, held.key, held.good);
    if (good?.ok === true) yield good.value;
    else yield* gone(held.key);
  }
  for (const [key, json] of rows.overlay.entries()) {
    if (quarantine.has(rowId(table, key))) continue;
    const decoded = json === null ? null : decodeOp(table, key, json);
    if (decoded?.ok === true) yield decoded.value;
    else yield* gone(key);
  }
}

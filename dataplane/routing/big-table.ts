/** A big table as a view holds it: a packed base and the rows that differ from it. One version; never changes. */
import { rowOp } from '../contract/decode.ts';
import type { Rows } from '../contract/rows.ts';
import { measureWords } from './packed-base.ts';
import type { PackedBase } from './packed-base.ts';
import { PackedDraft } from './packed-draft.ts';
import type { BigTableName } from './packed-kinds.ts';
import { fieldsOf, newFields, packedKinds } from './packed-kinds.ts';
import { Table, TableDraft } from './table.ts';

const fields = newFields();
/** Rows looked at between two yields. */
const sliceRows = 1_024;

/** The packed table without rows. */
export function emptyBase<T extends BigTableName>(table: T): PackedBase<T> {
  return runToEnd(new PackedDraft(packedKinds[table]).finish());
}

/** Does sliced work in one go. */
export function runToEnd<V>(work: Generator<undefined, V>): V {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

export class BigTable<T extends BigTableName> {
  readonly base: PackedBase<T>;
  /** By wire key; null = the base's row is gone. */
  readonly overlay: Table<string, Rows[T] | null>;
  readonly size: number;
  /** Bits of all measures that base or overlay may have (see PackedKind). */
  readonly measures: Int32Array;

  constructor(base: PackedBase<T>, overlay: Table<string, Rows[T] | null>, size: number, measures: Int32Array) {
    this.base = base;
    this.overlay = overlay;
    this.size = size;
    this.measures = measures;
  }

  static empty<T extends BigTableName>(table: T): BigTable<T> {
    return BigTable.of(emptyBase(table));
  }

  static of<T extends BigTableName>(base: PackedBase<T>): BigTable<T> {
    return new BigTable<T>(base, Table.empty(), base.size, base.measures);
  }

  get(key: string): Rows[T] | undefined {
    if (this.overlay.size > 0) {
      const changed = this.overlay.get(key);
      if (changed !== undefined) return changed ?? undefined;
    }
    const record = this.base.find(key);
    return record === 0 ? undefined : this.base.row(record);
  }

  /** Whether some row may have this measure. */
  measured(measure: number): boolean {
    return ((this.measures[measure >>> 5] as number) & (1 << (measure & 31))) !== 0;
  }

  /** Every row once, in no particular order. */
  *values(): Generator<Rows[T]> {
    const { base, overlay } = this;
    for (const record of base.records()) {
      base.read(record, fields);
      if (overlay.size > 0 && overlay.get(base.kind.key(fields)) !== undefined) continue;
      yield base.kind.row(fields);
    }
    for (const changed of overlay.values()) if (changed !== null) yield changed;
  }
}

/** The next version in the making. Not to be used after `finish`. */
export class BigTableDraft<T extends BigTableName> {
  private base: BigTable<T>;
  private overlay: TableDraft<string, Rows[T] | null>;
  private size: number;
  private measures: Int32Array;
  private changed = false;

  constructor(base: BigTable<T>) {
    this.base = base;
    this.overlay = new TableDraft(base.overlay);
    this.size = base.size;
    this.measures = base.measures;
  }

  /** Goes on from a packed table: whatever was there is forgotten. */
  rebase(base: PackedBase<T>): void {
    this.base = BigTable.of(base);
    this.overlay = new TableDraft(this.base.overlay);
    this.size = base.size;
    this.measures = base.measures;
    this.changed = true;
  }

  /** Puts a row, or takes it out (null). */
  put(key: string, row: Rows[T] | null): void {
    const { kind } = this.base.base;
    const before = this.overlay.get(key);
    const based = this.base.base.find(key) !== 0;
    const had = before === undefined ? based : before !== null;
    if (row === null && !had) return;
    this.changed = true;
    this.size += (row === null ? 0 : 1) - (had ? 1 : 0);
    if (row !== null || based) this.overlay.set(key, row);
    else this.overlay.delete(key);
    if (row !== null && kind.place(key, fields)) this.note(kind.measure(fields));
  }

  /** Whether the overlay says something about this key. */
  changes(key: string): boolean {
    return this.overlay.get(key) !== undefined;
  }

  finish(): BigTable<T> {
    return this.changed ? new BigTable(this.base.base, this.overlay.finish(), this.size, this.measures) : this.base;
  }

  private note(measure: number): void {
    if (measure < 0 || ((this.measures[measure >>> 5] as number) & (1 << (measure & 31))) !== 0) return;
    const measures = new Int32Array(measureWords);
    measures.set(this.measures);
    measures[measure >>> 5] = (measures[measure >>> 5] as number) | (1 << (measure & 31));
    this.measures = measures;
  }
}

/** Packs base and overlay into one. Rows that have not the form of packed ones stay in the overlay. */
export function* packAgain<T extends BigTableName>({ base, overlay }: BigTable<T>): Generator<undefined, BigTable<T>> {
  const draft = new PackedDraft(base.kind);
  draft.noteMeasures(base.measures);
  let looked = 0;
  for (const record of base.records()) {
    if (overlay.size === 0 || overlay.get(base.key(record)) === undefined) draft.addFrom(base, record);
    if (++looked % sliceRows === 0) yield;
  }
  const loose: [string, Rows[T]][] = [];
  for (const [key, row] of overlay.entries()) {
    if (row !== null && !(fieldsOf(rowOp(base.kind.table, key, row), fields) && draft.add(fields))) loose.push([key, row]);
    if (++looked % sliceRows === 0) yield;
  }
  const packed = new BigTableDraft(BigTable.of(yield* draft.finish()));
  for (const [key, row] of loose) packed.put(key, row);
  return packed.finish();
}

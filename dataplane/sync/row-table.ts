/**
 * The rows of one table as received (JSON text by key), immutable. A small table holds texts; a big one holds a packed base,
 * from which texts are made again, and the texts that differ from it. An edit copies only what it touches, so a change of
 * one row among a million costs microseconds, and an older state stays whole while it is written to disk.
 */
import { zeroHash } from '../contract/hash.ts';
import type { PackedBase } from '../routing/packed-base.ts';
import { Table, TableDraft } from '../routing/table.ts';

export class RowTable {
  readonly size: number;
  readonly base: PackedBase | null;
  /** Table hash over the rows of the base alone. */
  readonly baseHash: string;
  /** null = the base's row is gone. */
  readonly overlay: Table<string, string | null>;

  constructor(base: PackedBase | null, baseHash: string, overlay: Table<string, string | null>, size: number) {
    this.base = base;
    this.baseHash = baseHash;
    this.overlay = overlay;
    this.size = size;
  }

  static readonly empty: RowTable = new RowTable(null, zeroHash, Table.empty(), 0);

  /** @param baseHash table hash over the rows of the base */
  static packed(base: PackedBase, baseHash: string): RowTable {
    return new RowTable(base, baseHash, Table.empty(), base.size);
  }

  get(key: string): string | undefined {
    return textOf(this.base, this.overlay, key);
  }

  has(key: string): boolean {
    return holds(this.base, this.overlay, key);
  }

  /** All rows, in no particular order. */
  *entries(): Generator<readonly [string, string]> {
    const { base, overlay } = this;
    for (const record of base?.records() ?? []) {
      const key = base?.key(record) ?? '';
      if (overlay.size === 0 || overlay.get(key) === undefined) yield [key, base?.json(record) ?? ''];
    }
    for (const [key, json] of overlay.entries()) if (json !== null) yield [key, json];
  }

  edit(): RowTableEdit {
    return new RowTableEdit(this);
  }
}

/** A table in the making; `finish` ends it. */
export class RowTableEdit {
  private readonly origin: RowTable;
  private readonly overlay: TableDraft<string, string | null>;
  private rows: number;

  constructor(origin: RowTable) {
    this.origin = origin;
    this.overlay = new TableDraft(origin.overlay);
    this.rows = origin.size;
  }

  get size(): number {
    return this.rows;
  }

  get(key: string): string | undefined {
    return textOf(this.origin.base, this.overlay, key);
  }

  has(key: string): boolean {
    return holds(this.origin.base, this.overlay, key);
  }

  set(key: string, json: string): void {
    const { base } = this.origin;
    if (!this.has(key)) this.rows++;
    const record = base?.find(key) ?? 0;
    if (record !== 0 && base?.json(record) === json) this.overlay.delete(key);
    else this.overlay.set(key, json);
  }

  delete(key: string): void {
    if (!this.has(key)) return;
    this.rows--;
    if ((this.origin.base?.find(key) ?? 0) !== 0) this.overlay.set(key, null);
    else this.overlay.delete(key);
  }

  finish(): RowTable {
    return new RowTable(this.origin.base, this.origin.baseHash, this.overlay.finish(), this.rows);
  }
}

interface Overlay {
  get(key: string): string | null | undefined;
}

function textOf(base: PackedBase | null, overlay: Overlay, key: string): string | undefined {
  const changed = overlay.get(key);
  if (changed !== undefined || base === null) return changed ?? undefined;
  const record = base.find(key);
  return record === 0 ? undefined : base.json(record);
}

function holds(base: PackedBase | null, overlay: Overlay, key: string): boolean {
  const changed = overlay.get(key);
  if (changed !== undefined || base === null) return changed !== undefined && changed !== null;
  return base.find(key) !== 0;
}

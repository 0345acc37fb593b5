/**
 * One batch on its way from received rows to the next replica. Nothing of the current replica changes until the batch
 * has passed every check; a bad row is quarantined, a bad batch is dropped whole.
 */
import { decodeOp, rowOp } from '../contract/decode.ts';
import { HashSum, mapTables } from '../contract/hash.ts';
import type { TableHashes } from '../contract/hash.ts';
import { limits } from '../contract/limits.ts';
import type { Result } from '../contract/result.ts';
import { err, ok } from '../contract/result.ts';
import { tableNames } from '../contract/rows.ts';
import type { RowOp, TableName } from '../contract/rows.ts';
import type { RejectCode, Shrink, ShrinkAllowance, WireRow } from '../contract/wire.ts';
import type { PackedBase } from '../routing/packed-base.ts';
import { bigTables, isBigTable } from '../routing/packed-kinds.ts';
import type { BigTableName } from '../routing/packed-kinds.ts';
import { danglingRecords, differ, looseMost, looseOps, packAll, packedTable, plainRows, SnapshotPacking, withBaseHash } from './packing.ts';
import type { ConfigChange } from './ports.ts';
import { missingReference, referredTables } from './references.ts';
import { Replica, rowId } from './replica.ts';
import type { Quarantined } from './replica.ts';
import { RowTable } from './row-table.ts';
import type { RowTableEdit } from './row-table.ts';
import type { NodeSafeguards } from './safeguards.ts';
import { findShrinks } from './shrink-guard.ts';

export interface BatchPlan {
  /** `disk`: a kept snapshot, whose packed tables are the base's. */
  readonly kind: 'snapshot' | 'delta' | 'disk';
  readonly epoch: string;
  readonly to: number;
  readonly hashes: TableHashes;
  readonly allowShrink: ShrinkAllowance;
}

export interface BatchFault {
  readonly code: RejectCode;
  readonly detail: string;
  readonly shrink: readonly Shrink[];
}

export interface Settled {
  readonly replica: Replica;
  readonly change: ConfigChange;
}

/** Rows looked at between two yields of `settle`: well under 2 ms of work. */
const sliceRows = 128;

export class Staging {
  private readonly base: Replica;
  private readonly plan: BatchPlan;
  private readonly safeguards: NodeSafeguards;
  private readonly plain: number;
  private readonly edits: Record<TableName, RowTableEdit>;
  /** Big tables of a snapshot. */
  private readonly packings = new Map<TableName, SnapshotPacking>();
  /** Big tables that come whole, and what becomes of them. */
  private readonly packed = new Map<BigTableName, RowTable>();
  /** Rows that vanish from big tables of a snapshot. */
  private readonly vanished = new Map<TableName, number>();
  private readonly sums: Readonly<Record<TableName, HashSum>>;
  private readonly quarantine: Map<string, Quarantined>;
  /** Rows whose effective version may differ from the base's: the decoded row, or null when gone or unusable. */
  private readonly touched = new Map<string, RowOp>();
  /** Rows received so far, removals included. */
  received = 0;

  /** @param plain rows up to which a big table is not packed; tests pack sooner */
  constructor(base: Replica, plan: BatchPlan, safeguards: NodeSafeguards, plain: number = plainRows) {
    this.base = base;
    this.plan = plan;
    this.safeguards = safeguards;
    this.plain = plain;
    const fresh = plan.kind === 'snapshot';
    this.edits = mapTables((table) => (fresh ? RowTable.empty : base.tables[table]).edit());
    this.sums = mapTables((table) => (fresh ? new HashSum() : new HashSum(base.hashes[table])));
    this.quarantine = plan.kind === 'delta' ? new Map(base.quarantine) : new Map();
    if (fresh) for (const table of bigTables) this.packings.set(table, new SnapshotPacking(table));
  }

  /** Takes one row change in: a few microseconds, no verdict yet. */
  receive([table, key, json]: WireRow): void {
    this.received++;
    const id = rowId(table, key);
    const edit = this.edits[table];
    const before = edit.get(key);
    if (before !== undefined) this.sums[table].remove(table, key, before);
    if (json !== null && this.pack(id, table, key, json, before !== undefined)) return;
    if (json === null) {
      edit.delete(key);
      this.quarantine.delete(id);
      this.touched.set(id, rowOp(table, key, null));
      return;
    }
    this.sums[table].add(table, key, json);
    edit.set(key, json);
    if (this.base.tables[table].get(key) === json) this.keep(id);
    else this.decode(id, table, key, json);
  }

  /** Checks the whole; yields between slices of work. The batch is spent afterwards. */
  *settle(): Generator<undefined, Result<Settled, BatchFault>> {
    for (const packing of this.packings.values()) yield* this.settlePacking(packing);
    if (this.plan.kind === 'snapshot') yield* this.sweep();
    const fault = this.checkHashes() ?? (yield* this.checkShrinking());
    if (fault !== null) return err(fault);
    if (this.plan.kind === 'disk') this.takePacked();
    yield* this.resolveReferences();
    const hashes = mapTables((table) => this.sums[table].hex());
    const tables: Record<TableName, RowTable> = mapTables((table) => (isBigTable(table) ? this.packed.get(table) : undefined) ?? this.edits[table].finish());
    for (const table of bigTables) {
      const rows = tables[table];
      if (this.packed.has(table)) tables[table] = withBaseHash(table, rows, hashes[table]);
      else if (rows.overlay.size > looseMost(rows.base, this.plain)) tables[table] = yield* packAll(table, rows, hashes[table]);
      if (tables[table] !== rows) this.packed.set(table, tables[table]);
    }
    const ops = yield* this.collectOps(tables);
    const replica = new Replica(this.plan.epoch, this.plan.to, hashes, tables, this.quarantine);
    const packed = [...this.packed].map(([table, rows]) => packedTable(table, rows)).filter((whole) => whole !== null);
    return ok({ replica, change: { packed, ops, epoch: this.plan.epoch, rev: this.plan.to, origin: this.plan.kind } });
  }

  /** The packed tables of a kept snapshot are given on whole. */
  private takePacked(): void {
    for (const table of bigTables) {
      if (this.base.tables[table].base === null) continue;
      const rows = this.edits[table].finish();
      this.packed.set(table, rows);
      this.edits[table] = rows.edit();
    }
  }

  /** Takes a readable row of a big table into its packing; false = it goes the way of all others. */
  private pack(id: string, table: TableName, key: string, json: string, loose: boolean): boolean {
    const packing = this.packings.get(table);
    if (packing === undefined) return false;
    const decoded = decodeOp(table, key, json);
    if (!decoded.ok || !packing.take(decoded.value, json)) return false;
    this.sums[table].add(table, key, json);
    if (loose) {
      this.edits[table].delete(key);
      this.quarantine.delete(id);
      this.touched.delete(id);
    }
    return true;
  }

  /** A big table that is much as it was goes on as it is; otherwise the packed one takes its place. */
  private *settlePacking(packing: SnapshotPacking): Generator<undefined, void> {
    const { table } = packing;
    const old = this.base.tables[table];
    const next = yield* packing.finish(this.edits[table].finish(), this.sums[table]);
    const most = looseMost(old.base, this.plain);
    const { kept, changed } = yield* differ(old, next, most);
    this.vanished.set(table, old.size - kept);
    if (changed === null || old.size - kept > most) {
      this.edits[table] = next.edit();
      this.packed.set(table, next);
      return;
    }
    const edit = old.edit();
    this.edits[table] = edit;
    for (const key of changed) {
      const json = next.get(key) ?? '';
      edit.set(key, json);
      const id = rowId(table, key);
      if (!this.touched.has(id) && !this.quarantine.has(id)) this.decode(id, table, key, json);
    }
    for (const [id, held] of this.base.quarantine) {
      if (held.table === table && next.get(held.key) === old.get(held.key)) this.keep(id);
    }
    if (kept < old.size) yield* this.sweepTable(table, old, next);
  }

  /** The same bytes as before: whatever was known of the row still holds. */
  private keep(id: string): void {
    const held = this.base.quarantine.get(id);
    if (held === undefined) this.quarantine.delete(id);
    else this.quarantine.set(id, held);
    this.touched.delete(id);
  }

  private decode(id: string, table: TableName, key: string, json: string): void {
    const decoded = decodeOp(table, key, json);
    if (decoded.ok) {
      this.quarantine.delete(id);
      this.touched.set(id, decoded.value);
      return;
    }
    const reason = decoded.error.map((fault) => `${fault.pointer || '/'}: ${fault.message}`).join('; ').slice(0, limits.commentLength);
    this.quarantine.set(id, { table, key, reason, dangling: false, good: this.base.effective(table, key) });
    this.touched.delete(id);
  }

  /** Finds what the snapshot no longer has. */
  private *sweep(): Generator<undefined, void> {
    for (const table of tableNames) if (!this.packings.has(table)) yield* this.sweepTable(table, this.base.tables[table], this.edits[table]);
  }

  private *sweepTable(table: TableName, old: RowTable, next: { has(key: string): boolean }): Generator<undefined, void> {
    let looked = 0;
    for (const [key] of old.entries()) {
      if (!next.has(key)) {
        this.touched.set(rowId(table, key), rowOp(table, key, null));
        this.edits[table].delete(key);
      }
      if (++looked % sliceRows === 0) yield;
    }
  }

  private checkHashes(): BatchFault | null {
    if (!this.safeguards.hashOnBatches) return null;
    const wrong = tableNames.filter((table) => this.sums[table].hex() !== this.plan.hashes[table]);
    if (wrong.length === 0) return null;
    return { code: 'hash', detail: `rows of ${wrong.join(', ')} differ from what was announced`, shrink: [] };
  }

  private *checkShrinking(): Generator<undefined, BatchFault | null> {
    if (!this.safeguards.shrinkGuard) return null;
    const removed = mapTables(() => 0);
    let looked = 0;
    for (const op of this.touched.values()) {
      if (++looked % sliceRows === 0) yield;
      if (op.row === null && this.base.tables[op.table].has(op.key) && !this.edits[op.table].has(op.key)) removed[op.table]++;
    }
    for (const [table, rows] of this.vanished) removed[table] = rows;
    const shrink = findShrinks(
      tableNames.map((table) => ({ table, had: this.base.tables[table].size, removed: removed[table], left: this.edits[table].size })),
      this.plan.allowShrink,
    );
    if (shrink.length === 0) return null;
    const detail = shrink.map((one) => `${one.removed} of ${one.had} rows of ${one.table} would go`).join(', ');
    return { code: 'shrink-guard', detail, shrink };
  }

  /** In dependency order, so that a row refers only to rows whose fate is settled. */
  private *resolveReferences(): Generator<undefined, void> {
    yield* this.retryDangling();
    const byTable = mapTables<[string, RowOp][]>(() => []);
    let looked = 0;
    for (const entry of this.touched) {
      byTable[entry[1].table].push(entry);
      if (++looked % sliceRows === 0) yield;
    }
    for (const table of tableNames) {
      for (const [id, op] of byTable[table]) {
        if (op.row !== null) this.checkReferences(id, op);
        if (++looked % sliceRows === 0) yield;
      }
      const rows = isBigTable(table) ? this.packed.get(table) : undefined;
      if (rows !== undefined && rows.base !== null) yield* this.checkPacked(table, rows.base, rows);
    }
  }

  private *checkPacked(table: TableName, base: PackedBase, rows: RowTable): Generator<undefined, void> {
    for (const record of danglingRecords(base, this.exists)) {
      const key = record === undefined ? '' : base.key(record);
      if (record === undefined || rows.overlay.get(key) !== undefined) {
        yield;
        continue;
      }
      const decoded = decodeOp(table, key, base.json(record));
      if (decoded.ok) this.checkReferences(rowId(table, key), decoded.value);
    }
  }

  /** What waited for a reference gets another chance when this batch touches a table that is referred to. */
  private *retryDangling(): Generator<undefined, void> {
    let changed = false;
    for (const op of this.touched.values()) changed ||= referredTables.includes(op.table);
    if (!changed) return;
    let looked = 0;
    for (const [id, held] of this.quarantine) {
      const json = held.dangling && !this.touched.has(id) ? this.edits[held.table].get(held.key) : undefined;
      if (json === undefined) continue;
      const decoded = decodeOp(held.table, held.key, json);
      if (decoded.ok) {
        this.quarantine.delete(id);
        this.touched.set(id, decoded.value);
      }
      if (++looked % sliceRows === 0) yield;
    }
  }

  private checkReferences(id: string, op: RowOp): void {
    const missing = missingReference(op, this.exists);
    if (missing === null) return;
    const previous = this.base.effective(op.table, op.key);
    const fallback = previous === null ? null : decodeOp(op.table, op.key, previous);
    const good = fallback !== null && fallback.ok && missingReference(fallback.value, this.exists) === null ? previous : null;
    this.quarantine.set(id, { table: op.table, key: op.key, reason: missing, dangling: true, good });
    this.touched.set(id, rowOp(op.table, op.key, null));
  }

  private readonly exists = (table: TableName, key: string): boolean => {
    if (!this.edits[table].has(key)) return false;
    const held = this.quarantine.get(rowId(table, key));
    return held === undefined || held.good !== null;
  };

  /** The difference between what was in use, packed tables replaced, and what will be: rows beside packed ones, puts in table order, then removals in reverse. */
  private *collectOps(tables: Readonly<Record<TableName, RowTable>>): Generator<undefined, RowOp[]> {
    const puts = mapTables<RowOp[]>(() => []);
    const removals = mapTables<RowOp[]>(() => []);
    let looked = 0;
    for (const [id, op] of this.touched) {
      if (isBigTable(op.table) && this.packed.has(op.table)) continue;
      const before = this.base.effective(op.table, op.key);
      const held = this.quarantine.get(id);
      const after = held === undefined ? (tables[op.table].get(op.key) ?? null) : held.good;
      if (after === null && before !== null) removals[op.table].push(rowOp(op.table, op.key, null));
      else if (after !== null && after !== before && op.row !== null) puts[op.table].push(op);
      if (++looked % sliceRows === 0) yield;
    }
    const ops: RowOp[] = [];
    for (const [table, rows] of this.packed) {
      for (const op of looseOps(table, rows, this.quarantine)) {
        ops.push(op);
        if (++looked % sliceRows === 0) yield;
      }
    }
    for (const part of [...tableNames.map((table) => puts[table]), ...tableNames.toReversed().map((table) => removals[table])]) {
      for (const op of part) {
        ops.push(op);
        if (++looked % sliceRows === 0) yield;
      }
    }
    return ops;
  }
}

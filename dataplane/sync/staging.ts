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
import type { ConfigChange } from './ports.ts';
import { missingReference, referredTables } from './references.ts';
import { Replica, rowId } from './replica.ts';
import type { Quarantined } from './replica.ts';
import type { RowTable, RowTableEdit } from './row-table.ts';
import { RowTable as Rows } from './row-table.ts';
import type { NodeSafeguards } from './safeguards.ts';
import { findShrinks } from './shrink-guard.ts';

export interface BatchPlan {
  readonly kind: 'snapshot' | 'delta';
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
  private readonly edits: Readonly<Record<TableName, RowTableEdit>>;
  private readonly sums: Readonly<Record<TableName, HashSum>>;
  private readonly quarantine: Map<string, Quarantined>;
  /** Rows whose effective version may differ from the base's: the decoded row, or null when gone or unusable. */
  private readonly touched = new Map<string, RowOp>();
  /** Rows received so far, removals included. */
  received = 0;

  constructor(base: Replica, plan: BatchPlan, safeguards: NodeSafeguards) {
    this.base = base;
    this.plan = plan;
    this.safeguards = safeguards;
    const fresh = plan.kind === 'snapshot';
    this.edits = mapTables((table) => (fresh ? Rows.empty : base.tables[table]).edit());
    this.sums = mapTables((table) => (fresh ? new HashSum() : new HashSum(base.hashes[table])));
    this.quarantine = fresh ? new Map() : new Map(base.quarantine);
  }

  /** Takes one row change in: a few microseconds, no verdict yet. */
  receive([table, key, json]: WireRow): void {
    this.received++;
    const id = rowId(table, key);
    const edit = this.edits[table];
    const before = edit.get(key);
    if (before !== undefined) this.sums[table].remove(table, key, before);
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
    if (this.plan.kind === 'snapshot') yield* this.sweep();
    const fault = this.checkHashes() ?? (yield* this.checkShrinking());
    if (fault !== null) return err(fault);
    yield* this.resolveReferences();
    const ops = yield* this.collectOps();
    const tables: Record<TableName, RowTable> = mapTables((table) => this.edits[table].finish());
    const replica = new Replica(this.plan.epoch, this.plan.to, mapTables((table) => this.sums[table].hex()), tables, this.quarantine);
    return ok({ replica, change: { ops, epoch: this.plan.epoch, rev: this.plan.to, origin: this.plan.kind } });
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
    let looked = 0;
    for (const table of tableNames) {
      for (const [key] of this.base.tables[table].entries()) {
        if (!this.edits[table].has(key)) this.touched.set(rowId(table, key), rowOp(table, key, null));
        if (++looked % sliceRows === 0) yield;
      }
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

  /** The difference between what was in use and what will be: puts in table order, then removals in reverse. */
  private *collectOps(): Generator<undefined, RowOp[]> {
    const puts = mapTables<RowOp[]>(() => []);
    const removals = mapTables<RowOp[]>(() => []);
    let looked = 0;
    for (const [id, op] of this.touched) {
      const before = this.base.effective(op.table, op.key);
      const held = this.quarantine.get(id);
      const after = held === undefined ? (this.edits[op.table].get(op.key) ?? null) : held.good;
      if (after === null && before !== null) removals[op.table].push(rowOp(op.table, op.key, null));
      else if (after !== null && after !== before && op.row !== null) puts[op.table].push(op);
      if (++looked % sliceRows === 0) yield;
    }
    const ops: RowOp[] = [];
    for (const part of [...tableNames.map((table) => puts[table]), ...tableNames.toReversed().map((table) => removals[table])]) {
      for (const op of part) {
        ops.push(op);
        if (++looked % sliceRows === 0) yield;
      }
    }
    return ops;
  }
}

/**
 * Which removals the nodes' shrink guard need not hold because the change log shows a deliberate act: one object deleted
 * with its children (the last trunk, a dispatcher set with its destinations). Revisions that remove several objects at
 * once — imports, bulk edits, roll-backs, restored databases — get nothing, and an operator confirms them.
 */
import { tableNames } from '../../dataplane/contract/rows.ts';
import type { TableName } from '../../dataplane/contract/rows.ts';
import type { ShrinkAllowance } from '../../dataplane/contract/wire.ts';
import type { Revision } from './ports.ts';

/** Rows that live and die with another row. */
const children: ReadonlySet<TableName> = new Set<TableName>(['destination', 'rule']);
/** One act that takes more rows than that is a mass delete whatever it meant to be. */
const deliberateRows = 100;

/** Rows that the deliberate revisions among `revisions` remove, by table. */
export function deliberateRemovals(revisions: readonly Revision[]): ShrinkAllowance {
  const allowed: Partial<Record<TableName, number>> = {};
  for (const revision of revisions) {
    const removed = revision.ops.filter((op) => op.json === null);
    const objects = removed.filter((op) => !children.has(op.table)).length;
    if (objects > 1 || removed.length > deliberateRows) continue;
    for (const { table } of removed) allowed[table] = (allowed[table] ?? 0) + 1;
  }
  return allowed;
}

/** The larger allowance of each table. */
export function mergeAllowances(one: ShrinkAllowance, other: ShrinkAllowance): ShrinkAllowance {
  const merged: Partial<Record<TableName, number>> = {};
  for (const table of tableNames) {
    const rows = Math.max(one[table] ?? 0, other[table] ?? 0);
    if (rows > 0) merged[table] = rows;
  }
  return merged;
}

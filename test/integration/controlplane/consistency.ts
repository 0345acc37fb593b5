/** Whether log, tables and head of a control plane tell the same story. */
import { expect } from 'vitest';
import type { ChangeSource, WireOp } from '../../../controlplane/push/ports.ts';
import { HashSum, mapTables } from '../../../dataplane/contract/hash.ts';
import type { TableHashes } from '../../../dataplane/contract/hash.ts';
import { tableNames } from '../../../dataplane/contract/rows.ts';
import type { TableName } from '../../../dataplane/contract/rows.ts';

export interface WholeConfiguration {
  readonly rev: number;
  readonly epoch: string;
  readonly hashes: TableHashes;
  /** `table key` → canonical JSON. */
  readonly rows: ReadonlyMap<string, string>;
}

/** The snapshot as a node would get it; its tables come in the order of the wire. */
export async function readSnapshot(changes: ChangeSource): Promise<WholeConfiguration> {
  const { head, rows } = await changes.snapshot();
  const all = new Map<string, string>();
  const order: TableName[] = [];
  for await (const page of rows) {
    for (const op of page) {
      all.set(`${op.table} ${op.key}`, op.json ?? '');
      if (order.at(-1) !== op.table) order.push(op.table);
    }
  }
  expect(order).toEqual(tableNames.filter((table) => order.includes(table)));
  return { ...head, rows: all };
}

export function hashesOf(rows: ReadonlyMap<string, string>): TableHashes {
  const sums = mapTables(() => new HashSum());
  for (const [name, json] of rows) {
    const [table, key] = name.split(' ') as [TableName, string];
    sums[table].add(table, key, json);
  }
  return mapTables((table) => sums[table].hex());
}

/** The log replayed from the empty configuration: no gaps, and every revision's hashes are those of its rows. */
export async function replay(changes: ChangeSource): Promise<{ readonly rev: number; readonly rows: ReadonlyMap<string, string> }> {
  const rows = new Map<string, string>();
  for (let rev = 0; ;) {
    const revisions = await changes.revisionsAfter(rev, 50);
    if (revisions === null) throw new Error('the log was pruned');
    if (revisions.length === 0) return { rev, rows };
    for (const revision of revisions) {
      expect(revision.rev).toBe(rev + 1);
      rev = revision.rev;
      for (const op of revision.ops) apply(rows, op);
      expect(revision.hashes).toEqual(hashesOf(rows));
    }
    expect(await changes.hashesAt(rev)).toEqual(hashesOf(rows));
  }
}

function apply(rows: Map<string, string>, op: WireOp): void {
  if (op.json === null) rows.delete(`${op.table} ${op.key}`);
  else rows.set(`${op.table} ${op.key}`, op.json);
}

export async function expectConsistent(changes: ChangeSource): Promise<WholeConfiguration> {
  const now = await readSnapshot(changes);
  const log = await replay(changes);
  expect({ rev: log.rev, rows: Object.fromEntries(log.rows) }).toEqual({ rev: now.rev, rows: Object.fromEntries(now.rows) });
  expect(now.hashes).toEqual(hashesOf(now.rows));
  return now;
}

/** Which rows a row needs to be of use. Ownership by a tenant alone (shared sets) does not count: routing never follows it. */
import type { RowOp, TableName } from '../contract/rows.ts';

/** Finds out whether a usable row exists. */
export type Exists = (table: TableName, key: string) => boolean;

/** The tables that others refer to. */
export const referredTables: readonly TableName[] = ['tenant', 'dispatcherSet', 'routeSet'];

/**
 * Says which row is missing, or null when the row can be used. A rule needs one of its dispatcher sets, not all: the
 * rest are backups.
 */
export function missingReference(op: RowOp, exists: Exists): string | null {
  if (op.row === null) return null;
  switch (op.table) {
    case 'destination':
      return need('dispatcherSet', op.row.set, exists);
    case 'rule':
      return need('routeSet', op.row.routeSet, exists)
        ?? (op.row.rates !== 0 || op.row.enumSuffix !== '' || op.row.sets.some((set) => exists('dispatcherSet', String(set))) ? null : `dispatcherSet ${op.row.sets.join(', ')} is missing`);
    case 'rate':
      return need('dispatcherSet', op.row.set, exists);
    case 'alias':
      return need('tenant', op.row.tenant, exists);
    case 'domain':
    case 'number':
    case 'trunk':
      return need('tenant', op.row.tenant, exists) ?? need('routeSet', op.row.routeSet, exists);
    case 'setting': case 'tenant': case 'certificate': case 'dispatcherSet': case 'routeSet': case 'node':
      return null;
  }
}

function need(table: TableName, id: number, exists: Exists): string | null {
  return exists(table, String(id)) ? null : `${table} ${id} is missing`;
}

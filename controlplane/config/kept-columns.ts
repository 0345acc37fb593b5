/** Columns that every configuration table has, as they are written. */
import type { TableName } from '../../dataplane/contract/rows.ts';
import type { Stored } from './stored.ts';

/** For an update: the row's age stays. */
export function stampColumns(stored: Stored<TableName>) {
  return { comment: stored.note.comment, version: stored.version, updatedAt: new Date(stored.updatedAtMs) };
}

/** For an insert. */
export function keptColumns(stored: Stored<TableName>) {
  return { ...stampColumns(stored), createdAt: new Date(stored.createdAtMs) };
}

/** A configuration row as it is kept: what the nodes see, what only people see, and its version. */
import { canonicalJson } from '../../dataplane/contract/canonical.ts';
import type { Rows, TableName } from '../../dataplane/contract/rows.ts';

/** What never travels to a node. */
export interface Note {
  readonly comment: string;
  readonly externalId: string | null;
}

export const emptyNote: Note = { comment: '', externalId: null };

export interface Stored<T extends TableName> {
  readonly key: string;
  readonly row: Rows[T];
  /** Canonical JSON of `row`: the text that is hashed and sent. */
  readonly json: string;
  readonly note: Note;
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Columns that every configuration table has. */
export interface KeptColumns {
  readonly comment: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A row read from the database. `externalId` is null in tables that have none. */
export function storedRow<T extends TableName>(key: string, row: Rows[T], columns: KeptColumns, externalId: string | null): Stored<T> {
  return {
    key, row, json: canonicalJson(row),
    note: { comment: columns.comment, externalId },
    version: columns.version, createdAtMs: columns.createdAt.getTime(), updatedAtMs: columns.updatedAt.getTime(),
  };
}

export function sameNote(one: Note, other: Note): boolean {
  return one.comment === other.comment && one.externalId === other.externalId;
}

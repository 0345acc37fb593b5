/** What a node has applied: revision, received rows, and the rows among them that it could not use. Immutable. */
import { combinedHash, emptyHashes, mapTables } from '../contract/hash.ts';
import type { TableHashes } from '../contract/hash.ts';
import type { TableName } from '../contract/rows.ts';
import type { Position, QuarantinedRow } from '../contract/wire.ts';
import { channel } from '../contract/wire.ts';
import { RowTable } from './row-table.ts';

/** A received row that is not in use. */
export interface Quarantined {
  readonly table: TableName;
  readonly key: string;
  readonly reason: string;
  /** True when only a reference is missing: it is tried again when the missing row may have come. */
  readonly dangling: boolean;
  /** The good version that stays in use; null = none. */
  readonly good: string | null;
}

export type Quarantine = ReadonlyMap<string, Quarantined>;

/** Key of the quarantine: tables have no tab in their names. */
export const rowId = (table: TableName, key: string): string => `${table}\t${key}`;

export class Replica {
  readonly epoch: string;
  readonly rev: number;
  readonly hashes: TableHashes;
  readonly tables: Readonly<Record<TableName, RowTable>>;
  readonly quarantine: Quarantine;

  constructor(epoch: string, rev: number, hashes: TableHashes, tables: Readonly<Record<TableName, RowTable>>, quarantine: Quarantine) {
    this.epoch = epoch;
    this.rev = rev;
    this.hashes = hashes;
    this.tables = tables;
    this.quarantine = quarantine;
  }

  static readonly empty: Replica = new Replica('', 0, emptyHashes, mapTables(() => RowTable.empty), new Map());

  get position(): Position {
    return { epoch: this.epoch, rev: this.rev, hashes: this.hashes };
  }

  get hash(): string {
    return combinedHash(this.hashes);
  }

  /** The row in use: as received, or the good version that outlived it. */
  effective(table: TableName, key: string): string | null {
    const held = this.quarantine.get(rowId(table, key));
    return held === undefined ? (this.tables[table].get(key) ?? null) : held.good;
  }

  /** For a report: at most `channel.quarantinedReported` rows. */
  quarantined(): readonly QuarantinedRow[] {
    const rows: QuarantinedRow[] = [];
    for (const { table, key, reason } of this.quarantine.values()) {
      if (rows.push({ table, key: key.slice(0, 256), reason: reason.slice(0, 1_024) }) >= channel.quarantinedReported) break;
    }
    return rows;
  }
}

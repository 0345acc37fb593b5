/** What each configuration table can do; the stores stand in tables-*.ts. */
import type { TableName } from '../../dataplane/contract/rows.ts';
import type { Prisma } from '../db/generated/client.ts';
import type { Stored } from './stored.ts';

export type Tx = Prisma.TransactionClient;

export interface TableStore<T extends TableName> {
  /** Rows of these keys; absent ones are left out. */
  load(tx: Tx, keys: readonly string[]): Promise<Stored<T>[]>;
  insert(tx: Tx, rows: readonly Stored<T>[]): Promise<void>;
  update(tx: Tx, row: Stored<T>): Promise<void>;
  remove(tx: Tx, keys: readonly string[]): Promise<void>;
}

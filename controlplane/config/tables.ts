/** Reading and writing configuration rows, one small store a wire table. Only ConfigWriter writes through them. */
import type { TableName } from '../../dataplane/contract/rows.ts';
import type { TableStore, Tx } from './table-store.ts';
import { certificateTable, nodeTable, settingTable } from './tables-behaviour.ts';
import { destinationTable, dispatcherSetTable } from './tables-dispatcher.ts';
import { aliasTable, numberTable } from './tables-numbering.ts';
import { rateTable, routeSetTable, ruleTable } from './tables-routing.ts';
import { domainTable, tenantTable, trunkTable } from './tables-tenancy.ts';

export const tables: { readonly [T in TableName]: TableStore<T> } = {
  setting: settingTable,
  tenant: tenantTable,
  dispatcherSet: dispatcherSetTable,
  destination: destinationTable,
  routeSet: routeSetTable,
  rule: ruleTable,
  domain: domainTable,
  certificate: certificateTable,
  rate: rateTable,
  number: numberTable,
  alias: aliasTable,
  trunk: trunkTable,
  node: nodeTable,
};

/** Tables whose ids the database hands out. */
export type NumberedTable = 'tenant' | 'destination' | 'rule';

const sequences: Readonly<Record<NumberedTable, string>> = { tenant: 'tenant_id_seq', destination: 'destination_id_seq', rule: 'rule_id_seq' };

/** The next `count` ids. They stay used when the transaction is rolled back. */
export async function nextIds(tx: Tx, table: NumberedTable, count: number): Promise<number[]> {
  const rows = await tx.$queryRaw<{ id: bigint }[]>`SELECT nextval(${sequences[table]}::regclass) AS id FROM generate_series(1, ${count}::int)`;
  return rows.map((row) => Number(row.id));
}

/** Calls a store with the table's own row type; the table name is the proof. */
export function tableOf<T extends TableName>(table: T): TableStore<T> {
  return tables[table];
}

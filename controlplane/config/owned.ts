/** Rows looked up by what owns them: the destinations of sets, the rules of route sets, tenants by their keys. */
import type { TableName } from '../../dataplane/contract/rows.ts';
import type { Draft } from './draft.ts';
import type { Stored } from './stored.ts';
import type { Tx } from './table-store.ts';
import { storedDestination } from './tables-dispatcher.ts';
import { storedRule } from './tables-routing.ts';
import { storedTenant } from './tables-tenancy.ts';

export type OwnedTable = 'tenant' | 'destination' | 'rule';

/** Owners a query; each may have a thousand rows. */
const chunkOwners = 500;

const byOwners: { readonly [T in OwnedTable]: (tx: Tx, owners: readonly string[]) => Promise<readonly Stored<T>[]> } = {
  tenant: async (tx, keys) => (await tx.tenant.findMany({ where: { key: { in: [...keys] } } })).map(storedTenant),
  destination: async (tx, sets) => (await tx.destination.findMany({ where: { setId: { in: sets.map(Number) } } })).map(storedDestination),
  rule: async (tx, numbers) => (await tx.rule.findMany({ where: { routeSet: { in: numbers.map(Number) } } })).map(storedRule),
};

/** Makes all rows of these owners known to the draft (`draft.inGroup` gives them), with one query a few hundred owners. */
export async function loadOwned<T extends OwnedTable>(draft: Draft, table: T, owners: Iterable<string>): Promise<void> {
  const query: (tx: Tx, owners: readonly string[]) => Promise<readonly Stored<TableName>[]> = byOwners[table];
  const unknown = draft.groupsToLoad(table, owners);
  for (let i = 0; i < unknown.length; i += chunkOwners) {
    for (const stored of await query(draft.tx, unknown.slice(i, i + chunkOwners))) draft.know(table, stored as Stored<T>);
  }
}

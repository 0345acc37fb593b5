/** Stores of dispatcher sets and their destinations. */
import type { Destination, DispatcherSet, Prisma } from '../db/generated/client.ts';
import { compileDestination, compileDispatcherSet } from './columns.ts';
import { keptColumns, stampColumns } from './kept-columns.ts';
import type { Stored } from './stored.ts';
import { storedRow } from './stored.ts';
import type { TableStore } from './table-store.ts';

export const storedDispatcherSet = (row: DispatcherSet): Stored<'dispatcherSet'> => storedRow(String(row.id), compileDispatcherSet(row), row, row.externalId);
export const storedDestination = (row: Destination): Stored<'destination'> => storedRow(String(row.id), compileDestination(row), row, row.externalId);

function dispatcherSetColumns({ row, note }: Stored<'dispatcherSet'>) {
  return {
    name: row.name, tenantId: row.tenant, algorithm: row.algorithm, affinity: row.affinity, affinityAll: row.affinityAll,
    hashOn: row.hashOn, slowStartMs: row.slowStartMs, registration: row.registration,
    probing: { ...row.probing, codes: [...row.probing.codes] }, externalId: note.externalId,
  } satisfies Prisma.DispatcherSetUncheckedUpdateInput;
}

export const dispatcherSetTable: TableStore<'dispatcherSet'> = {
  load: async (tx, keys) => (await tx.dispatcherSet.findMany({ where: { id: { in: keys.map(Number) } } })).map(storedDispatcherSet),
  async insert(tx, rows) {
    await tx.dispatcherSet.createMany({ data: rows.map((stored) => ({ id: stored.row.id, ...dispatcherSetColumns(stored), ...keptColumns(stored) })) });
  },
  async update(tx, stored) {
    await tx.dispatcherSet.update({ where: { id: stored.row.id }, data: { ...dispatcherSetColumns(stored), ...stampColumns(stored) } });
  },
  async remove(tx, keys) {
    await tx.dispatcherSet.deleteMany({ where: { id: { in: keys.map(Number) } } });
  },
};

function destinationColumns({ row, note }: Stored<'destination'>) {
  return {
    setId: row.set, uri: row.uri, rank: row.rank, weight: row.weight, admin: row.admin, attrs: { ...row.attrs }, externalId: note.externalId,
  } satisfies Prisma.DestinationUncheckedUpdateInput;
}

export const destinationTable: TableStore<'destination'> = {
  load: async (tx, keys) => (await tx.destination.findMany({ where: { id: { in: keys.map(Number) } } })).map(storedDestination),
  async insert(tx, rows) {
    await tx.destination.createMany({ data: rows.map((stored) => ({ id: stored.row.id, ...destinationColumns(stored), ...keptColumns(stored) })) });
  },
  async update(tx, stored) {
    await tx.destination.update({ where: { id: stored.row.id }, data: { ...destinationColumns(stored), ...stampColumns(stored) } });
  },
  async remove(tx, keys) {
    await tx.destination.deleteMany({ where: { id: { in: keys.map(Number) } } });
  },
};

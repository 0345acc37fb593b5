/** Stores of route sets and their rules. */
import type { Prisma, RouteSet, Rule } from '../db/generated/client.ts';
import { compileRouteSet, compileRule } from './columns.ts';
import { keptColumns, stampColumns } from './kept-columns.ts';
import type { Stored } from './stored.ts';
import { storedRow } from './stored.ts';
import type { TableStore } from './table-store.ts';

export const storedRouteSet = (row: RouteSet): Stored<'routeSet'> => storedRow(String(row.number), compileRouteSet(row), row, row.externalId);
export const storedRule = (row: Rule): Stored<'rule'> => storedRow(String(row.id), compileRule(row), row, null);

function routeSetColumns({ row, note }: Stored<'routeSet'>) {
  return {
    name: row.name, tenantId: row.tenant, family: row.family, failover: { ...row.failover, on: [...row.failover.on] }, externalId: note.externalId,
  } satisfies Prisma.RouteSetUncheckedUpdateInput;
}

export const routeSetTable: TableStore<'routeSet'> = {
  load: async (tx, keys) => (await tx.routeSet.findMany({ where: { number: { in: keys.map(Number) } } })).map(storedRouteSet),
  async insert(tx, rows) {
    await tx.routeSet.createMany({ data: rows.map((stored) => ({ number: stored.row.number, ...routeSetColumns(stored), ...keptColumns(stored) })) });
  },
  async update(tx, stored) {
    await tx.routeSet.update({ where: { number: stored.row.number }, data: { ...routeSetColumns(stored), ...stampColumns(stored) } });
  },
  async remove(tx, keys) {
    await tx.routeSet.deleteMany({ where: { number: { in: keys.map(Number) } } });
  },
};

function ruleColumns({ row }: Stored<'rule'>) {
  return {
    routeSet: row.routeSet, position: row.position, match: { ...row.match }, methods: [...row.methods], sets: [...row.sets],
    strip: row.strip, prepend: row.prepend,
  } satisfies Prisma.RuleUncheckedUpdateInput;
}

export const ruleTable: TableStore<'rule'> = {
  load: async (tx, keys) => (await tx.rule.findMany({ where: { id: { in: keys.map(Number) } } })).map(storedRule),
  async insert(tx, rows) {
    await tx.rule.createMany({ data: rows.map((stored) => ({ id: stored.row.id, ...ruleColumns(stored), ...keptColumns(stored) })) });
  },
  async update(tx, stored) {
    await tx.rule.update({ where: { id: stored.row.id }, data: { ...ruleColumns(stored), ...stampColumns(stored) } });
  },
  async remove(tx, keys) {
    await tx.rule.deleteMany({ where: { id: { in: keys.map(Number) } } });
  },
};

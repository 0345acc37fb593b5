/** Stores of route sets, their rules and the rates that rules choose by. */
import type { Prisma, Rate, RouteSet, Rule } from '../db/generated/client.ts';
import { compileRate, compileRouteSet, compileRule } from './columns.ts';
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
    strip: row.strip, prepend: row.prepend, prices: [...row.prices], windows: row.windows.map((window) => ({ ...window, days: [...window.days] })),
    rates: row.rates, enumSuffix: row.enumSuffix,
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

/** Rates have no comment, version or age of their own: a price list is one thing, whose version stands in rate_table. */
export const storedRate = (row: Rate): Stored<'rate'> => storedRow(`${row.tableNumber}/${row.prefix}/${row.setId}`, compileRate(row), rateKept, null);
const rateKept = { comment: '', version: 1, createdAt: new Date(0), updatedAt: new Date(0) };

/** A few rates at a time; whole tables go by rate-edit.ts. */
export const rateTable: TableStore<'rate'> = {
  load: async (tx, keys) => (await tx.rate.findMany({ where: { OR: keys.map(rateKey) } })).map(storedRate),
  async insert(tx, rows) {
    await tx.rate.createMany({ data: rows.map(({ row }) => ({ tableNumber: row.table, prefix: row.prefix, setId: row.set, price: row.price })) });
  },
  async update(tx, { key, row }) {
    await tx.rate.updateMany({ where: rateKey(key), data: { price: row.price } });
  },
  async remove(tx, keys) {
    await tx.rate.deleteMany({ where: { OR: keys.map(rateKey) } });
  },
};

function rateKey(key: string): { readonly tableNumber: number; readonly prefix: string; readonly setId: number } {
  const [table, prefix = '', set] = key.split('/');
  return { tableNumber: Number(table), prefix, setId: Number(set) };
}

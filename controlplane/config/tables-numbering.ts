/** Stores of called numbers and aliases. Both come by the hundred thousand: one JSON parameter instead of ten a row. */
import type { Alias, CalledNumber, Prisma } from '../db/generated/client.ts';
import { compileAlias, compileNumber } from './columns.ts';
import { keptColumns, stampColumns } from './kept-columns.ts';
import type { Stored } from './stored.ts';
import { storedRow } from './stored.ts';
import type { TableStore } from './table-store.ts';

export const storedNumber = (row: CalledNumber): Stored<'number'> => storedRow(row.pattern, compileNumber(row), row, row.externalId);
export const storedAlias = (row: Alias): Stored<'alias'> => storedRow(row.alias, compileAlias(row), row, row.externalId);

function numberColumns({ row, note }: Stored<'number'>) {
  return { tenantId: row.tenant, routeSetId: row.routeSet, enabled: row.enabled, externalId: note.externalId } satisfies Prisma.CalledNumberUncheckedUpdateInput;
}

export const numberTable: TableStore<'number'> = {
  load: async (tx, keys) => (await tx.calledNumber.findMany({ where: { pattern: { in: [...keys] } } })).map(storedNumber),
  async insert(tx, rows) {
    await tx.$executeRaw`
      INSERT INTO "number" (pattern, tenant_id, route_set, enabled, external_id, comment, version, created_at, updated_at)
      SELECT r.pattern, r."tenantId", r."routeSetId", r.enabled, r."externalId", r.comment, r.version, r."createdAt", r."updatedAt"
      FROM jsonb_to_recordset(${JSON.stringify(rows.map((stored) => ({ pattern: stored.row.pattern, ...numberColumns(stored), ...keptColumns(stored) })))}::jsonb)
        AS r (pattern text, "tenantId" integer, "routeSetId" integer, enabled boolean, "externalId" text, comment text, version integer,
              "createdAt" timestamptz, "updatedAt" timestamptz)`;
  },
  async update(tx, stored) {
    await tx.calledNumber.update({ where: { pattern: stored.row.pattern }, data: { ...numberColumns(stored), ...stampColumns(stored) } });
  },
  async remove(tx, keys) {
    await tx.calledNumber.deleteMany({ where: { pattern: { in: [...keys] } } });
  },
};

function aliasColumns({ row, note }: Stored<'alias'>) {
  return { target: row.target, tenantId: row.tenant, enabled: row.enabled, externalId: note.externalId } satisfies Prisma.AliasUncheckedUpdateInput;
}

export const aliasTable: TableStore<'alias'> = {
  load: async (tx, keys) => (await tx.alias.findMany({ where: { alias: { in: [...keys] } } })).map(storedAlias),
  async insert(tx, rows) {
    await tx.$executeRaw`
      INSERT INTO alias (alias, target, tenant_id, enabled, external_id, comment, version, created_at, updated_at)
      SELECT r.alias, r.target, r."tenantId", r.enabled, r."externalId", r.comment, r.version, r."createdAt", r."updatedAt"
      FROM jsonb_to_recordset(${JSON.stringify(rows.map((stored) => ({ alias: stored.row.alias, ...aliasColumns(stored), ...keptColumns(stored) })))}::jsonb)
        AS r (alias text, target text, "tenantId" integer, enabled boolean, "externalId" text, comment text, version integer,
              "createdAt" timestamptz, "updatedAt" timestamptz)`;
  },
  async update(tx, stored) {
    await tx.alias.update({ where: { alias: stored.row.alias }, data: { ...aliasColumns(stored), ...stampColumns(stored) } });
  },
  async remove(tx, keys) {
    await tx.alias.deleteMany({ where: { alias: { in: [...keys] } } });
  },
};

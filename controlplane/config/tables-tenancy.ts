/** Stores of tenants, domains and trunks. */
import type { TenantRow } from '../../dataplane/contract/rows.ts';
import type { Domain, Prisma, Tenant, Trunk } from '../db/generated/client.ts';
import { compileDomain, compileTenant, compileTrunk } from './columns.ts';
import { keptColumns, stampColumns } from './kept-columns.ts';
import type { Stored } from './stored.ts';
import { storedRow } from './stored.ts';
import type { TableStore } from './table-store.ts';

export const storedTenant = (row: Tenant): Stored<'tenant'> => storedRow(String(row.id), compileTenant(row), row, row.externalId);
export const storedDomain = (row: Domain): Stored<'domain'> => storedRow(row.name, compileDomain(row), row, row.externalId);
export const storedTrunk = (row: Trunk): Stored<'trunk'> => storedRow(row.key, compileTrunk(row), row, row.externalId);

function tenantColumns({ row }: Stored<'tenant'>) {
  return { key: row.key, name: row.name, enabled: row.enabled, limits: { ...row.limits }, policies: { ...row.policies } } satisfies Partial<Record<keyof TenantRow, unknown>>;
}

export const tenantTable: TableStore<'tenant'> = {
  load: async (tx, keys) => (await tx.tenant.findMany({ where: { id: { in: keys.map(Number) } } })).map(storedTenant),
  async insert(tx, rows) {
    await tx.tenant.createMany({ data: rows.map((stored) => ({ id: stored.row.id, ...tenantColumns(stored), ...keptColumns(stored), externalId: stored.note.externalId })) });
  },
  async update(tx, stored) {
    await tx.tenant.update({ where: { id: stored.row.id }, data: { ...tenantColumns(stored), ...stampColumns(stored), externalId: stored.note.externalId } });
  },
  async remove(tx, keys) {
    await tx.tenant.deleteMany({ where: { id: { in: keys.map(Number) } } });
  },
};

function domainColumns({ row, note }: Stored<'domain'>) {
  return { tenantId: row.tenant, routeSetId: row.routeSet, enabled: row.enabled, did: row.did, externalId: note.externalId } satisfies Prisma.DomainUncheckedUpdateInput;
}

export const domainTable: TableStore<'domain'> = {
  load: async (tx, keys) => (await tx.domain.findMany({ where: { name: { in: [...keys] } } })).map(storedDomain),
  async insert(tx, rows) {
    // Domains come by the hundred thousand: one JSON parameter instead of ten a row.
    await tx.$executeRaw`
      INSERT INTO domain (name, tenant_id, route_set, enabled, did, external_id, comment, version, created_at, updated_at)
      SELECT r.name, r."tenantId", r."routeSetId", r.enabled, r.did, r."externalId", r.comment, r.version, r."createdAt", r."updatedAt"
      FROM jsonb_to_recordset(${JSON.stringify(rows.map((stored) => ({ name: stored.row.name, ...domainColumns(stored), ...keptColumns(stored) })))}::jsonb)
        AS r (name text, "tenantId" integer, "routeSetId" integer, enabled boolean, did text, "externalId" text, comment text, version integer,
              "createdAt" timestamptz, "updatedAt" timestamptz)`;
  },
  async update(tx, stored) {
    await tx.domain.update({ where: { name: stored.row.name }, data: { ...domainColumns(stored), ...stampColumns(stored) } });
  },
  async remove(tx, keys) {
    await tx.domain.deleteMany({ where: { name: { in: [...keys] } } });
  },
};

function trunkColumns({ row, note }: Stored<'trunk'>) {
  return {
    name: row.name, tenantId: row.tenant, routeSetId: row.routeSet, enabled: row.enabled, sources: [...row.sources],
    strip: row.strip, prepend: row.prepend, externalId: note.externalId,
  } satisfies Prisma.TrunkUncheckedUpdateInput;
}

export const trunkTable: TableStore<'trunk'> = {
  load: async (tx, keys) => (await tx.trunk.findMany({ where: { key: { in: [...keys] } } })).map(storedTrunk),
  async insert(tx, rows) {
    await tx.trunk.createMany({ data: rows.map((stored) => ({ key: stored.row.key, ...trunkColumns(stored), ...keptColumns(stored) })) });
  },
  async update(tx, stored) {
    await tx.trunk.update({ where: { key: stored.row.key }, data: { ...trunkColumns(stored), ...stampColumns(stored) } });
  },
  async remove(tx, keys) {
    await tx.trunk.deleteMany({ where: { key: { in: [...keys] } } });
  },
};

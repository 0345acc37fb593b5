/** Reading tenants, domains and trunks: single ones and keyset lists. */
import type { Domain, Tenant, TenantListItem, Trunk } from '../contract/index.ts';
import type { Page } from '../contract/query.ts';
import type { Prisma, PrismaClient } from '../db/generated/client.ts';
import { pageOf } from './paging.ts';
import { presentDomain, presentTenant, presentTrunk } from './present.ts';
import { storedDomain, storedTenant, storedTrunk } from './tables-tenancy.ts';

/** What the reading functions of this folder take; only the composition root makes one. */
export type ConfigReads = PrismaClient;

export interface ListRequest<Key> {
  readonly after: Key | null;
  readonly limit: number;
  readonly q: string | undefined;
  readonly tenant: string | undefined;
  readonly routeSet?: number | undefined;
}

const like = (q: string) => ({ contains: q, mode: 'insensitive' }) as const;

export async function findTenant(db: PrismaClient, key: string): Promise<Tenant | null> {
  const row = await db.tenant.findUnique({ where: { key } });
  return row === null ? null : presentTenant(storedTenant(row));
}

export async function listTenants(db: PrismaClient, request: ListRequest<string>): Promise<Page<TenantListItem>> {
  const where: Prisma.TenantWhereInput = {
    ...(request.after === null ? {} : { key: { gt: request.after } }),
    ...(request.tenant === undefined ? {} : { key: request.tenant }),
    ...(request.q === undefined ? {} : { OR: [{ key: like(request.q) }, { name: like(request.q) }, { comment: like(request.q) }, { externalId: request.q }] }),
  };
  const rows = await db.tenant.findMany({
    where, orderBy: { key: 'asc' }, take: request.limit + 1,
    include: { _count: { select: { domains: true, trunks: true, routeSets: true, dispatcherSets: true } } },
  });
  return pageOf(rows, request.limit, (row) => row.key, (row) => ({
    ...presentTenant(storedTenant(row)),
    domainCount: row._count.domains, trunkCount: row._count.trunks,
    routeSetCount: row._count.routeSets, dispatcherSetCount: row._count.dispatcherSets,
  }));
}

const withTenant = { tenant: { select: { key: true } } } as const;

export async function findDomain(db: PrismaClient, name: string): Promise<Domain | null> {
  const row = await db.domain.findUnique({ where: { name: name.toLowerCase() }, include: withTenant });
  return row === null ? null : presentDomain(storedDomain(row), row.tenant.key);
}

export async function listDomains(db: PrismaClient, request: ListRequest<string>): Promise<Page<Domain>> {
  const where: Prisma.DomainWhereInput = {
    ...(request.after === null ? {} : { name: { gt: request.after } }),
    ...(request.tenant === undefined ? {} : { tenant: { key: request.tenant } }),
    ...(request.routeSet === undefined ? {} : { routeSetId: request.routeSet }),
    ...(request.q === undefined ? {} : { OR: [{ name: like(request.q) }, { did: request.q }, { comment: like(request.q) }, { externalId: request.q }] }),
  };
  const rows = await db.domain.findMany({ where, orderBy: { name: 'asc' }, take: request.limit + 1, include: withTenant });
  return pageOf(rows, request.limit, (row) => row.name, (row) => presentDomain(storedDomain(row), row.tenant.key));
}

export async function findTrunk(db: PrismaClient, key: string): Promise<Trunk | null> {
  const row = await db.trunk.findUnique({ where: { key }, include: withTenant });
  return row === null ? null : presentTrunk(storedTrunk(row), row.tenant.key);
}

export async function listTrunks(db: PrismaClient, request: ListRequest<string>): Promise<Page<Trunk>> {
  const where: Prisma.TrunkWhereInput = {
    ...(request.after === null ? {} : { key: { gt: request.after } }),
    ...(request.tenant === undefined ? {} : { tenant: { key: request.tenant } }),
    ...(request.routeSet === undefined ? {} : { routeSetId: request.routeSet }),
    ...(request.q === undefined ? {} : {
      OR: [{ key: like(request.q) }, { name: like(request.q) }, { comment: like(request.q) }, { sources: { has: request.q } }, { externalId: request.q }],
    }),
  };
  const rows = await db.trunk.findMany({ where, orderBy: { key: 'asc' }, take: request.limit + 1, include: withTenant });
  return pageOf(rows, request.limit, (row) => row.key, (row) => presentTrunk(storedTrunk(row), row.tenant.key));
}

/** Reading route sets, dispatcher sets, destinations and settings. */
import type { Destination, DispatcherSet, RouteSet, RouteSetListItem, Setting } from '../contract/index.ts';
import type { Page } from '../contract/query.ts';
import type { Prisma, PrismaClient } from '../db/generated/client.ts';
import { pageOf } from './paging.ts';
import { presentDestination, presentDispatcherSet, presentRouteSet, presentRouteSetHead, presentSetting } from './present.ts';
import type { LiveOf } from './present.ts';
import type { ListRequest } from './read-tenancy.ts';
import { storedSetting } from './tables-behaviour.ts';
import { storedDestination, storedDispatcherSet } from './tables-dispatcher.ts';
import { storedRouteSet, storedRule } from './tables-routing.ts';

const withTenant = { tenant: { select: { key: true } } } as const;
const maxNumber = 2_147_483_647;

/** What a search text may mean for rows that are named by a number. */
function numbered<Field extends string>(field: Field, q: string): Partial<Record<Field, number>>[] {
  return /^\d{1,10}$/.test(q) && Number(q) <= maxNumber ? [{ [field]: Number(q) } as Partial<Record<Field, number>>] : [];
}

export async function findRouteSet(db: PrismaClient, number: number): Promise<RouteSet | null> {
  const row = await db.routeSet.findUnique({ where: { number }, include: { ...withTenant, rules: { orderBy: [{ position: 'asc' }, { id: 'asc' }] } } });
  return row === null ? null : presentRouteSet(storedRouteSet(row), row.rules.map(storedRule), row.tenant?.key ?? null);
}

export async function listRouteSets(db: PrismaClient, request: ListRequest<number>): Promise<Page<RouteSetListItem>> {
  const { q } = request;
  const where: Prisma.RouteSetWhereInput = {
    ...(request.after === null ? {} : { number: { gt: request.after } }),
    ...(request.tenant === undefined ? {} : { tenant: { key: request.tenant } }),
    ...(q === undefined ? {} : {
      OR: [{ name: { contains: q, mode: 'insensitive' } }, { comment: { contains: q, mode: 'insensitive' } }, { externalId: q }, ...numbered('number', q)],
    }),
  };
  const rows = await db.routeSet.findMany({
    where, orderBy: { number: 'asc' }, take: request.limit + 1,
    include: { ...withTenant, _count: { select: { rules: true, domains: true, trunks: true } } },
  });
  return pageOf(rows, request.limit, (row) => row.number, (row) => ({
    ...presentRouteSetHead(storedRouteSet(row), row.tenant?.key ?? null),
    ruleCount: row._count.rules, domainCount: row._count.domains, trunkCount: row._count.trunks,
  }));
}

const byRank = { orderBy: [{ rank: 'asc' }, { id: 'asc' }] } as const satisfies Prisma.DispatcherSet$destinationsArgs;

export async function findDispatcherSet(db: PrismaClient, id: number, live: LiveOf): Promise<DispatcherSet | null> {
  const row = await db.dispatcherSet.findUnique({ where: { id }, include: { ...withTenant, destinations: { orderBy: [...byRank.orderBy] } } });
  return row === null ? null : presentDispatcherSet(storedDispatcherSet(row), row.destinations.map(storedDestination), row.tenant?.key ?? null, live);
}

export async function listDispatcherSets(db: PrismaClient, request: ListRequest<number>, live: LiveOf): Promise<Page<DispatcherSet>> {
  const { q } = request;
  const where: Prisma.DispatcherSetWhereInput = {
    ...(request.after === null ? {} : { id: { gt: request.after } }),
    ...(request.tenant === undefined ? {} : { tenant: { key: request.tenant } }),
    ...(q === undefined ? {} : {
      OR: [
        { name: { contains: q, mode: 'insensitive' } }, { comment: { contains: q, mode: 'insensitive' } }, { externalId: q }, ...numbered('id', q),
        { destinations: { some: { uri: { contains: q, mode: 'insensitive' } } } },
      ],
    }),
  };
  const rows = await db.dispatcherSet.findMany({
    where, orderBy: { id: 'asc' }, take: request.limit + 1, include: { ...withTenant, destinations: { orderBy: [...byRank.orderBy] } },
  });
  return pageOf(rows, request.limit, (row) => row.id, (row) =>
    presentDispatcherSet(storedDispatcherSet(row), row.destinations.map(storedDestination), row.tenant?.key ?? null, live));
}

export async function findDestination(db: PrismaClient, id: number, live: LiveOf): Promise<Destination | null> {
  const row = await db.destination.findUnique({ where: { id } });
  return row === null ? null : presentDestination(storedDestination(row), live);
}

export async function findSetting(db: PrismaClient): Promise<Setting> {
  const row = await db.setting.findUnique({ where: { key: 'global' } });
  return presentSetting(row === null ? null : storedSetting(row));
}

/** The smallest number from 1 on that no set has. Inside a write the head lock keeps it free. */
export async function freeNumber(db: Prisma.TransactionClient, table: 'routeSet' | 'dispatcherSet'): Promise<number> {
  const rows = table === 'routeSet'
    ? await db.$queryRaw<{ free: number }[]>`SELECT min(c.n)::int AS free FROM (SELECT 1 AS n UNION ALL SELECT "number" + 1 FROM "route_set" WHERE "number" < 2147483647) c WHERE NOT EXISTS (SELECT 1 FROM "route_set" t WHERE t."number" = c.n)`
    : await db.$queryRaw<{ free: number }[]>`SELECT min(c.n)::int AS free FROM (SELECT 1 AS n UNION ALL SELECT "id" + 1 FROM "dispatcher_set" WHERE "id" < 2147483647) c WHERE NOT EXISTS (SELECT 1 FROM "dispatcher_set" t WHERE t."id" = c.n)`;
  const free = rows[0]?.free;
  if (free === undefined || free === null) throw new Error(`no number is left in ${table}`);
  return Math.max(1, free);
}

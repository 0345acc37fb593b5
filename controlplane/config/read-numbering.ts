/** Reading called numbers and aliases: single ones and keyset lists. */
import type { Alias, NumberItem } from '../contract/index.ts';
import type { Page } from '../contract/query.ts';
import type { Prisma, PrismaClient } from '../db/generated/client.ts';
import { canonicalAddress } from './edit-alias.ts';
import { pageOf } from './paging.ts';
import { presentAlias, presentNumber } from './present.ts';
import type { ListRequest } from './read-tenancy.ts';
import { storedAlias, storedNumber } from './tables-numbering.ts';

const withTenant = { tenant: { select: { key: true } } } as const;
const like = (q: string) => ({ contains: q, mode: 'insensitive' }) as const;

export async function findNumber(db: PrismaClient, pattern: string): Promise<NumberItem | null> {
  const row = await db.calledNumber.findUnique({ where: { pattern }, include: withTenant });
  return row === null ? null : presentNumber(storedNumber(row), row.tenant.key);
}

export async function listNumbers(db: PrismaClient, request: ListRequest<string>): Promise<Page<NumberItem>> {
  const { q } = request;
  const where: Prisma.CalledNumberWhereInput = {
    ...(request.after === null ? {} : { pattern: { gt: request.after } }),
    ...(request.tenant === undefined ? {} : { tenant: { key: request.tenant } }),
    ...(request.routeSet === undefined ? {} : { routeSetId: request.routeSet }),
    ...(q === undefined ? {} : { OR: [{ pattern: { contains: q } }, { comment: like(q) }, { externalId: q }] }),
  };
  const rows = await db.calledNumber.findMany({ where, orderBy: { pattern: 'asc' }, take: request.limit + 1, include: withTenant });
  return pageOf(rows, request.limit, (row) => row.pattern, (row) => presentNumber(storedNumber(row), row.tenant.key));
}

export async function findAlias(db: PrismaClient, alias: string): Promise<Alias | null> {
  const row = await db.alias.findUnique({ where: { alias: canonicalAddress(alias) }, include: withTenant });
  return row === null ? null : presentAlias(storedAlias(row), row.tenant.key);
}

export async function listAliases(db: PrismaClient, request: ListRequest<string>): Promise<Page<Alias>> {
  const { q } = request;
  const where: Prisma.AliasWhereInput = {
    ...(request.after === null ? {} : { alias: { gt: request.after } }),
    ...(request.tenant === undefined ? {} : { tenant: { key: request.tenant } }),
    ...(q === undefined ? {} : { OR: [{ alias: like(q) }, { target: like(q) }, { comment: like(q) }, { externalId: q }] }),
  };
  const rows = await db.alias.findMany({ where, orderBy: { alias: 'asc' }, take: request.limit + 1, include: withTenant });
  return pageOf(rows, request.limit, (row) => row.alias, (row) => presentAlias(storedAlias(row), row.tenant.key));
}

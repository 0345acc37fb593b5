/** Reading certificates: single ones and keyset lists. */
import type { Certificate } from '../contract/certificates.ts';
import type { Page } from '../contract/query.ts';
import type { Prisma, PrismaClient } from '../db/generated/client.ts';
import { pageOf } from './paging.ts';
import { presentCertificate } from './present-certificate.ts';
import type { Namesake } from './present-certificate.ts';
import type { ListRequest } from './read-tenancy.ts';
import { storedCertificate } from './tables-behaviour.ts';

const like = (q: string) => ({ contains: q, mode: 'insensitive' }) as const;

export async function findCertificate(db: PrismaClient, name: string, nowMs: number): Promise<Certificate | null> {
  const row = await db.certificate.findUnique({ where: { name } });
  return row === null ? null : presentCertificate(storedCertificate(row), await namesakes(db, row.names), nowMs);
}

export async function listCertificates(db: PrismaClient, request: ListRequest<string>, nowMs: number): Promise<Page<Certificate>> {
  const { q } = request;
  const where: Prisma.CertificateWhereInput = {
    ...(request.after === null ? {} : { name: { gt: request.after } }),
    ...(q === undefined ? {} : { OR: [{ name: like(q) }, { names: { has: q.toLowerCase() } }, { comment: like(q) }] }),
  };
  const rows = await db.certificate.findMany({ where, orderBy: { name: 'asc' }, take: request.limit + 1 });
  const others = await namesakes(db, rows.flatMap((row) => row.names));
  return pageOf(rows, request.limit, (row) => row.name, (row) => presentCertificate(storedCertificate(row), others, nowMs));
}

async function namesakes(db: PrismaClient, names: readonly string[]): Promise<readonly Namesake[]> {
  return db.certificate.findMany({ where: { names: { hasSome: [...new Set(names)] } }, select: { name: true, names: true } });
}

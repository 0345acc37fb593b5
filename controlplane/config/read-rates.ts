/** Reading rate tables: their counts, and their rows in keyset pages. */
import { err, ok } from '../../dataplane/contract/result.ts';
import type { Result } from '../../dataplane/contract/result.ts';
import type { Rate, RateTable } from '../contract/rates.ts';
import type { Page } from '../contract/query.ts';
import type { Prisma, PrismaClient, RateTable as RateTableRecord } from '../db/generated/client.ts';
import { compileRate } from './columns.ts';
import { decodeCursor, pageOf } from './paging.ts';
import { presentRate } from './present.ts';

function present({ number, rows, version, createdAt, updatedAt }: RateTableRecord): RateTable {
  return { number, rows, version, createdAtMs: createdAt.getTime(), updatedAtMs: updatedAt.getTime() };
}

/** null = it has no rates. */
export async function findRateTable(db: Prisma.TransactionClient, number: number): Promise<RateTable | null> {
  const row = await db.rateTable.findUnique({ where: { number } });
  return row === null || row.rows === 0 ? null : present(row);
}

export async function listRateTables(db: PrismaClient, request: { readonly after: number | null; readonly limit: number }): Promise<Page<RateTable>> {
  const rows = await db.rateTable.findMany({
    where: { rows: { gt: 0 }, ...(request.after === null ? {} : { number: { gt: request.after } }) }, orderBy: { number: 'asc' }, take: request.limit + 1,
  });
  return pageOf(rows, request.limit, (row) => row.number, present);
}

export interface RateListRequest {
  readonly after: RateKey | null;
  readonly limit: number;
  /** Only prefixes that begin so. */
  readonly prefix: string | undefined;
  readonly set: number | undefined;
}

interface RateKey { readonly prefix: string; readonly set: number }

/** By prefix, then set. */
export async function listRates(db: PrismaClient, number: number, request: RateListRequest): Promise<Page<Rate>> {
  const { after, limit, prefix, set } = request;
  const rows = await db.rate.findMany({
    where: {
      tableNumber: number,
      ...(prefix === undefined ? {} : { prefix: { startsWith: prefix } }), ...(set === undefined ? {} : { setId: set }),
      ...(after === null ? {} : { OR: [{ prefix: { gt: after.prefix } }, { prefix: after.prefix, setId: { gt: after.set } }] }),
    },
    orderBy: [{ prefix: 'asc' }, { setId: 'asc' }], take: limit + 1,
  });
  return pageOf(rows, limit, (row) => `${row.prefix}/${row.setId}`, (row) => presentRate(compileRate(row)));
}

/** The rate that a cursor of `listRates` names. */
export function rateCursor(cursor: string | undefined): Result<RateKey | null, 'bad-cursor'> {
  const key = decodeCursor(cursor, 'string');
  if (!key.ok || key.value === null) return key.ok ? ok(null) : err('bad-cursor');
  const [, prefix, set] = /^([0-9+]{1,32})\/([0-9]{1,10})$/.exec(key.value) ?? [];
  return prefix === undefined || Number(set) > 2_147_483_647 ? err('bad-cursor') : ok({ prefix, set: Number(set) });
}

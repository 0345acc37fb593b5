/** Headlines of the change log, over Prisma. */
import type { Change } from '../../contract/changes.ts';
import type { RevisionLog } from '../../live/ports.ts';
import type { ConfigRevision, PrismaClient } from '../generated/client.ts';

export function createRevisionLog(db: PrismaClient): RevisionLog {
  const columns = { rev: true, at: true, actor: true, address: true, requestId: true, summary: true, ops: true } as const;
  return {
    latest: async (limit) => (await db.configRevision.findMany({ orderBy: { rev: 'desc' }, take: limit, select: columns })).map(toChange),
    after: async (rev, limit) => (await db.configRevision.findMany({
      where: { rev: { gt: BigInt(rev) } }, orderBy: { rev: 'asc' }, take: limit, select: columns,
    })).map(toChange),
  };
}

function toChange(row: Omit<ConfigRevision, 'hashes'>): Change {
  return { rev: Number(row.rev), atMs: row.at.getTime(), actor: row.actor, address: row.address, requestId: row.requestId, summary: row.summary, ops: row.ops };
}

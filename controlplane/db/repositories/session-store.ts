/** Sessions, over Prisma. */
import type { SessionStore } from '../../auth/stores.ts';
import type { PrismaClient } from '../generated/client.ts';
import { toUserRecord } from './user-store.ts';

export function createSessionStore(db: PrismaClient): SessionStore {
  return {
    create: (session, maxPerUser) => db.$transaction(async (tx) => {
      await tx.session.create({
        data: {
          hash: session.hash, userId: session.userId, address: session.address, agent: session.agent,
          createdAt: new Date(session.nowMs), lastSeenAt: new Date(session.nowMs), expiresAt: new Date(session.expiresAtMs),
        },
      });
      const beyond = await tx.session.findMany({
        where: { userId: session.userId }, orderBy: { lastSeenAt: 'desc' }, skip: maxPerUser, select: { hash: true },
      });
      if (beyond.length > 0) await tx.session.deleteMany({ where: { hash: { in: beyond.map((row) => row.hash) } } });
    }),
    find: async (hash) => {
      const row = await db.session.findUnique({ where: { hash }, include: { user: true } });
      if (row === null) return null;
      return {
        hash: row.hash, user: toUserRecord(row.user), createdAtMs: row.createdAt.getTime(),
        lastSeenAtMs: row.lastSeenAt.getTime(), expiresAtMs: row.expiresAt.getTime(),
      };
    },
    hashes: async (nowMs, limit) =>
      (await db.session.findMany({ where: { expiresAt: { gt: new Date(nowMs) } }, orderBy: { createdAt: 'desc' }, take: limit, select: { hash: true } })).map((row) => row.hash),
    touch: async (hash, nowMs, expiresAtMs) => {
      await db.session.updateMany({ where: { hash }, data: { lastSeenAt: new Date(nowMs), expiresAt: new Date(expiresAtMs) } });
    },
    remove: async (hash) => {
      await db.session.deleteMany({ where: { hash } });
    },
    prune: async (nowMs) => (await db.session.deleteMany({ where: { expiresAt: { lte: new Date(nowMs) } } })).count,
  };
}

/** Nodes' identity: rows, tokens, join tokens, over Prisma. `draining` is ConfigWriter's. */
import { randomUUID } from 'node:crypto';
import type { NodeRecord, NodeStore } from '../../auth/stores.ts';
import type { Node, Prisma, PrismaClient } from '../generated/client.ts';
import { isUuid } from './user-store.ts';

/** Joins and rotations take turns: names are unique and at most two tokens are valid. */
const nodesLock = 7_305_002;
const tokensValid = 2;
const usedEveryMs = 60_000;
const maxNameLength = 64;

export function createNodeStore(db: PrismaClient): NodeStore {
  return {
    list: async () => (await db.node.findMany({ orderBy: { name: 'asc' } })).map(toRecord),
    byId: async (id) => {
      if (!isUuid(id)) return null;
      const row = await db.node.findUnique({ where: { id } });
      return row === null ? null : toRecord(row);
    },
    byToken: async (hash, nowMs) => {
      const row = await db.nodeToken.findUnique({ where: { hash, revokedAt: null }, include: { node: true } });
      if (row === null) return null;
      if (row.lastUsedAt === null || nowMs - row.lastUsedAt.getTime() >= usedEveryMs) {
        await db.nodeToken.updateMany({ where: { id: row.id }, data: { lastUsedAt: new Date(nowMs) } });
      }
      return toRecord(row.node);
    },
    seen: async (id, nowMs) => {
      await db.node.updateMany({ where: { id }, data: { lastSeenAt: new Date(nowMs) } });
    },
    addJoinToken: async (token) => db.joinToken.create({
      data: { hash: token.hash, name: token.name, createdBy: token.createdBy, expiresAt: new Date(token.expiresAtMs) }, select: { id: true },
    }),
    joinTokenValid: async (hash, nowMs) => await db.joinToken.count({ where: unspent(hash, nowMs) }) === 1,
    join: (joinHash, name, tokenHash, nowMs) => db.$transaction(async (tx) => {
      await lockNodes(tx);
      const id = randomUUID();
      const join = await tx.joinToken.findFirst({ where: unspent(joinHash, nowMs) });
      if (join === null) return null;
      await tx.joinToken.update({ where: { id: join.id }, data: { usedAt: new Date(nowMs), usedBy: id } });
      const node = await tx.node.create({ data: { id, name: await freeName(tx, join.name === '' ? name : join.name), lastSeenAt: new Date(nowMs) } });
      await tx.nodeToken.create({ data: { nodeId: id, hash: tokenHash } });
      return toRecord(node);
    }),
    addToken: (nodeId, hash, nowMs) => db.$transaction(async (tx) => {
      if (!isUuid(nodeId)) return false;
      await lockNodes(tx);
      if (await tx.node.count({ where: { id: nodeId } }) === 0) return false;
      await tx.nodeToken.create({ data: { nodeId, hash, createdAt: new Date(nowMs) } });
      const older = await tx.nodeToken.findMany({
        where: { nodeId, revokedAt: null }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], skip: tokensValid, select: { id: true },
      });
      if (older.length > 0) await tx.nodeToken.updateMany({ where: { id: { in: older.map((row) => row.id) } }, data: { revokedAt: new Date(nowMs) } });
      return true;
    }),
    revokeTokens: async (nodeId, nowMs) => {
      if (!isUuid(nodeId)) return false;
      await db.nodeToken.updateMany({ where: { nodeId, revokedAt: null }, data: { revokedAt: new Date(nowMs) } });
      return await db.node.count({ where: { id: nodeId } }) === 1;
    },
  };
}

function toRecord(row: Node): NodeRecord {
  return { id: row.id, name: row.name, draining: row.draining, lastSeenAtMs: row.lastSeenAt?.getTime() ?? null };
}

function unspent(hash: string, nowMs: number): Prisma.JoinTokenWhereInput {
  return { hash, usedAt: null, expiresAt: { gt: new Date(nowMs) } };
}

async function lockNodes(tx: Prisma.TransactionClient): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${nodesLock})`;
}

/** `ams-1`, or `ams-1-2`, `ams-1-3`... when others have it: a join token must not take over a node that exists. */
async function freeName(tx: Prisma.TransactionClient, wanted: string): Promise<string> {
  const taken = new Set((await tx.node.findMany({ where: { name: { startsWith: wanted.slice(0, maxNameLength - 8) } }, select: { name: true } })).map((row) => row.name));
  if (!taken.has(wanted)) return wanted;
  for (let n = 2; ; n += 1) {
    const suffix = `-${n}`;
    const name = wanted.slice(0, maxNameLength - suffix.length) + suffix;
    if (!taken.has(name)) return name;
  }
}

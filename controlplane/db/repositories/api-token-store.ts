/** API tokens, over Prisma. A revoked token stays as a row, so that what it did can still be named. */
import { permissions } from '../../contract/permissions.ts';
import type { Permission } from '../../contract/permissions.ts';
import type { ApiTokenRecord, ApiTokenStore } from '../../auth/stores.ts';
import { Prisma } from '../generated/client.ts';
import type { ApiToken, PrismaClient } from '../generated/client.ts';
import { isUuid, toRole } from './user-store.ts';

export function createApiTokenStore(db: PrismaClient): ApiTokenStore {
  return {
    list: async (cursor, limit) => {
      const rows = await db.apiToken.findMany({
        where: { revokedAt: null }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: limit,
        ...(cursor !== null && isUuid(cursor) ? { cursor: { id: cursor }, skip: 1 } : {}),
      });
      return rows.map(toRecord);
    },
    count: () => db.apiToken.count({ where: { revokedAt: null } }),
    create: async (token) => toRecord(await db.apiToken.create({
      data: {
        name: token.name, hash: token.hash, role: token.role, createdBy: token.createdBy,
        scopes: token.scopes === null ? Prisma.DbNull : [...token.scopes],
        expiresAt: token.expiresAtMs === null ? null : new Date(token.expiresAtMs),
      },
    })),
    find: async (hash) => {
      const row = await db.apiToken.findUnique({ where: { hash, revokedAt: null } });
      return row === null ? null : toRecord(row);
    },
    hashes: async (limit) => (await db.apiToken.findMany({ where: { revokedAt: null }, orderBy: { createdAt: 'desc' }, take: limit, select: { hash: true } })).map((row) => row.hash),
    byId: async (id) => {
      if (!isUuid(id)) return null;
      const row = await db.apiToken.findUnique({ where: { id, revokedAt: null } });
      return row === null ? null : toRecord(row);
    },
    used: async (id, nowMs) => {
      await db.apiToken.updateMany({ where: { id }, data: { lastUsedAt: new Date(nowMs) } });
    },
    revoke: async (id, nowMs) => {
      if (!isUuid(id)) return false;
      return (await db.apiToken.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: new Date(nowMs) } })).count === 1;
    },
  };
}

function toRecord(row: ApiToken): ApiTokenRecord {
  return {
    id: row.id, name: row.name, role: toRole(row.role), scopes: toScopes(row.scopes), createdBy: row.createdBy,
    createdAtMs: row.createdAt.getTime(), expiresAtMs: row.expiresAt?.getTime() ?? null, lastUsedAtMs: row.lastUsedAt?.getTime() ?? null,
  };
}

/** A scope that this version does not know grants nothing. */
function toScopes(json: Prisma.JsonValue): readonly Permission[] | null {
  if (json === null) return null;
  const listed = Array.isArray(json) ? json : [];
  return permissions.filter((permission) => listed.includes(permission));
}

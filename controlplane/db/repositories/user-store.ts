/** Users and the set-up link, over Prisma. */
import type { Role } from '../../contract/permissions.ts';
import type { SetupStore, UserPatch, UserRecord, UserStore } from '../../auth/stores.ts';
import type { Prisma, PrismaClient, User } from '../generated/client.ts';
import { isUniqueViolation } from './violations.ts';

/** Everything that changes who is an owner takes this lock, so that the last owner cannot be removed twice at once. */
const ownersLock = 7_305_001;

export function toUserRecord(row: User): UserRecord {
  return {
    id: row.id, email: row.email, name: row.name, role: toRole(row.role), passwordHash: row.passwordHash, disabled: row.disabled,
    createdAtMs: row.createdAt.getTime(), lastSignInAtMs: row.lastSignInAt?.getTime() ?? null,
  };
}

/** The database's check allows nothing else; should it ever, the least role is taken. */
export function toRole(text: string): Role {
  return text === 'owner' || text === 'operator' ? text : 'viewer';
}

export function createUserStore(db: PrismaClient): UserStore {
  return {
    count: () => db.user.count(),
    byId: async (id) => {
      if (!isUuid(id)) return null;
      const row = await db.user.findUnique({ where: { id } });
      return row === null ? null : toUserRecord(row);
    },
    byEmail: async (email) => {
      const row = await db.user.findUnique({ where: { email } });
      return row === null ? null : toUserRecord(row);
    },
    list: async (after, limit) => {
      const rows = await db.user.findMany({ where: { email: { gt: after } }, orderBy: { email: 'asc' }, take: limit });
      return rows.map(toUserRecord);
    },
    create: async (user) => {
      try {
        return toUserRecord(await db.user.create({ data: { ...user } }));
      } catch (error) {
        if (isUniqueViolation(error)) return null;
        throw error;
      }
    },
    update: (id, patch, keepSession) => db.$transaction(async (tx) => {
      if (!isUuid(id)) return 'not-found';
      await lockOwners(tx);
      const row = await tx.user.findUnique({ where: { id } });
      if (row === null) return 'not-found';
      const leavesOwner = (patch.role !== undefined && patch.role !== 'owner') || patch.disabled === true;
      if (leavesOwner && isOwner(row) && await otherOwners(tx, id) === 0) return 'last-owner';
      const updated = await tx.user.update({ where: { id }, data: { ...definedFields(patch), updatedAt: new Date() } });
      if (endsSessions(row, patch)) {
        await tx.session.deleteMany({ where: { userId: id, ...(keepSession === null ? {} : { hash: { not: keepSession } }) } });
      }
      return toUserRecord(updated);
    }),
    remove: (id) => db.$transaction(async (tx) => {
      if (!isUuid(id)) return 'not-found';
      await lockOwners(tx);
      const row = await tx.user.findUnique({ where: { id } });
      if (row === null) return 'not-found';
      if (isOwner(row) && await otherOwners(tx, id) === 0) return 'last-owner';
      await tx.user.delete({ where: { id } });
      return 'removed';
    }),
    signedIn: async (id, nowMs) => {
      await db.user.updateMany({ where: { id }, data: { lastSignInAt: new Date(nowMs) } });
    },
  };
}

export function createSetupStore(db: PrismaClient): SetupStore {
  return {
    put: async (instance, hash, expiresAtMs) => {
      const data = { hash, expiresAt: new Date(expiresAtMs) };
      await db.setupToken.upsert({ where: { instance }, create: { instance, ...data }, update: data });
    },
    known: async (hash, nowMs) => await db.setupToken.count({ where: { hash, expiresAt: { gt: new Date(nowMs) } } }) === 1,
    consume: (hash, nowMs, owner) => db.$transaction(async (tx) => {
      await lockOwners(tx);
      const spent = await tx.setupToken.deleteMany({ where: { hash, expiresAt: { gt: new Date(nowMs) } } });
      if (spent.count !== 1 || await tx.user.count() > 0) return null;
      const user = await tx.user.create({ data: { ...owner, role: 'owner' } });
      await tx.setupToken.deleteMany({});
      return toUserRecord(user);
    }),
  };
}

/** Ids come from URLs; PostgreSQL answers a malformed uuid with an error instead of no row. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
}

async function lockOwners(tx: Prisma.TransactionClient): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${ownersLock})`;
}

function otherOwners(tx: Prisma.TransactionClient, id: string): Promise<number> {
  return tx.user.count({ where: { role: 'owner', disabled: false, id: { not: id } } });
}

function isOwner(row: User): boolean {
  return row.role === 'owner' && !row.disabled;
}

function endsSessions(row: User, patch: UserPatch): boolean {
  return patch.passwordHash !== undefined
    || (patch.role !== undefined && patch.role !== row.role)
    || (patch.disabled !== undefined && patch.disabled !== row.disabled);
}

function definedFields(patch: UserPatch): UserPatch {
  return {
    ...(patch.name === undefined ? {} : { name: patch.name }),
    ...(patch.role === undefined ? {} : { role: patch.role }),
    ...(patch.disabled === undefined ? {} : { disabled: patch.disabled }),
    ...(patch.passwordHash === undefined ? {} : { passwordHash: patch.passwordHash }),
  };
}

/**
 * Cluster keys over Prisma. They change under the lock of the configuration's head: no certificate is sealed meanwhile, and
 * no revision that brings one back is written.
 */
import { err, ok } from '../../../dataplane/contract/result.ts';
import type { ClusterKeyRecord, ClusterKeyStore } from '../../auth/stores.ts';
import { configChannel } from '../../config/writer.ts';
import type { ClusterKey, Prisma, PrismaClient } from '../generated/client.ts';

type Reader = Pick<Prisma.TransactionClient, 'clusterKey' | '$queryRaw'>;

export function createClusterKeyStore(db: PrismaClient): ClusterKeyStore {
  return {
    list: () => listKeys(db),
    sealedCertificates: () => sealedCertificates(db),
    addFirst: (key, nowMs) => db.$transaction(async (tx) => {
      await lockHead(tx);
      if (await tx.clusterKey.count() === 0) await tx.clusterKey.create({ data: { key, createdAt: new Date(nowMs), signsFrom: new Date(nowMs) } });
    }),
    add: ({ key, createdAtMs, signsFromMs }, refusal) => db.$transaction(async (tx) => {
      await lockHead(tx);
      const keys = await listKeys(tx);
      const refused = refusal(keys);
      if (refused !== null) return err(refused);
      for (;;) {
        const row = await tx.clusterKey.create({ data: { key, createdAt: new Date(createdAtMs), signsFrom: new Date(signsFromMs) } });
        // Tokens name their key by one byte.
        if (keys.some(({ id }) => (id & 0xff) === (row.id & 0xff))) {
          await tx.clusterKey.delete({ where: { id: row.id } });
          continue;
        }
        await tellOthers(tx);
        return ok(toRecord(row));
      }
    }),
    remove: (id, refusal) => db.$transaction(async (tx) => {
      await lockHead(tx);
      const keys = await listKeys(tx);
      if (!keys.some((key) => key.id === id)) return 'not-found';
      const refused = refusal(keys, (await sealedCertificates(tx)).get(id) ?? 0);
      if (refused !== null) return err(refused);
      await tx.clusterKey.delete({ where: { id } });
      await tellOthers(tx);
      return ok(null);
    }),
  };
}

async function listKeys(db: Reader): Promise<readonly ClusterKeyRecord[]> {
  return (await db.clusterKey.findMany({ orderBy: { id: 'desc' } })).map(toRecord);
}

function toRecord({ id, key, createdAt, signsFrom }: ClusterKey): ClusterKeyRecord {
  return { id, key, createdAtMs: createdAt.getTime(), signsFromMs: signsFrom.getTime() };
}

/** See dataplane/contract/sealed.ts for the form. */
async function sealedCertificates(db: Reader): Promise<ReadonlyMap<number, number>> {
  const rows = await db.$queryRaw<{ id: string; count: number }[]>`SELECT split_part("key", '.', 1) AS id, count(*)::int AS count FROM certificate GROUP BY 1`;
  return new Map(rows.map(({ id, count }) => [Number(id), count]));
}

async function lockHead(tx: Prisma.TransactionClient): Promise<void> {
  await tx.$queryRaw`SELECT rev FROM config_head WHERE id = 1 FOR UPDATE`;
}

/** Control planes look at the keys whenever they look at the head. */
async function tellOthers(tx: Prisma.TransactionClient): Promise<void> {
  await tx.$queryRaw`SELECT pg_notify(${configChannel}, '')::text`;
}

/** Nodes' facts for other replicas, in `node.facts`, over Prisma. */
import { readShared } from '../../live/shared-facts.ts';
import type { SharedFacts, SharedFactsStore } from '../../live/shared-facts.ts';
import type { PrismaClient } from '../generated/client.ts';
import { storableObject } from './storable.ts';

export function createSharedFactsStore(db: PrismaClient): SharedFactsStore {
  return {
    save: async (id, facts) => {
      await db.node.updateMany({ where: { id }, data: { facts: storableObject(facts) } });
    },
    leave: async (id, replica) => {
      await db.node.updateMany({ where: { id, facts: { path: ['replica'], equals: replica } }, data: { facts: {} } });
    },
    load: async () => {
      const rows = await db.node.findMany({ select: { id: true, facts: true } });
      return new Map(rows.flatMap(({ id, facts }): [string, SharedFacts][] => {
        const shared = readShared(facts);
        return shared === null ? [] : [[id, shared]];
      }));
    },
  };
}

/** Stored events, over Prisma. The node's name travels in `detail`, so that it is still known when the node is gone. */
import type { StoredEvent } from '../../contract/events.ts';
import type { EventStore, NewEvent } from '../../live/event-log.ts';
import type { Event, Prisma, PrismaClient } from '../generated/client.ts';
import { storableObject, storableText } from './storable.ts';
import { isUuid } from './user-store.ts';

export function createEventStore(db: PrismaClient): EventStore {
  return {
    add: async (events) => (await db.event.createManyAndReturn({ data: events.map(toData) })).map(toStored),
    list: async (filter, before, limit) => {
      if (filter.node !== undefined && !isUuid(filter.node)) return [];
      const rows = await db.event.findMany({
        where: {
          ...(filter.kind === undefined ? {} : { kind: filter.kind }),
          ...(filter.node === undefined ? {} : { nodeId: filter.node }),
          ...(filter.subject === undefined ? {} : { subject: filter.subject }),
          ...(before === null ? {} : { id: { lt: BigInt(before) } }),
        },
        orderBy: { id: 'desc' }, take: limit,
      });
      return rows.map(toStored);
    },
    prune: async (keep) => {
      const oldest = await db.event.findFirst({ orderBy: { id: 'desc' }, skip: keep, select: { id: true } });
      if (oldest !== null) await db.event.deleteMany({ where: { id: { lte: oldest.id } } });
    },
  };
}

function toData(event: NewEvent): Prisma.EventCreateManyInput {
  return {
    at: new Date(event.atMs), kind: storableText(event.kind), severity: event.severity, nodeId: event.node !== null && isUuid(event.node.id) ? event.node.id : null,
    subject: storableText(event.subject), text: storableText(event.text),
    detail: storableObject({ ...event.detail, ...(event.node === null ? {} : { nodeName: event.node.name }) }),
  };
}

function toStored(row: Event): StoredEvent {
  const detail = row.detail;
  const nodeName = typeof detail === 'object' && detail !== null && !Array.isArray(detail) ? detail['nodeName'] : undefined;
  return {
    id: Number(row.id), atMs: row.at.getTime(), kind: row.kind, severity: toSeverity(row.severity),
    node: row.nodeId ?? '', nodeName: typeof nodeName === 'string' ? nodeName : '', subject: row.subject, text: row.text,
  };
}

function toSeverity(text: string): StoredEvent['severity'] {
  return text === 'warning' || text === 'error' ? text : 'info';
}

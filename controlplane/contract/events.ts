/** Stored events and the stream of GET /events (text/event-stream: `event: NAME`, `data: JSON`). */
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { listOf } from './query.ts';
import type { NodeItem } from './nodes.ts';
import type { DestinationHealth } from '../../dataplane/contract/health.ts';
import type { Alarm } from './overview.ts';

export const StoredEvent = Type.Object({
  id: Type.Integer(),
  atMs: Type.Integer(),
  kind: Type.String(),
  severity: Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('error')]),
  /** Node id, empty = the control plane itself. */
  node: Type.String(),
  nodeName: Type.String(),
  subject: Type.String(),
  text: Type.String(),
}, { additionalProperties: false });
export type StoredEvent = Static<typeof StoredEvent>;
export const StoredEventList = listOf(StoredEvent);
export type StoredEventList = Static<typeof StoredEventList>;

export const EventQuery = Type.Object({
  kind: Type.Optional(Type.String({ maxLength: 64 })),
  node: Type.Optional(Type.String({ maxLength: 64 })),
  subject: Type.Optional(Type.String({ maxLength: 255 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
}, { additionalProperties: false });
export type EventQuery = Static<typeof EventQuery>;

/** Server-sent events by name. */
export interface LiveEvents {
  readonly revision: { readonly rev: number; readonly actor: string; readonly summary: string; readonly atMs: number };
  readonly node: NodeItem;
  readonly health: {
    readonly node: string; readonly nodeName: string; readonly set: number; readonly name: string;
    readonly reasonText: string; readonly destination: DestinationHealth;
  };
  readonly stats: {
    readonly atMs: number; readonly calls: number; readonly callsPerSecond: number; readonly failureRatio: number;
    readonly nodes: { readonly total: number; readonly inStep: number; readonly connected: number };
    readonly headRev: number;
    readonly destinations: Readonly<Record<string, number>>;
  };
  readonly alarm: { readonly alarm: Alarm; readonly raised: boolean };
  readonly log: StoredEvent;
}
export type LiveEventName = keyof LiveEvents;

/**
 * The push channel's messages. Control travels as JSON text frames, rows of a stream as binary frames
 * (see frames.ts). The node opens the socket at `/sync/v1` with `Authorization: Bearer <node token>`, or with
 * `Authorization: Join <join token>` and `x-signalbox-node: <name>` the first time.
 */
import type { DestinationHealth } from './health.ts';
import type { TableHashes } from './hash.ts';
import type { MediaReport } from './media.ts';
import type { TableName } from './rows.ts';

export const syncPath = '/sync/v1';
/** Version of the messages and row types; a node and a server of different schemas do not exchange rows. */
export const wireSchema = 3;

/** Timings and bounds of the channel. Durations in milliseconds, sizes in bytes. */
export const channel = {
  heartbeatMs: 10_000,
  deadMs: 30_000,
  helloMs: 5_000,
  reconnectMinMs: 500,
  reconnectMaxMs: 30_000,
  /** A connection that stood so long resets the reconnect back-off. */
  stableMs: 60_000,
  hellosPerSecond: 50,
  snapshotsAtOnce: 8,
  /** A delta up to so many bytes is one text frame; a bigger one travels as a stream of chunks. */
  deltaFrameBytes: 64 * 1024,
  /** Bytes of one chunk before compression. */
  chunkBytes: 256 * 1024,
  /** More changed rows than that are cheaper as a snapshot. */
  deltaRows: 50_000,
  quarantinedReported: 50,
  eventsKept: 1_000,
  commandsRemembered: 1_000,
  /** A batch rejected so many times in a row shows the node as `rejecting`. */
  rejectsTolerated: 3,
} as const;

/** Websocket close codes of our own. */
export const closeCodes = { internal: 1011, unauthorized: 4001, protocol: 4002, superseded: 4003, busy: 4008, draining: 4009, slow: 4010, noHello: 4011, silent: 4012 } as const;

/** One row change on the wire: table, key, the row's JSON text (null = removed). */
export type WireRow = readonly [table: TableName, key: string, json: string | null];

/** What a node has applied; `epoch` is '' and `rev` 0 before the first snapshot. */
export interface Position {
  readonly epoch: string;
  readonly rev: number;
  readonly hashes: TableHashes;
}

/** Rows of a table that may vanish in one batch although the shrink guard would hold it. */
export type ShrinkAllowance = Readonly<Partial<Record<TableName, number>>>;

/** What the shrink guard saw: `removed` of `had` rows would vanish. */
export interface Shrink {
  readonly table: TableName;
  readonly had: number;
  readonly removed: number;
}

export interface QuarantinedRow {
  readonly table: TableName;
  readonly key: string;
  readonly reason: string;
}

/** Facts that a node reports; counters only grow within one `boot`. */
export interface NodeReport {
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, number>>;
  readonly destinations: readonly DestinationHealth[];
  /** null = the node relays no media; absent = it is of a former version. */
  readonly media?: MediaReport | null;
}

export interface NodeEvent {
  readonly atMs: number;
  readonly kind: string;
  readonly subject: string;
  readonly text: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface ClusterKey {
  readonly id: number;
  /** base64url, 32 bytes. */
  readonly key: string;
}

/** Why a node refuses a whole batch; the configuration it has stays. */
export type RejectCode = 'gap' | 'epoch' | 'hash' | 'decode' | 'size' | 'shrink-guard' | 'schema' | 'commit';

export type NodeMessage =
  | { readonly t: 'hello'; readonly boot: string; readonly have: Position; readonly schema: number; readonly version: string; readonly capabilities: readonly string[]; readonly quarantined: readonly QuarantinedRow[] }
  | { readonly t: 'applied'; readonly batch: number; readonly epoch: string; readonly rev: number; readonly tookMs: number; readonly quarantined: readonly QuarantinedRow[]; readonly quarantinedTotal: number }
  | { readonly t: 'reject'; readonly batch: number; readonly rev: number; readonly code: RejectCode; readonly detail: string; readonly have: Position; readonly shrink: readonly Shrink[] }
  | { readonly t: 'resync'; readonly reason: 'lag' | 'hash' | 'epoch' | 'ahead' | 'silence'; readonly have: Position }
  | { readonly t: 'credit'; readonly batch: number; readonly upTo: number }
  | { readonly t: 'hb'; readonly n: number; readonly epoch: string; readonly rev: number; readonly hash: string }
  | { readonly t: 'report'; readonly report: NodeReport }
  | { readonly t: 'events'; readonly first: number; readonly events: readonly NodeEvent[] }
  | { readonly t: 'result'; readonly id: string; readonly ok: boolean; readonly data: unknown; readonly error: string };

export type ServerMessage =
  /** Who the node is; comes first. `token` is the node token that a join token was spent for, otherwise null. */
  | { readonly t: 'identity'; readonly node: { readonly id: string; readonly name: string }; readonly token: string | null }
  /** All keys in force: the first signs and seals, each opens. */
  | { readonly t: 'keys'; readonly keys: readonly ClusterKey[] }
  | { readonly t: 'welcome'; readonly mode: 'resume' | 'snapshot' | 'wait'; readonly epoch: string; readonly head: number; readonly heartbeatMs: number; readonly deadMs: number }
  | { readonly t: 'delta'; readonly batch: number; readonly epoch: string; readonly from: number; readonly to: number; readonly rows: readonly WireRow[]; readonly hashes: TableHashes; readonly allowShrink: ShrinkAllowance }
  | { readonly t: 'begin'; readonly kind: 'snapshot' | 'delta'; readonly batch: number; readonly epoch: string; /** -1 in a snapshot. */ readonly from: number; readonly to: number; readonly hashes: TableHashes; readonly allowShrink: ShrinkAllowance }
  | { readonly t: 'end'; readonly batch: number; readonly chunks: number; readonly rows: number }
  | { readonly t: 'hb.ack'; readonly n: number; readonly epoch: string; readonly head: number; readonly hash: string }
  | { readonly t: 'events.ack'; readonly upTo: number }
  | { readonly t: 'cmd'; readonly id: string; readonly name: string; readonly args: unknown; readonly ttlMs: number }
  | { readonly t: 'bye'; readonly code: string; readonly retryAfterMs: number };

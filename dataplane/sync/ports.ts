/** How the rest of the data plane meets the push channel. */
import type { RowOp } from '../contract/rows.ts';
import type { PackedTable } from '../routing/packed-tables.ts';
import type { ClusterKey, NodeEvent, NodeReport, QuarantinedRow, Shrink } from '../contract/wire.ts';

/** One committed step from a configuration to the next. */
export interface ConfigChange {
  /** Big tables that come whole: each takes the place of what was there before `ops` are applied. */
  readonly packed: readonly PackedTable[];
  /**
   * Always the DIFFERENCE to what was committed before (`packed` tables replaced), also when it came as a snapshot or from
   * disk: apply it to the current view. Good rows only, in dependency order (puts by table order, removals behind them in reverse).
   */
  readonly ops: readonly RowOp[];
  readonly epoch: string;
  readonly rev: number;
  readonly origin: 'disk' | 'snapshot' | 'delta';
}

export interface SyncListener {
  /** Resolves when every worker has swapped its view. A rejection leaves the batch unapplied: it comes again. Never called twice at once. */
  commit(change: ConfigChange): Promise<void>;
}

export type ConnectionState = 'connecting' | 'connected' | 'disconnected' | 'unauthorized';

export interface SyncStatus {
  readonly connection: ConnectionState;
  /** The control URL in use, or the last one tried. */
  readonly url: string;
  readonly node: { readonly id: string; readonly name: string } | null;
  readonly epoch: string;
  readonly rev: number;
  /** One hash over all tables, 32 hex digits. */
  readonly hash: string;
  readonly rows: Readonly<Record<string, number>>;
  readonly quarantined: readonly QuarantinedRow[];
  /** Tables whose shrinking an operator must confirm. */
  readonly held: readonly Shrink[];
  readonly lastRejection: string;
}

export interface SyncClientOptions {
  /** `ws://` or `wss://` addresses of control planes; tried in a shuffled order. */
  readonly urls: readonly string[];
  /** The node's data folder; files of the channel are written there with mode 0600. */
  readonly folder: string;
  readonly nodeName: string;
  readonly version: string;
  /** A node token given by the environment; without one the token kept in the folder serves. */
  readonly nodeToken?: string | undefined;
  /** Spent when there is no node token (or the kept one is refused). */
  readonly joinToken?: string | undefined;
  readonly capabilities: readonly string[];
  readonly listener: SyncListener;
  /** Runs a command once; its value is the result's data. A rejection becomes the result's error text. */
  readonly onCommand: (name: string, args: unknown) => Promise<unknown>;
  /** The cluster keys in force, the one that signs first (also those kept on disk, from `loadLastKnownGood`). */
  readonly onClusterKeys: (keys: readonly ClusterKey[]) => void;
  readonly onState?: (status: SyncStatus) => void;
  readonly log: (level: 'debug' | 'info' | 'warn' | 'error', text: string, detail?: Readonly<Record<string, unknown>>) => void;
}

/** The node's end of the push channel. Create it with `createSyncClient` (client.ts). */
export interface SyncClient {
  /**
   * Reads the last-known-good configuration and the kept cluster keys and hands them to the listener (origin `disk`; no commit
   * when there is nothing) and to `onClusterKeys`. Call it once, before `start`. Damaged files are set aside with a warning;
   * rejects only when the listener does.
   */
  loadLastKnownGood(): Promise<void>;
  /** Starts connecting; returns at once and never gives up. */
  start(): void;
  /** Newest report wins: it goes up at once when connected, and replaces one that waits. */
  report(report: NodeReport): void;
  /** Delivered in order, kept (bounded) while there is no connection. */
  events(events: readonly NodeEvent[]): void;
  status(): SyncStatus;
  /** Closes the socket, flushes the last-known-good log and stops. */
  close(): Promise<void>;
}

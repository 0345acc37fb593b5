/** What happens to the server's end of one node's channel, and what it wants done: data only (see session.ts). */
import type { TableHashes } from '../../dataplane/contract/hash.ts';
import type { NodeMessage, QuarantinedRow, ServerMessage, ShrinkAllowance } from '../../dataplane/contract/wire.ts';
import type { Batch } from './batches.ts';
import type { Head, NodeState } from './ports.ts';

/** The history as seen from a node's revision. */
export interface HistoryView {
  readonly head: Head;
  /** Hashes right after the node's revision; null = the log no longer has it, or never had. */
  readonly hashesAt: TableHashes | null;
  /** The way from the node's revision to the head; null = there is none (nothing new, pruned, or too much). */
  readonly batch: Batch | null;
}

/** A stream whose chunks are ready to be sent. */
export interface OpenStream {
  readonly kind: 'snapshot' | 'delta';
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
  readonly hashes: TableHashes;
  readonly chunks: number;
  readonly rows: number;
}

export type SessionEvent =
  | { readonly type: 'message'; readonly message: NodeMessage }
  /** The head may have moved. */
  | { readonly type: 'wake' }
  | { readonly type: 'read'; readonly token: number; readonly view: HistoryView }
  | { readonly type: 'opened'; readonly token: number; readonly stream: OpenStream }
  /** A read or an opening failed: the database is away. */
  | { readonly type: 'failed'; readonly token: number; readonly detail: string }
  | { readonly type: 'head'; readonly n: number; readonly head: Head }
  | { readonly type: 'slot'; readonly granted: boolean }
  | { readonly type: 'timer'; readonly token: number }
  /** An operator lets the held batch pass. */
  | { readonly type: 'confirm' }
  | { readonly type: 'beat' };

export type SessionEffect =
  | { readonly type: 'send'; readonly message: ServerMessage }
  /** A delta in one text frame; its encoding is shared by all nodes that take the same step. */
  | { readonly type: 'send-delta'; readonly batch: number; readonly content: Batch; readonly allowShrink: ShrinkAllowance }
  | { readonly type: 'send-chunk'; readonly batch: number; readonly seq: number }
  /** Answer with `read` (or `failed`) and the same token. */
  | { readonly type: 'read'; readonly token: number; readonly since: number }
  /** Answer with `opened`: the newest snapshot when `content` is null, otherwise that delta as a stream. */
  | { readonly type: 'open'; readonly token: number; readonly content: Batch | null }
  | { readonly type: 'head'; readonly n: number }
  /** Ask for one of the places for snapshots; answered with `slot`. */
  | { readonly type: 'acquire' }
  | { readonly type: 'release' }
  | { readonly type: 'timer'; readonly token: number; readonly ms: number }
  | { readonly type: 'state'; readonly state: NodeState; readonly detail: string }
  | { readonly type: 'applied'; readonly epoch: string; readonly rev: number; readonly tookMs: number; readonly quarantined: readonly QuarantinedRow[] }
  /** Facts that go on to the sink, the event log or a waiting command. */
  | { readonly type: 'deliver'; readonly message: Extract<NodeMessage, { t: 'hello' | 'report' | 'events' | 'result' }> }
  | { readonly type: 'close'; readonly code: number; readonly reason: string };

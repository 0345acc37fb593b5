/** What the push gateway needs of the rest of the control plane; nothing here knows a database or an HTTP framework. */
import type { TableName } from '../../dataplane/contract/rows.ts';
import type { ClusterKey, NodeEvent, NodeReport, QuarantinedRow } from '../../dataplane/contract/wire.ts';

/** One row change exactly as it is hashed and sent: `json` is the row's canonical text, null = removed. */
export interface WireOp {
  readonly table: TableName;
  readonly key: string;
  readonly json: string | null;
}

/** Identity and content of the newest revision. Hashes are hex, one a table (see dataplane/contract/hash.ts). */
export interface Head {
  readonly epoch: string;
  readonly rev: number;
  readonly hashes: Readonly<Record<TableName, string>>;
}

/** One revision with all of its row changes and the hashes after it. */
export interface Revision {
  readonly rev: number;
  readonly ops: readonly WireOp[];
  readonly hashes: Readonly<Record<TableName, string>>;
}

/** The configuration's history, read-only. Implemented by controlplane/config over the database. */
export interface ChangeSource {
  head(): Promise<Head>;
  /** Hashes right after revision `rev`, or null when the log no longer holds it. */
  hashesAt(rev: number): Promise<Readonly<Record<TableName, string>> | null>;
  /** Revisions after `rev`, ascending without gaps, at most `limit`; null when the log was pruned past `rev`. */
  revisionsAfter(rev: number, limit: number): Promise<readonly Revision[] | null>;
  /** All rows as of one revision (one consistent read), in the order of `tableNames`. */
  snapshot(): Promise<{ readonly head: Head; readonly rows: AsyncIterable<readonly WireOp[]> }>;
  /** Calls `wake` whenever the head may have moved (NOTIFY, reconnect, 2 s poll). Returns the unsubscribe function. */
  onWake(wake: () => void): () => void;
}

export interface NodeIdentity {
  readonly id: string;
  readonly name: string;
}

/** Who may open a node's socket. Implemented by controlplane/auth. */
export interface NodeDirectory {
  /** The node that owns this (unrevoked) node token, or null. */
  authenticate(token: string): Promise<NodeIdentity | null>;
  /** Spends a one-time join token: creates the node row and its first node token. null = unknown, spent or expired. */
  join(joinToken: string, name: string): Promise<{ readonly node: NodeIdentity; readonly nodeToken: string } | null>;
  /** Key material that the nodes share: the key that signs, then the others, newest first. */
  clusterKeys(): Promise<readonly ClusterKey[]>;
}

export type NodeState = 'connected' | 'syncing' | 'in-step' | 'behind' | 'rejecting' | 'held' | 'gone';

/** The same facts as on the wire. */
export type { NodeEvent, NodeReport, QuarantinedRow } from '../../dataplane/contract/wire.ts';

/** Where facts about nodes go. Implemented by controlplane/live. */
export interface NodeSink {
  hello(node: NodeIdentity, info: { readonly boot: string; readonly version: string; readonly rev: number; readonly epoch: string; readonly capabilities: readonly string[]; readonly address: string }): void;
  state(nodeId: string, state: NodeState, detail: string): void;
  applied(nodeId: string, rev: number, tookMs: number, quarantined: readonly QuarantinedRow[]): void;
  report(nodeId: string, report: NodeReport): void;
  events(nodeId: string, events: readonly NodeEvent[]): void;
  gone(nodeId: string, reason: string): void;
}

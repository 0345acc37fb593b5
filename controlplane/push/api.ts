/** What the rest of the control plane may ask of the push gateway. */
import type { IncomingMessage, Server } from 'node:http';
import type { Result } from '../../dataplane/contract/result.ts';
import type { Shrink } from '../../dataplane/contract/wire.ts';
import type { ChangeSource, NodeDirectory, NodeSink, NodeState } from './ports.ts';

export interface PushGatewayDeps {
  readonly changes: ChangeSource;
  readonly directory: NodeDirectory;
  readonly sink: NodeSink;
  /** Where a request comes from, trusted proxies seen through; without it whoever is connected. */
  readonly addressOf?: (request: IncomingMessage) => string;
  readonly log: (level: 'debug' | 'info' | 'warn' | 'error', text: string, detail?: Readonly<Record<string, unknown>>) => void;
}

export interface AppliedReport {
  /** Nodes that run the revision (or a later one); `ms` counts from `sinceMs`. */
  readonly applied: readonly { readonly node: string; readonly name: string; readonly ms: number }[];
  /** Connected nodes that did not get there in time, or went away meanwhile. */
  readonly missing: readonly { readonly node: string; readonly name: string; readonly state: NodeState }[];
}

export type CommandFailure = { readonly code: 'expired' | 'failed' | 'closed'; readonly message: string };

export interface ConnectedNode {
  readonly id: string;
  readonly name: string;
  readonly state: NodeState;
  readonly detail: string;
  readonly epoch: string;
  readonly rev: number;
  readonly boot: string;
  readonly connectedSinceMs: number;
  /** Not empty while the shrink guard holds a batch. */
  readonly held: readonly Shrink[];
}

/** Create it with `createPushGateway` (gateway.ts). */
export interface PushGateway {
  /** Serves `/sync/v1` upgrades of this server; other upgrade paths are left to others. */
  attach(server: Server): void;
  /** The head may have moved: push it now instead of at the next notification. Cheap, never throws. */
  wake(): void;
  /**
   * Waits until every node connected now has applied `rev`, at most `timeoutMs`. `sinceMs` (epoch milliseconds,
   * default now) is the zero of the reported times, e.g. when the write was committed. Wakes the gateway by itself.
   */
  waitApplied(rev: number, timeoutMs: number, sinceMs?: number): Promise<AppliedReport>;
  /** Sends a command; a node that is away gets it when it is back within `ttlMs`. Runs at most once. Result: the node's data. */
  command(nodeId: string, name: string, args: unknown, ttlMs: number): Promise<Result<unknown, CommandFailure>>;
  /** An operator confirms what the shrink guard of the node holds. False when it holds nothing. */
  confirmShrink(nodeId: string): boolean;
  /** Asks the directory again about the node's token and closes the socket when it no longer stands (revoked, node deleted). */
  reauthenticate(nodeId: string): Promise<void>;
  /** Reads the cluster keys again and sends them to every node that has others (after a rotation). */
  refreshKeys(): Promise<void>;
  connected(): readonly ConnectedNode[];
  /** Says `bye` to every node with a spread retry time, then closes the sockets. */
  close(): Promise<void>;
}

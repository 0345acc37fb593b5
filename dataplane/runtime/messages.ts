/** What the main thread and its SIP workers tell each other. Everything here is structured-cloned. */
import type { MessagePort } from 'node:worker_threads';
import type { CallPage, CallQuery } from '../calls/table.ts';
import type { RowOp } from '../contract/rows.ts';
import type { ClusterKey } from '../contract/wire.ts';
import type { BoardUpdate } from '../health/board.ts';
import type { InterfaceAddress } from '../proxy/identity.ts';
import type { Outcome } from '../proxy/environment.ts';
import type { PackedTable } from '../routing/packed-tables.ts';
import type { TlsState } from '../transport/tls-identities.ts';
import type { BackendPorts } from './backend-ports.ts';
import type { KeySecrets } from '../transaction/keys.ts';
import type { Mail, OtherProcess } from './neighbour-mail.ts';
import type { Binding, BindingChange } from '../registrations/binding.ts';
import type { ForbiddenSetting } from '../forbidden-setting.ts';
import type { ListenSetting } from '../listen-setting.ts';
import type { SocketsSetting } from '../settings.ts';
import type { UdpSocket } from '../transport/udp-socket.ts';

/** A difference to the configuration that a worker has: big tables that come whole (shared, not copied), then single rows. */
export interface ConfigBatch {
  readonly packed: readonly PackedTable[];
  readonly ops: readonly RowOp[];
  readonly epoch: string;
  readonly rev: number;
}

/** A stretch of a batch; the worker swaps its view with the last one. */
export interface ConfigPart extends ConfigBatch {
  readonly last: boolean;
}

/** What a worker is born with. */
export interface WorkerSetup {
  readonly worker: number;
  readonly workers: number;
  /** Number of this process in the row of those that took over from each other (neighbour-mail.ts). */
  readonly generation: number;
  /** The process that this one replaces, null = none: until `former` says what it has, everything goes to it. */
  readonly former: OtherProcess | null;
  readonly listen: readonly ListenSetting[];
  readonly names: readonly string[];
  /** DNS servers; empty = the system's. */
  readonly dns: readonly string[];
  readonly forbiddenTargets: ForbiddenSetting;
  /** Origins of the pages that may open a WebSocket; empty = any. */
  readonly webOrigins: readonly string[];
  readonly sockets: SocketsSetting;
  readonly interfaces: readonly InterfaceAddress[];
  readonly keys: readonly ClusterKey[];
  readonly board: BoardUpdate;
  /** Applied before the first socket opens, so that no message meets an empty configuration. */
  readonly config: ConfigBatch;
  readonly counters: SharedArrayBuffer;
  readonly tls: TlsState;
  /** 48 bytes that seal TLS session tickets, the same for all workers. */
  readonly tickets: Uint8Array;
  /** What all workers count of limited tenants (calls/limit-cells.ts). */
  readonly limits: SharedArrayBuffer;
  /** Bindings that the node has (registrations/known-bindings.ts). */
  readonly bindings: SharedArrayBuffer;
  readonly backendPorts: BackendPorts;
  /** Of the transaction tables' keys: the same for all workers, so that they can tell each other which they hold. */
  readonly keySecrets: KeySecrets;
  /** Which worker holds which server transaction (transaction-directory.ts); null with one worker. */
  readonly directory: SharedArrayBuffer | null;
  /** Ways to the media threads; none = media goes direct. */
  readonly media: readonly MessagePort[];
  /** By worker: a way to each sibling, null at the worker's own place. */
  readonly siblings: readonly (MessagePort | null)[];
}

/** From one worker to another, by a port of their own. */
export interface Letter {
  /** Owner number of the sender. */
  readonly from: number;
  readonly mail: Mail;
}

export type ToWorker =
  /** Answered by `applied` with the same number. */
  | ({ readonly t: 'config'; readonly n: number } & ConfigPart)
  | { readonly t: 'keys'; readonly keys: readonly ClusterKey[] }
  | { readonly t: 'tls'; readonly state: TlsState }
  | { readonly t: 'board'; readonly update: BoardUpdate }
  /** What the node's own row says. */
  | { readonly t: 'draining'; readonly draining: boolean; readonly answersOptions: boolean }
  /** Send keep-alives to these phones. */
  | { readonly t: 'ping'; readonly method: 'crlf' | 'options'; readonly phones: readonly Binding[] }
  /** Answered by `calls` with the same number. */
  | { readonly t: 'calls'; readonly n: number; readonly query: CallQuery }
  /** From the worker of another process. */
  | { readonly t: 'mail'; readonly from: number; readonly mail: Mail }
  /** What the former process still has (a `KeySet`); null = nothing. Answered by `applied` with the same number. */
  | { readonly t: 'former'; readonly n: number; readonly keys: SharedArrayBuffer | null }
  /** Answered by `applied` with the same number: all mail before it has been dealt with. */
  | { readonly t: 'flush'; readonly n: number }
  /** Another process takes over: hand it what is not of your own transactions, answer `estate`. */
  | { readonly t: 'succeeded'; readonly by: OtherProcess }
  /** Stop taking new dialogs, answer `drained` when nothing is pending; `all` = when no transaction is left either. */
  | { readonly t: 'drain'; readonly all: boolean }
  /** Leave the shared ports, pass on what has arrived at them, answer `retired`. */
  | { readonly t: 'retire' }
  | { readonly t: 'stop' };

/** The open listeners of a worker. */
export interface Listening {
  readonly addresses: readonly string[];
  /** How UDP is served, each way once. */
  readonly sockets: readonly UdpSocket['kind'][];
}

export type FromWorker =
  | ({ readonly t: 'listening' } & Listening)
  | { readonly t: 'refused'; readonly sentence: string }
  | { readonly t: 'applied'; readonly n: number }
  /** `nowMs`: the clock of the calls' starts. */
  | { readonly t: 'calls'; readonly n: number; readonly page: CallPage; readonly nowMs: number }
  | { readonly t: 'registrations'; readonly changes: readonly BindingChange[] }
  | { readonly t: 'outcome'; readonly destination: number; readonly outcome: Outcome }
  /** A part failed on a message or timer; `more` of them were left out since the last report. */
  | { readonly t: 'fault'; readonly where: string; readonly detail: string; readonly more: number }
  /** A message named a target in a forbidden network; `more` such were left out since the last report. */
  | { readonly t: 'refusedTarget'; readonly address: string; readonly port: number; readonly more: number }
  | { readonly t: 'mail'; readonly to: number; readonly mail: Mail }
  | { readonly t: 'estate'; readonly keys: Int32Array }
  | { readonly t: 'retired' }
  | { readonly t: 'drained' }
  | { readonly t: 'stopped' };

/** What the main thread and its SIP workers tell each other. Everything here is structured-cloned. */
import type { RowOp } from '../contract/rows.ts';
import type { ClusterKey } from '../contract/wire.ts';
import type { BoardUpdate } from '../health/board.ts';
import type { InterfaceAddress } from '../proxy/identity.ts';
import type { Outcome } from '../proxy/environment.ts';
import type { BackendPorts } from './backend-ports.ts';
import type { Mail } from './neighbour-mail.ts';
import type { ListenSetting } from '../listen-setting.ts';

/** A difference to the configuration that a worker has. */
export interface ConfigBatch {
  readonly ops: readonly RowOp[];
  readonly epoch: string;
  readonly rev: number;
}

/** What a worker is born with. */
export interface WorkerSetup {
  readonly worker: number;
  readonly workers: number;
  readonly listen: readonly ListenSetting[];
  readonly names: readonly string[];
  /** DNS servers; empty = the system's. */
  readonly dns: readonly string[];
  readonly interfaces: readonly InterfaceAddress[];
  readonly keys: readonly ClusterKey[];
  readonly board: BoardUpdate;
  /** Applied before the first socket opens, so that no message meets an empty configuration. */
  readonly config: ConfigBatch;
  readonly counters: SharedArrayBuffer;
  /** What all workers count of limited tenants (calls/limit-cells.ts). */
  readonly limits: SharedArrayBuffer;
  /** Ports towards backends that the former process had; taken if they are free. */
  readonly backendPorts: BackendPorts;
}

export type ToWorker =
  /** Answered by `applied` with the same number. */
  | ({ readonly t: 'config'; readonly n: number } & ConfigBatch)
  | { readonly t: 'keys'; readonly keys: readonly ClusterKey[] }
  | { readonly t: 'board'; readonly update: BoardUpdate }
  | { readonly t: 'draining'; readonly draining: boolean }
  | { readonly t: 'mail'; readonly from: number; readonly mail: Mail }
  /** Stop taking new dialogs, answer `drained` when nothing is pending. */
  | { readonly t: 'drain' }
  | { readonly t: 'stop' };

export type FromWorker =
  | { readonly t: 'listening'; readonly addresses: readonly string[]; readonly backendPorts: BackendPorts }
  | { readonly t: 'refused'; readonly sentence: string }
  | { readonly t: 'applied'; readonly n: number }
  | { readonly t: 'outcome'; readonly destination: number; readonly outcome: Outcome }
  /** A part failed on a message or timer; `more` of them were left out since the last report. */
  | { readonly t: 'fault'; readonly where: string; readonly detail: string; readonly more: number }
  /** For another worker; -1 = all others. */
  | { readonly t: 'mail'; readonly to: number; readonly mail: Mail }
  | { readonly t: 'drained' }
  | { readonly t: 'stopped' };

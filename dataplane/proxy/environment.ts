/** What the proxy of one worker stands on: everything that its steps read, and the doors they act through. */
import type { CallTable } from '../calls/table.ts';
import type { TenantLimits } from '../calls/tenant-limits.ts';
import type { Clock } from '../runtime/clock.ts';
import type { CounterRow } from '../runtime/counters.ts';
import type { MediaDoor } from '../media/door.ts';
import type { WorkerHealth } from '../health/worker-health.ts';
import type { RegistrationDoor } from '../registrations/door.ts';
import type { Turns } from '../routing/turns.ts';
import type { ConfigView } from '../routing/view.ts';
import type { KeyRing } from '../security/key-ring.ts';
import type { Edits } from '../sip/edits.ts';
import type { TransactionLayer } from '../transaction/layer.ts';
import type { Family, Listener, MessageSender, TransportName } from '../transport/flow.ts';
import type { LargeRequests } from '../transport/large-requests.ts';
import type { Locator, NumberDirectory } from '../transport/locate.ts';
import type { ConfiguredPlaces } from './configured-places.ts';
import type { FlowTokens } from './flow-tokens.ts';
import type { ForbiddenTargets } from './forbidden-targets.ts';
import type { NodeIdentity } from './identity.ts';
import type { Neighbours } from './neighbours.ts';

/** How an attempt at a destination ended, as passive health wants to know it. */
export type Outcome = 'ok' | 'timeout' | 'transport' | number;

/** Doors to the main thread; each call is cheap and never waits. */
export interface ProxySink {
  /** A call attempt's verdict on a destination; successes are only told after failures. */
  outcome(destinationId: number, outcome: Outcome): void;
}

export interface ProxyEnvironment {
  /** The newest configuration; a step reads it once for each request. Replaced whole. */
  view: ConfigView;
  keys: KeyRing;
  /** Requests under way without a final answer: what a drain waits for. */
  pending: number;
  /** What those requests hold in memory. */
  pendingBytes: number;
  /** The node stops taking new dialogs (drain, shutdown). */
  draining: boolean;
  /** OPTIONS to the node itself are answered; false lets upstreams take it for dead and leave it. */
  answersOptions: boolean;
  readonly identity: NodeIdentity;
  /** Where nothing from the wire may send us, and what of that the configuration opens. */
  readonly forbidden: ForbiddenTargets;
  readonly configured: ConfiguredPlaces;
  readonly flows: FlowTokens;
  readonly layer: TransactionLayer;
  readonly sender: MessageSender;
  readonly locator: Locator;
  readonly numbers: NumberDirectory;
  readonly media: MediaDoor;
  readonly health: WorkerHealth;
  readonly turns: Turns;
  readonly calls: CallTable;
  readonly limits: TenantLimits;
  readonly registrations: RegistrationDoor;
  readonly counters: CounterRow;
  readonly clock: Clock;
  /** Epoch milliseconds; asked only for time windows, slow start and overload control. */
  readonly wallClock: Clock;
  readonly sink: ProxySink;
  readonly edits: Edits;
  /** This worker's number, part of each branch. */
  readonly worker: number;
  /** The listener to send from: a backend one where there is one, never null for a transport and family that is open. */
  pickListener(transport: TransportName, family: Family): Listener | null;
  /** The public listener of that transport and family, for Record-Route and Path. */
  publicListener(transport: TransportName, family: Family): Listener | null;
  /** The listener of that number; null = none. */
  listener(id: number): Listener | null;
  /** Whether messages can be sent by that transport in that family. */
  hasListener(transport: TransportName, family: Family): boolean;
  /** The open connection of that transport to that address and port; 0 = none. */
  connectionTo(transport: TransportName, address: string, port: number): number;
  readonly large: LargeRequests;
  readonly neighbours: Neighbours;
  /** A request was not sent there: the log tells. */
  targetRefused(address: string, port: number): void;
  /** A part threw: a bug. It is logged and counted, and the message is given up; the worker goes on. */
  fault(where: string, error: unknown): void;
}

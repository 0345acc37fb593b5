import type { TimerWheel } from '../runtime/timer-wheel.ts';
import type { SipMessage } from '../sip/message.ts';
import type { Flow, MessageSender, SendOwner } from '../transport/flow.ts';
import type { ClientTransaction } from './client.ts';
import type { ServerTransaction } from './server.ts';
import type { TransactionUser } from './user.ts';

/** Timer values with everything derived from them, computed once. Milliseconds. */
export interface TransactionTimes {
  readonly t1: number;
  readonly t2: number;
  readonly t4: number;
  /** 64·T1: timers B, D, F, H, J, L, M. */
  readonly life: number;
  /** Wait before our own 100 for an INVITE, and for other requests over UDP. */
  readonly inviteTrying: number;
  readonly nonInviteTrying: number;
}

/** Counted since the start. */
export interface TransactionCounters {
  /** Requests and final responses that came again and were absorbed. */
  retransmissionsIn: number;
  /** Requests and responses sent again. */
  retransmissionsOut: number;
  timeouts: number;
  transportErrors: number;
  /** Responses without a client transaction. */
  strays: number;
  /** Requests refused at a cap. */
  overloads: number;
}

/** What a transaction needs of the layer that runs it. */
export interface TransactionContext {
  readonly sender: MessageSender;
  readonly wheel: TimerWheel;
  readonly times: TransactionTimes;
  readonly user: TransactionUser;
  readonly counters: TransactionCounters;
  /** Text of the 100 Trying for a request. */
  trying(request: SipMessage, flow: Flow): string;
  /** Hears should the response not get through; null = nothing more can be done for it. */
  rescue(tx: ServerTransaction, text: string): SendOwner | null;
  /** Takes the transaction out of its table and tells the user. */
  serverEnded(tx: ServerTransaction): void;
  clientEnded(tx: ClientTransaction): void;
  /** Sends the CANCEL of an INVITE that is in progress. */
  sendCancel(tx: ClientTransaction): void;
}

/** "No such deadline" in the tick fields of a transaction. */
export const never = -1;

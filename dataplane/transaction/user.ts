import type { SipMessage } from '../sip/message.ts';
import type { Flow } from '../transport/flow.ts';
import type { ClientTransaction } from './client.ts';
import type { ServerTransaction } from './server.ts';

/** What the transaction layer tells its user, the proxy. No call comes from inside one of the layer's own entry points for sending. */
export interface TransactionUser {
  /** A new request: neither a retransmission, nor ACK, nor CANCEL. Answer it with `layer.respond`, or end it with `layer.abandon`. */
  onRequest(tx: ServerTransaction, request: SipMessage, flow: Flow): void;
  /**
   * A new CANCEL. `invite` is its INVITE's server transaction while that is known (its final answer may be out already:
   * see `invite.status`), else null. The user answers `cancel` (200 or 481) and cancels what it has pending.
   */
  onCancel(cancel: ServerTransaction, request: SipMessage, flow: Flow, invite: ServerTransaction | null): void;
  /** An ACK that no INVITE server transaction absorbs: the ACK of a 2xx, end to end (RFC 3261 §13.2.2.4, RFC 6026 §7.1). */
  onAck(request: SipMessage, flow: Flow): void;
  /** Every response the machine passes up: each 1xx (100 included), each 2xx with its retransmissions (RFC 6026), one other final. */
  onResponse(tx: ClientTransaction, response: SipMessage, flow: Flow): void;
  /** A response that matches no client transaction. */
  onStrayResponse(response: SipMessage, flow: Flow): void;
  /**
   * No provisional within `frMs`, or no final within 64·T1 behind a CANCEL, be it the user's or that of timer C (`frInviteMs`
   * after the last 101-199). Comes once. An INVITE without a provisional is cancelled should one still come. Late 2xx
   * still arrive by `onResponse`.
   */
  onTimeout(tx: ClientTransaction): void;
  /** The request could not be sent: treat as 503 (RFC 3261 §16.9). The transaction is over. */
  onTransportError(tx: ClientTransaction, detail: string): void;
  /** The server transaction is over: drop what hangs on it. */
  onServerEnd(tx: ServerTransaction): void;
  /** The client transaction is over (also after onTimeout and onTransportError): drop what hangs on it. */
  onClientEnd(tx: ClientTransaction): void;
  /** A new request above the cap: no transaction was made. A stateless 503 is allowed. */
  onOverload(request: SipMessage, flow: Flow): void;
}

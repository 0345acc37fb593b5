import type { SipMessage } from '../sip/message.ts';
import type { Flow } from '../transport/flow.ts';

/**
 * Transactions of this node that another layer holds: another worker's, or those of a process that is being replaced. The
 * layer says what it opens and closes, and asks before it takes a message for a new request.
 */
export interface Elsewhere {
  /** A server transaction of this layer begins; the key is that of `keys.ts`. */
  opened(first: number, second: number): void;
  closed(first: number, second: number): void;
  /**
   * Whether somebody else takes this request, as it may belong to the server transaction of that key (for ACK and CANCEL: of
   * the INVITE). After true the layer forgets the message.
   */
  takes(first: number, second: number, request: SipMessage, flow: Flow): boolean;
}

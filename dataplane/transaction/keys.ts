/**
 * How a request finds its server transaction: RFC 3261 §17.2.3 for branches with the magic cookie, and
 * the comparison of RFC 2543 for all others. Space and line feed occur in none of the parts.
 */
import type { SipMessage } from '../sip/message.ts';
import type { Via } from '../sip/via.ts';

/** Branch + sent-by + method; `method` is INVITE for the ACK or CANCEL that looks for its INVITE. */
export const cookieKey = (via: Via, method: string): string => `${method} ${via.branch} ${via.sentBy}`;

/**
 * Request-URI, To tag, From tag, Call-ID, CSeq and top Via, as RFC 3261 §17.2.3 compares them when the
 * branch is of no use. `toTag` is the tag of the INVITE itself, which its ACK cannot know: see `layer.ts`.
 */
export const legacyKey = (message: SipMessage, via: Via, method: string, toTag: string): string =>
  `${method}\n${message.requestUri}\n${toTag}\n${message.fromTag}\n${message.callId}\n${message.cseqNumber}\n${via.raw.slice(via.start, via.end)}`;

/** Key of the server transaction that a request other than ACK belongs to. */
export const requestKey = (message: SipMessage, via: Via, method: string): string =>
  via.hasCookie ? cookieKey(via, method) : legacyKey(message, via, method, message.toTag);

/** Key of a client transaction: the branch alone, as ours are unique, but CANCEL shares that of its INVITE (RFC 3261 §9.1). */
export const clientKey = (branch: string, method: string): string => (method === 'CANCEL' ? `${branch} CANCEL` : branch);

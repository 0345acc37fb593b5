/** What a sips Request-URI asks of the way that a request takes (RFC 3261 §26.2.2, RFC 5630 §5.3): TLS on every hop. PURE. */
import type { Destination } from '../routing/destination.ts';
import type { SipMessage } from '../sip/message.ts';
import { reply } from './verdict.ts';

/** The next hop cannot be reached over TLS: the caller may try again with a sip URI (RFC 5630 §5.3). */
export const sipsNotAllowed = reply(480, 'Temporarily Unavailable', 'Warning: 380 signalbox "SIPS Not Allowed"\r\n');

export const isSips = (request: SipMessage): boolean => request.sipUri?.scheme === 'sips';

/** Whether a destination may get the request: a sips request passes over those without TLS. */
export const serves = (destination: Destination, request: SipMessage): boolean => destination.transport === 'tls' || !isSips(request);

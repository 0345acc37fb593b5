/** What a sips Request-URI asks of the way that a request takes (RFC 3261 §26.2.2, RFC 5630 §5.3): TLS on every hop. PURE. */
import type { Destination } from '../routing/destination.ts';
import type { SipMessage } from '../sip/message.ts';
import { reply } from './verdict.ts';

/** The next hop cannot be reached over TLS: the caller may try again with a sip URI (RFC 5630 §5.3). */
export const sipsNotAllowed = reply(480, 'Temporarily Unavailable', 'Warning: 380 signalbox "SIPS Not Allowed"\r\n');

export const isSips = (request: SipMessage): boolean => request.sipUri?.scheme === 'sips';

/**
 * Whether a destination may get the request: one for a sips URI passes over those without TLS.
 * @param requestUri what it gets instead of the request's own (a redirection, an ENUM answer), null = nothing
 */
export const serves = (destination: Destination, request: SipMessage, requestUri: string | null): boolean =>
  destination.transport === 'tls' || !(isSips(request) || (requestUri !== null && requestUri.slice(0, 5).toLowerCase() === 'sips:'));

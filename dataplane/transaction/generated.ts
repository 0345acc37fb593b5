/** The two requests that the INVITE client transaction makes by itself, both from the INVITE it sent. */
import type { SipMessage } from '../sip/message.ts';

/**
 * The ACK of a 300-699 response (RFC 3261 §17.1.1.3): Request-URI, Call-ID, From, CSeq number, Route and the
 * single top Via of the INVITE, To of the response.
 */
export const buildAck = (invite: SipMessage, response: SipMessage): string =>
  compose(invite, 'ACK', response.raw.slice(response.toStart, response.toEnd), '');

/**
 * CANCEL (RFC 3261 §9.1): like the ACK, with the INVITE's own To.
 * @param reason value of a Reason header (RFC 3326), '' = none.
 */
export const buildCancel = (invite: SipMessage, reason: string): string =>
  compose(invite, 'CANCEL', invite.raw.slice(invite.toStart, invite.toEnd), reason === '' ? '' : `Reason: ${reason}\r\n`);

function compose(invite: SipMessage, method: string, to: string, extra: string): string {
  const { raw } = invite;
  const via = invite.topVia;
  let routes = '';
  for (const line of invite.headers('route')) routes += raw.slice(line.lineStart, line.lineEnd);
  return `${method} ${invite.requestUri} SIP/2.0\r\n`
    + `Via: ${via === null ? '' : raw.slice(via.start, via.end)}\r\n${routes}`
    + `From: ${raw.slice(invite.fromStart, invite.fromEnd)}\r\nTo: ${to}\r\n`
    + `Call-ID: ${invite.callId}\r\nCSeq: ${invite.cseqNumber} ${method}\r\n`
    + `Max-Forwards: 70\r\n${extra}Content-Length: 0\r\n\r\n`;
}

import { parseMessage } from '../../../dataplane/sip/parse.ts';
import type { ParseFault } from '../../../dataplane/sip/parse.ts';
import type { SipMessage } from '../../../dataplane/sip/message.ts';

/** A plain INVITE; `lines` replace the header lines of the same name or are added, '' takes one away. */
export function requestText(changes: Readonly<Record<string, string>> = {}, startLine = 'INVITE sip:1001@sip.acme.example SIP/2.0', body = ''): string {
  const lines: Record<string, string> = {
    Via: 'SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bKabc;rport',
    'Max-Forwards': '70',
    From: '"Alice" <sip:alice@sip.acme.example>;tag=a1',
    To: '<sip:1001@sip.acme.example>',
    'Call-ID': 'call-1@192.0.2.7',
    CSeq: '1 INVITE',
    'Content-Length': String(body.length),
    ...changes,
  };
  const head = Object.entries(lines).filter(([, value]) => value !== '').map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${startLine}\r\n${head}\r\n${body}`;
}

/** A 200 to that INVITE. */
export function responseText(changes: Readonly<Record<string, string>> = {}, startLine = 'SIP/2.0 200 OK'): string {
  return requestText({ 'Max-Forwards': '', To: '<sip:1001@sip.acme.example>;tag=b2', ...changes }, startLine);
}

/** The parsed message; throws when it is refused. */
export function parsed(text: string): SipMessage {
  const outcome = parseMessage(text);
  if (!outcome.ok) throw new Error(`refused: ${outcome.status} ${outcome.reason}`);
  return outcome.message;
}

/** The refusal; throws when the message is accepted. */
export function refused(text: string): ParseFault {
  const outcome = parseMessage(text);
  if (outcome.ok) throw new Error('accepted');
  return outcome;
}

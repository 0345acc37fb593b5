import { bounds, type HeadBounds } from './bounds.ts';
import { CLASS, TOKEN } from './characters.ts';
import { SipMessage } from './message.ts';
import { checkMessage } from './sanity.ts';
import { scanHeaders } from './scanner.ts';
import { NOT_SIP, scanStartLine, SMALL_VERSION } from './start-line.ts';

/** A refused message: what to answer and whether RFC 3261 lets it be answered (requests with a Via, never ACK). */
export interface ParseFault {
  readonly ok: false;
  readonly status: number;
  /** Reason phrase; says which rule was broken. */
  readonly reason: string;
  readonly answerable: boolean;
  /** What was understood, enough for `buildResponse` when `answerable`. */
  readonly partial: SipMessage | null;
}

export type ParseOutcome = { readonly ok: true; readonly message: SipMessage } | ParseFault;

const LF = 10;
const CR = 13;

/** Whether a datagram or WebSocket frame is a keep-alive and no message: only CRLFs, NULs or spaces, up to 8 bytes. */
export function isKeepAlive(raw: string): boolean {
  if (raw.length > 8) return false;
  for (let i = 0; i < raw.length; i++) {
    const c = raw.charCodeAt(i);
    if (c !== CR && c !== LF && c !== 0 && c !== 32) return false;
  }
  return true;
}

/**
 * Parses one whole message (a datagram, or what `StreamFramer` cut out) given as latin1 text. Bytes behind the body
 * are cut off (RFC 3261 18.3), empty lines before the start line skipped (7.5), white space behind the start line
 * stripped (RFC 4475 trws), a version in small letters is made capital (7.1).
 *
 * Checks what any element must refuse: RFC 3261 8.1.1 and 16.3 (1, 2). Statuses: 400, 414 (Request-URI too long),
 * 416 (scheme), 505 (version), 513 (message too large). Malformed responses are never answerable.
 * @param head `ownBounds` for a message that we wrote ourselves.
 */
export function parseMessage(raw: string, head: HeadBounds = bounds): ParseOutcome {
  if (raw.length > bounds.messageBytes) return refuse(513, 'Message Too Large', null);
  const first = raw.charCodeAt(0);
  const text = first === CR || first === LF ? withoutLeadingLines(raw) : raw;
  // Also keeps lines of blanks from being stripped one by one below.
  if (((CLASS[text.charCodeAt(0)] ?? 0) & TOKEN) === 0) return refuse(400, NOT_SIP.reason, null);
  const lineEnd = text.indexOf('\n') - 1;
  // "A sip:b SIP/2.0" and "SIP/2.0 200" are the shortest start lines.
  if (lineEnd < 11 || text.charCodeAt(lineEnd) !== CR) return refuse(400, NOT_SIP.reason, null);
  const last = text.charCodeAt(lineEnd - 1);
  if ((last === 32 || last === 9) && !text.startsWith('SIP/')) return parseMessage(withoutTrailingBlanks(text, lineEnd), head);
  const message = new SipMessage(text);
  const lineFault = scanStartLine(message, lineEnd);
  if (lineFault === SMALL_VERSION) return parseMessage(withCapitalVersion(message, lineEnd), head);
  if (lineFault === NOT_SIP) return refuse(400, NOT_SIP.reason, null);
  const headFault = scanHeaders(message, lineEnd + 2, head);
  if (lineFault !== null) return refuse(lineFault.status, lineFault.reason, message);
  if (headFault !== '') return refuse(400, headFault, message);
  const fault = checkMessage(message);
  if (fault !== null) return refuse(fault.status, fault.reason, message);
  return { ok: true, message };
}

function refuse(status: number, reason: string, partial: SipMessage | null): ParseFault {
  const answerable = partial !== null && partial.isRequest && partial.method !== 'ACK' && partial.viaStart >= 0;
  return { ok: false, status, reason, answerable, partial };
}

function withoutLeadingLines(raw: string): string {
  let at = 0;
  while (raw.charCodeAt(at) === CR || raw.charCodeAt(at) === LF) at++;
  return raw.slice(at);
}

/** A request has the version at the end of its first line, a response at the beginning. */
function withCapitalVersion({ raw, method }: SipMessage, lineEnd: number): string {
  return method === '' ? `SIP${raw.slice(3)}` : `${raw.slice(0, lineEnd - 7)}SIP/2.0${raw.slice(lineEnd)}`;
}

function withoutTrailingBlanks(text: string, lineEnd: number): string {
  let at = lineEnd;
  while (at > 0 && (text.charCodeAt(at - 1) === 32 || text.charCodeAt(at - 1) === 9)) at--;
  return text.slice(0, at) + text.slice(lineEnd);
}

import { bounds } from './bounds.ts';
import { CLASS, DIGIT, TOKEN } from './characters.ts';
import type { SipMessage } from './message.ts';
import { methodAt } from './method.ts';

/** Why a message is refused: the status of the answer and its reason phrase. */
export interface Fault {
  readonly status: number;
  readonly reason: string;
}

/** The text is no SIP message at all: never answered. */
export const NOT_SIP: Fault = { status: 400, reason: 'No SIP start line' };

/** The version is written with small letters: right on arrival, but never to be sent on (RFC 3261 7.1). */
export const SMALL_VERSION: Fault = { status: 400, reason: 'SIP-Version In Small Letters' };

const SP = 32;
const SLASH = 47;

/**
 * Reads the start line in `raw[0, end)` (RFC 3261 7.1, 7.2) into the message; `end` is the position of its CR.
 * Single spaces separate its parts, there is none inside the Request-URI (RFC 4475 lwsruri, lwsstart).
 * @returns null or the fault; behind a fault other than `NOT_SIP` and `SMALL_VERSION` the message knows at least its method when it is a request.
 */
export function scanStartLine(message: SipMessage, end: number): Fault | null {
  return message.raw.startsWith('SIP/') ? scanStatusLine(message, end) : scanRequestLine(message, end);
}

function scanRequestLine(message: SipMessage, end: number): Fault | null {
  const raw = message.raw;
  let at = 0;
  while (((CLASS[raw.charCodeAt(at)] ?? 0) & TOKEN) !== 0) at++;
  if (at === 3 && raw.charCodeAt(at) === SLASH && raw.slice(0, at).toUpperCase() === 'SIP') return SMALL_VERSION;
  if (at === 0 || at > bounds.methodBytes || raw.charCodeAt(at) !== SP) return NOT_SIP;
  message.method = methodAt(raw, 0, at);
  const uriStart = at + 1;
  const uriEnd = raw.indexOf(' ', uriStart);
  if (uriEnd < 0 || uriEnd > end) return NOT_SIP;
  message.uriStart = uriStart;
  message.uriEnd = uriEnd;
  if (raw.startsWith('SIP/2.0', uriEnd + 1) && uriEnd + 8 === end) {
    if (uriEnd === uriStart) return { status: 400, reason: 'Spaces In Request Line' };
    return uriEnd - uriStart > bounds.requestUriBytes ? { status: 414, reason: 'Request-URI Too Long' } : null;
  }
  if (isVersion(raw, uriEnd + 1, end)) {
    return raw.slice(uriEnd + 1, end).toUpperCase() === 'SIP/2.0' ? SMALL_VERSION : { status: 505, reason: 'Version Not Supported' };
  }
  return { status: 400, reason: 'Malformed Request Line' };
}

function scanStatusLine(message: SipMessage, end: number): Fault | null {
  const raw = message.raw;
  message.isRequest = false;
  if (!raw.startsWith('SIP/2.0 ')) return { status: 505, reason: 'Version Not Supported' };
  const a = raw.charCodeAt(8) - 48;
  const b = raw.charCodeAt(9) - 48;
  const c = raw.charCodeAt(10) - 48;
  const digits = a >= 1 && a <= 6 && b >= 0 && b <= 9 && c >= 0 && c <= 9;
  // The reason phrase may be missing with its space; an empty one behind the space is the standard form.
  if (!digits || (end > 11 && raw.charCodeAt(11) !== SP) || end < 11) return { status: 400, reason: 'Malformed Status Line' };
  message.status = a * 100 + b * 10 + c;
  return null;
}

/** "SIP/" and digits with one dot. */
function isVersion(raw: string, start: number, end: number): boolean {
  if (raw.slice(start, start + 4).toUpperCase() !== 'SIP/') return false;
  let dots = 0;
  for (let i = start + 4; i < end; i++) {
    const c = raw.charCodeAt(i);
    if (c === 46 && i > start + 4 && i < end - 1) dots++;
    else if (((CLASS[c] ?? 0) & DIGIT) === 0) return false;
  }
  return dots === 1;
}

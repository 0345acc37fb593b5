import { CLASS, DIGIT, LWS, TOKEN } from './characters.ts';
import { H } from './header-names.ts';
import { ABSENT, MALFORMED } from './message.ts';
import type { SipMessage } from './message.ts';
import { methodAt } from './method.ts';
import { skipLws } from './parameters.ts';
import { BYTES, load } from './scratch.ts';
import type { Fault } from './start-line.ts';
import type { SipUri } from './uri.ts';

const REQUIRED = (1 << H.via) | (1 << H.from) | (1 << H.to) | (1 << H.callId) | (1 << H.cseq);
const SINGLE = (1 << H.from) | (1 << H.to) | (1 << H.callId) | (1 << H.cseq) | (1 << H.maxForwards) | (1 << H.contentLength);

const bad = (reason: string): Fault => ({ status: 400, reason });

/**
 * What every element checks before it acts on a message (RFC 3261 8.1.1, 16.3 (1) and (2), 18.3): the required headers
 * once each and well-formed, method and CSeq consistent, the Request-URI's scheme known and its grammar kept, no headers
 * in it, a body as long as Content-Length says. Cuts off what follows the body.
 * @returns null or the first fault.
 */
export function checkMessage(message: SipMessage): Fault | null {
  if ((message.seen & REQUIRED) !== REQUIRED) return bad(missing(message.seen));
  if ((message.repeated & SINGLE) !== 0) return bad(repeated(message.repeated));
  load(message.raw);
  if (!readCseq(message)) return bad('Malformed CSeq');
  if (message.isRequest) {
    if (message.cseqMethod !== message.method) return bad('CSeq Method Does Not Match');
    const fault = requestUriFault(message.sipUri, message.requestUri);
    if (fault !== null) return fault;
    message.maxForwards = readNumber(message.maxForwardsStart, message.maxForwardsEnd, 3);
    if (message.maxForwards > 255) message.maxForwards = MALFORMED;
    if (message.maxForwards === MALFORMED) return bad('Malformed Max-Forwards');
  } else {
    message.method = message.cseqMethod;
  }
  if (message.topVia === null) return bad('Malformed Via');
  if (message.from === null) return bad('Malformed From');
  if (message.to === null) return bad('Malformed To');
  if (!isCallId(message.callIdStart, message.callIdEnd)) return bad('Malformed Call-ID');
  return checkBody(message);
}

/** Content-Length against what arrived: a short body is refused, a longer one cut (RFC 3261 18.3). */
function checkBody(message: SipMessage): Fault | null {
  const length = readNumber(message.contentLengthStart, message.contentLengthEnd, 9);
  message.contentLength = length;
  if (length === MALFORMED) return bad('Malformed Content-Length');
  if (length === ABSENT) return null;
  const end = message.bodyStart + length;
  if (end > message.raw.length) return bad('Body Shorter Than Content-Length');
  if (end < message.raw.length) message.raw = message.raw.slice(0, end);
  return null;
}

/** What is wrong with a Request-URI, null when nothing is: it must be one of ours, without headers (RFC 3261 16.3 (1) and (2), 19.1.1). */
export function requestUriFault(uri: SipUri | null, text: string): Fault | null {
  if (uri !== null) return uri.headersPart === '' ? null : bad('Headers In Request-URI');
  return hasForeignScheme(text) ? { status: 416, reason: 'Unsupported URI Scheme' } : bad('Malformed Request-URI');
}

/** "scheme:" that is none of ours (RFC 3261 16.3 (2)). */
function hasForeignScheme(uri: string): boolean {
  const colon = uri.indexOf(':');
  if (colon < 1) return false;
  for (let i = 0; i < colon; i++) {
    const c = uri.charCodeAt(i);
    const letter = (c | 32) >= 97 && (c | 32) <= 122;
    const other = (c >= 48 && c <= 57) || c === 43 || c === 45 || c === 46;
    if (!letter && (i === 0 || !other)) return false;
  }
  const scheme = uri.slice(0, colon).toLowerCase();
  return scheme !== 'sip' && scheme !== 'sips' && scheme !== 'tel';
}

/** CSeq: number below 2^32, white space, method (RFC 3261 8.1.1.5, 20.16). */
function readCseq(message: SipMessage): boolean {
  const raw = message.raw;
  const end = message.cseqEnd;
  let at = message.cseqStart;
  let value = 0;
  while (at < end && ((CLASS[BYTES[at] ?? 0] ?? 0) & DIGIT) !== 0) {
    value = value * 10 + (BYTES[at] ?? 0) - 48;
    if (value > 4_294_967_295) return false;
    at++;
  }
  if (at === message.cseqStart) return false;
  const methodStart = skipLws(at, end);
  if (methodStart === at) return false;
  for (at = methodStart; at < end; at++) if (((CLASS[BYTES[at] ?? 0] ?? 0) & TOKEN) === 0) return false;
  if (methodStart === end) return false;
  message.cseqNumber = value;
  message.cseqMethod = methodAt(raw, methodStart, end);
  return true;
}

/** A plain decimal of at most `digits` significant digits; -1 when `start` is -1, -2 when malformed. */
function readNumber(start: number, end: number, digits: number): number {
  if (start < 0) return ABSENT;
  if (start === end) return MALFORMED;
  let value = 0;
  let significant = 0;
  for (let at = start; at < end; at++) {
    const c = BYTES[at] ?? 0;
    if (((CLASS[c] ?? 0) & DIGIT) === 0) return MALFORMED;
    if (significant > 0 || c !== 48) significant++;
    if (significant > digits) return MALFORMED;
    value = value * 10 + c - 48;
  }
  return value;
}

/** Not empty, no white space inside. */
function isCallId(start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (((CLASS[BYTES[at] ?? 0] ?? 0) & LWS) !== 0) return false;
  return end > start;
}

function missing(seen: number): string {
  if ((seen & (1 << H.via)) === 0) return 'Missing Via';
  if ((seen & (1 << H.from)) === 0) return 'Missing From';
  if ((seen & (1 << H.to)) === 0) return 'Missing To';
  if ((seen & (1 << H.callId)) === 0) return 'Missing Call-ID';
  return 'Missing CSeq';
}

function repeated(bits: number): string {
  if ((bits & (1 << H.from)) !== 0) return 'Repeated From';
  if ((bits & (1 << H.to)) !== 0) return 'Repeated To';
  if ((bits & (1 << H.callId)) !== 0) return 'Repeated Call-ID';
  if ((bits & (1 << H.cseq)) !== 0) return 'Repeated CSeq';
  if ((bits & (1 << H.maxForwards)) !== 0) return 'Repeated Max-Forwards';
  return 'Repeated Content-Length';
}

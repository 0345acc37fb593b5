import { isIpv6 } from '../contract/address.ts';
import { bounds } from './bounds.ts';
import { CLASS, DIGIT, HOST, URI_TAIL, USER } from './characters.ts';
import { BYTES, load } from './scratch.ts';

export type UriScheme = 'sip' | 'sips' | 'tel';

const AT = 64;
const COLON = 58;
const SEMICOLON = 59;
const QUESTION = 63;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const PERCENT = 37;
const DOT = 46;
const DASH = 45;
const OPEN_PARENTHESIS = 40;
const CLOSE_PARENTHESIS = 41;

/**
 * A sip, sips or tel URI taken apart (RFC 3261 19.1.1, RFC 3966). Parts keep their escapes as written.
 * A tel URI has its number in `user` and an empty `host`.
 */
export class SipUri {
  readonly text: string;
  readonly scheme: UriScheme;
  /** User part as written, its own ";" parameters included, without password; '' when there is none. */
  readonly user: string;
  /** Lower case, IPv6 without brackets, no trailing dot. */
  readonly host: string;
  /** 0 = none given. */
  readonly port: number;
  /** `text.slice(hostStart, hostEnd)` is host[:port] as written. */
  readonly hostStart: number;
  readonly hostEnd: number;
  /** ";name=value;name" as written, or ''. */
  readonly params: string;
  /** What follows "?", or ''. */
  readonly headersPart: string;

  constructor(
    text: string, scheme: UriScheme, user: string, host: string, port: number,
    hostStart: number, hostEnd: number, params: string, headersPart: string,
  ) {
    this.text = text;
    this.scheme = scheme;
    this.user = user;
    this.host = host;
    this.port = port;
    this.hostStart = hostStart;
    this.hostEnd = hostEnd;
    this.params = params;
    this.headersPart = headersPart;
  }

  /** Value of a URI parameter by lower-case name: '' when it has none, null when it is absent. */
  param(name: string): string | null {
    const params = this.params;
    let at = 0;
    while (at < params.length) {
      let end = params.indexOf(';', at + 1);
      if (end < 0) end = params.length;
      let equals = params.indexOf('=', at + 1);
      if (equals < 0 || equals > end) equals = end;
      if (equals - at - 1 === name.length && params.slice(at + 1, equals).toLowerCase() === name) return params.slice(equals + 1 > end ? end : equals + 1, end);
      at = end;
    }
    return null;
  }

  /** The transport parameter in lower case, '' when absent (RFC 3261 19.1.1). */
  get transport(): string {
    return this.param('transport')?.toLowerCase() ?? '';
  }

  /** The user part with its %-escapes resolved once (RFC 3261 19.1.4); what routing compares with. */
  get decodedUser(): string {
    return decodeEscapes(this.user);
  }
}

/** Resolves %HH once; a malformed escape stays as it is. Codes above 127 are not joined into UTF-8. */
export function decodeEscapes(text: string): string {
  let percent = text.indexOf('%');
  if (percent < 0) return text;
  let out = '';
  let from = 0;
  while (percent >= 0) {
    const high = hexDigit(text.charCodeAt(percent + 1));
    const low = hexDigit(text.charCodeAt(percent + 2));
    if (high >= 0 && low >= 0) {
      out += text.slice(from, percent) + String.fromCharCode(high * 16 + low);
      from = percent + 3;
    }
    percent = text.indexOf('%', percent + 1 > from ? percent + 1 : from);
  }
  return out + text.slice(from);
}

/** `user@host`, with the port where it is not the default one: what Kamailio's hashes read too. */
export function uriKey(uri: SipUri): string {
  const usual = uri.scheme === 'sips' ? 5061 : 5060;
  const place = uri.port === 0 || uri.port === usual ? uri.host : `${uri.host}:${uri.port}`;
  return uri.user === '' ? place : place === '' ? uri.user : `${uri.user}@${place}`;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Length of the scheme and its colon when it is one we understand, else 0. Reads the loaded text. */
function schemeLength(at: number): number {
  const c0 = (BYTES[at] ?? 0) | 32;
  const c1 = (BYTES[at + 1] ?? 0) | 32;
  const c2 = (BYTES[at + 2] ?? 0) | 32;
  if (c0 === 115 && c1 === 105 && c2 === 112) {
    if (BYTES[at + 3] === COLON) return 4;
    return ((BYTES[at + 3] ?? 0) | 32) === 115 && BYTES[at + 4] === COLON ? 5 : 0;
  }
  return c0 === 116 && c1 === 101 && c2 === 108 && BYTES[at + 3] === COLON ? 4 : 0;
}

/**
 * Parses a sip, sips or tel URI that fills `text`.
 * @returns null for other schemes, above `bounds.requestUriBytes`, and for anything outside the grammar of RFC 3261 25.1:
 * empty user before "@", characters that cannot stand where they are, broken escapes in the user part and in tel URIs, ports outside 1-65535,
 * IPv6 addresses without brackets or that are none (RFC 5118 4.2, 4.10).
 */
export function parseSipUri(text: string): SipUri | null {
  if (text.length > bounds.requestUriBytes) return null;
  // Text from elsewhere than a message may hold characters that no byte stands for.
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 255) return null;
  return parseSipUriAt(text, 0, text.length);
}

/** As `parseSipUri`, for the URI in `raw[start, end)` of a message (latin1). */
export function parseSipUriAt(raw: string, start: number, end: number): SipUri | null {
  if (end - start > bounds.requestUriBytes) return null;
  load(raw);
  const prefix = schemeLength(start);
  if (prefix === 0) return null;
  if (((BYTES[start] ?? 0) | 32) === 116) return parseTelUri(raw, start, end);
  const begin = start + prefix;
  let at = begin;
  let colon = -1;
  let escape = -1;
  // Host and port consist of user characters too: only "@" tells that what was read is a user part.
  while (at < end) {
    const c = BYTES[at] ?? 0;
    if (((CLASS[c] ?? 0) & USER) === 0) break;
    if (c === COLON && colon < 0) colon = at;
    if (c === PERCENT) escape = at;
    at++;
  }
  let user = '';
  if (at < end && BYTES[at] === AT) {
    const userEnd = colon < 0 ? at : colon;
    if (userEnd === begin || (escape >= 0 && !escapesAreWhole(begin, at))) return null;
    user = raw.slice(begin, userEnd);
    at++;
  } else {
    at = begin;
  }
  const hostStart = at;
  let host: string;
  if (at < end && BYTES[at] === OPEN_BRACKET) {
    while (at < end && BYTES[at] !== CLOSE_BRACKET) at++;
    if (at === end) return null;
    host = raw.slice(hostStart + 1, at).toLowerCase();
    if (!isIpv6(host)) return null;
    at++;
  } else {
    let upper = false;
    let before = DOT;
    while (at < end) {
      const c = BYTES[at] ?? 0;
      if (((CLASS[c] ?? 0) & HOST) === 0) break;
      // No empty label; one dot at the end is the root of the DNS.
      if (c === DOT && before === DOT) return null;
      if (c <= 90 && c >= 65) upper = true;
      before = c;
      at++;
    }
    if (at === hostStart) return null;
    const stop = before === DOT ? at - 1 : at;
    host = raw.slice(hostStart, stop);
    if (upper) host = host.toLowerCase();
  }
  let port = 0;
  if (at < end && BYTES[at] === COLON) {
    const from = ++at;
    while (at < end && at - from < 6 && ((CLASS[BYTES[at] ?? 0] ?? 0) & DIGIT) !== 0) port = port * 10 + (BYTES[at++] ?? 0) - 48;
    if (port === 0 || port > 65_535) return null;
  }
  const scheme = prefix === 4 ? 'sip' : 'sips';
  const hostEnd = at;
  if (at === end) return new SipUri(raw.slice(start, end), scheme, user, host, port, hostStart - start, hostEnd - start, '', '');
  if (BYTES[at] !== SEMICOLON && BYTES[at] !== QUESTION) return null;
  let question = -1;
  for (; at < end; at++) {
    const c = BYTES[at] ?? 0;
    if (((CLASS[c] ?? 0) & URI_TAIL) === 0) return null;
    if (c === QUESTION && question < 0) question = at;
  }
  return new SipUri(
    raw.slice(start, end), scheme, user, host, port, hostStart - start, hostEnd - start,
    raw.slice(hostEnd, question < 0 ? end : question), question < 0 ? '' : raw.slice(question + 1, end),
  );
}

/** Whether each "%" in `[start, end)` has two hex digits behind it. */
function escapesAreWhole(start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (BYTES[i] !== PERCENT) continue;
    if (i + 2 >= end || hexDigit(BYTES[i + 1] ?? 0) < 0 || hexDigit(BYTES[i + 2] ?? 0) < 0) return false;
  }
  return true;
}

function parseTelUri(raw: string, start: number, end: number): SipUri | null {
  let stop = -1;
  let called = false;
  for (let i = start + 4; i < end; i++) {
    const c = BYTES[i] ?? 0;
    if (((CLASS[c] ?? 0) & URI_TAIL) === 0 || c === AT || c === QUESTION) return null;
    if (stop >= 0) continue;
    if (c === SEMICOLON) stop = i;
    // Visual separators call nobody (RFC 3966 §5.1.1).
    else if (c !== DASH && c !== DOT && c !== OPEN_PARENTHESIS && c !== CLOSE_PARENTHESIS) called = true;
  }
  if (!called || !escapesAreWhole(start + 4, end)) return null;
  if (stop < 0) stop = end;
  return new SipUri(raw.slice(start, end), 'tel', raw.slice(start + 4, stop), '', 0, stop - start, stop - start, raw.slice(stop, end), '');
}

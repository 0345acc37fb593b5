import { CLASS, DIGIT, HOST, URI_TAIL, USER } from './characters.ts';
import { isIpv6 } from './address.ts';
import { sameName } from './parameters.ts';

export type UriScheme = 'sip' | 'sips' | 'tel';

const AT = 64;
const COLON = 58;
const SEMICOLON = 59;
const QUESTION = 63;
const OPEN_BRACKET = 91;

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
      if (sameName(params, at + 1, equals, name)) return params.slice(equals + 1 > end ? end : equals + 1, end);
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

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Length of the scheme and its colon when it is one we understand, else 0. */
function schemeLength(text: string): number {
  const c0 = text.charCodeAt(0) | 32;
  if (c0 === 115 && (text.charCodeAt(1) | 32) === 105 && (text.charCodeAt(2) | 32) === 112) {
    if (text.charCodeAt(3) === COLON) return 4;
    if ((text.charCodeAt(3) | 32) === 115 && text.charCodeAt(4) === COLON) return 5;
    return 0;
  }
  if (c0 === 116 && (text.charCodeAt(1) | 32) === 101 && (text.charCodeAt(2) | 32) === 108 && text.charCodeAt(3) === COLON) return 4;
  return 0;
}

/**
 * Parses a sip, sips or tel URI that fills `text`.
 * @returns null for other schemes and for anything outside the grammar of RFC 3261 25.1: empty user before "@",
 * characters that cannot stand where they are, broken escapes in the user part, ports outside 1-65535, IPv6
 * addresses without brackets or that are none (RFC 5118 4.2, 4.10).
 */
export function parseSipUri(text: string): SipUri | null {
  const prefix = schemeLength(text);
  if (prefix === 0) return null;
  if ((text.charCodeAt(0) | 32) === 116) return parseTelUri(text);
  const length = text.length;
  let user = '';
  let at = text.indexOf('@', prefix);
  if (at >= 0) {
    user = scanUser(text, prefix, at);
    if (user === '') return null;
    at++;
  } else {
    at = prefix;
  }
  const hostStart = at;
  let host: string;
  if (text.charCodeAt(at) === OPEN_BRACKET) {
    const close = text.indexOf(']', at);
    if (close < 0) return null;
    host = text.slice(at + 1, close).toLowerCase();
    if (!isIpv6(host)) return null;
    at = close + 1;
  } else {
    let upper = 0;
    while (at < length) {
      const c = text.charCodeAt(at);
      if (((CLASS[c] ?? 0) & HOST) === 0) break;
      if (c >= 65 && c <= 90) upper = 1;
      at++;
    }
    if (at === hostStart) return null;
    host = text.slice(hostStart, text.charCodeAt(at - 1) === 46 ? at - 1 : at);
    if (host === '') return null;
    if (upper !== 0) host = host.toLowerCase();
  }
  let port = 0;
  if (text.charCodeAt(at) === COLON) {
    const from = ++at;
    while (at < length && at - from < 6 && ((CLASS[text.charCodeAt(at)] ?? 0) & DIGIT) !== 0) {
      port = port * 10 + text.charCodeAt(at) - 48;
      at++;
    }
    if (port === 0 || port > 65_535) return null;
  }
  const hostEnd = at;
  if (at === length) {
    return new SipUri(text, prefix === 4 ? 'sip' : 'sips', user, host, port, hostStart, hostEnd, '', '');
  }
  const c = text.charCodeAt(at);
  if (c !== SEMICOLON && c !== QUESTION) return null;
  const tail = at;
  let question = -1;
  for (; at < length; at++) {
    const code = text.charCodeAt(at);
    if (((CLASS[code] ?? 0) & URI_TAIL) === 0) return null;
    if (code === QUESTION && question < 0) question = at;
  }
  return new SipUri(
    text, prefix === 4 ? 'sip' : 'sips', user, host, port, hostStart, hostEnd,
    question < 0 ? text.slice(tail) : text.slice(tail, question), question < 0 ? '' : text.slice(question + 1),
  );
}

/** The user part in `text[start, end)` without its password, '' when it is malformed. */
function scanUser(text: string, start: number, end: number): string {
  let stop = -1;
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i);
    if (((CLASS[c] ?? 0) & USER) === 0) return '';
    if (c === COLON && stop < 0) stop = i;
    if (c === 37 && (hexDigit(text.charCodeAt(i + 1)) < 0 || hexDigit(text.charCodeAt(i + 2)) < 0 || i + 2 >= end)) return '';
  }
  return text.slice(start, stop < 0 ? end : stop);
}

function parseTelUri(text: string): SipUri | null {
  let end = text.indexOf(';', 4);
  if (end < 0) end = text.length;
  if (end === 4) return null;
  for (let i = 4; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (((CLASS[c] ?? 0) & URI_TAIL) === 0 || c === AT || c === QUESTION) return null;
  }
  return new SipUri(text, 'tel', text.slice(4, end), '', 0, end, end, text.slice(end), '');
}

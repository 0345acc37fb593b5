import { CLASS, LWS } from './characters.ts';
import { findParameter, isName, parameter, scanParameter, skipLws, skipQuoted } from './parameters.ts';
import { BYTES, load } from './scratch.ts';
import { parseSipUriAt } from './uri.ts';
import type { SipUri } from './uri.ts';

const QUOTE = 34;
const COMMA = 44;
const SEMICOLON = 59;
const LESS = 60;
const GREATER = 62;

/**
 * One name-addr or addr-spec with its header parameters (From, To, Contact, Route, ...; RFC 3261 20.10, 25.1).
 * Holds offsets into the message text; strings are cut when asked for.
 */
export class NameAddr {
  readonly raw: string;
  /** The whole value, display name to last parameter. */
  readonly start: number;
  readonly end: number;
  readonly uriStart: number;
  readonly uriEnd: number;
  /** Where the header parameters begin (the first ";"), or `end`. */
  readonly parametersStart: number;
  private readonly tagStart: number;
  private readonly tagEnd: number;
  private parsedUri: SipUri | null | undefined = undefined;

  constructor(
    raw: string, start: number, end: number, uriStart: number, uriEnd: number,
    parametersStart: number, tagStart: number, tagEnd: number,
  ) {
    this.raw = raw;
    this.start = start;
    this.end = end;
    this.uriStart = uriStart;
    this.uriEnd = uriEnd;
    this.parametersStart = parametersStart;
    this.tagStart = tagStart;
    this.tagEnd = tagEnd;
  }

  /** The URI as written, without angle brackets. */
  get uri(): string {
    return this.raw.slice(this.uriStart, this.uriEnd);
  }

  /** The URI taken apart, null when it is no sip, sips or tel URI. Parsed once. */
  get sipUri(): SipUri | null {
    if (this.parsedUri === undefined) this.parsedUri = parseSipUriAt(this.raw, this.uriStart, this.uriEnd);
    return this.parsedUri;
  }

  /** The tag parameter, '' when absent. */
  get tag(): string {
    return this.tagStart < 0 ? '' : this.raw.slice(this.tagStart, this.tagEnd);
  }

  /** The display name as written (quotes included), '' when absent. */
  get display(): string {
    return this.raw.charCodeAt(this.uriStart - 1) === LESS ? this.raw.slice(this.start, this.uriStart - 1).trimEnd() : '';
  }

  /** Value of a header parameter by lower-case name: '' when it has none, null when it is absent. */
  param(name: string): string | null {
    return findParameter(this.raw, this.parametersStart, this.end, name);
  }
}

/**
 * Parses the name-addr or addr-spec that begins in `raw[start, limit)` and ends at `limit` or at a comma outside
 * quotes and brackets. `nameAddr.end` tells where it ended.
 * @returns null when it breaks the grammar of RFC 3261 25.1: an open quote, white space inside the URI (RFC 4475
 * badaspec), commas or quotes in an unquoted display name (baddn), empty parameters.
 */
export function parseNameAddr(raw: string, start: number, limit: number): NameAddr | null {
  load(raw);
  const from = skipLws(start, limit);
  if (from >= limit) return null;
  let at = from;
  let c = BYTES[at] ?? 0;
  if (c === QUOTE) {
    at = skipQuoted(at, limit);
    if (at < 0) return null;
    at = skipLws(at, limit);
    if (at >= limit || BYTES[at] !== LESS) return null;
    c = LESS;
  } else {
    while (at < limit) {
      c = BYTES[at] ?? 0;
      if (c === LESS || c === SEMICOLON || c === COMMA || c === QUOTE) break;
      at++;
    }
  }
  let uriStart = from;
  let uriEnd = at;
  if (at < limit && c === LESS) {
    uriStart = ++at;
    for (;;) {
      if (at >= limit) return null;
      c = BYTES[at] ?? 0;
      if (c === GREATER) break;
      // No white space, no second bracket, no quote inside a URI.
      if (c <= 32 || c === LESS || c === QUOTE) return null;
      at++;
    }
    uriEnd = at++;
  } else {
    if (at < limit && c === QUOTE) return null;
    while (uriEnd > uriStart && ((CLASS[BYTES[uriEnd - 1] ?? 0] ?? 0) & LWS) !== 0) uriEnd--;
    for (let i = uriStart; i < uriEnd; i++) if ((BYTES[i] ?? 0) <= 32) return null;
  }
  if (uriEnd === uriStart) return null;
  const parametersStart = at;
  let end = at;
  let tagStart = -1;
  let tagEnd = -1;
  for (;;) {
    at = scanParameter(at, limit);
    if (at < 0) return null;
    if (parameter.start < 0) break;
    end = at;
    if (tagStart < 0 && isName(parameter.nameStart, parameter.nameEnd, 'tag')) {
      if (parameter.valueStart < 0) return null;
      tagStart = parameter.valueStart;
      tagEnd = parameter.valueEnd;
    }
  }
  if (at < limit && BYTES[at] !== COMMA) return null;
  return new NameAddr(raw, from, end, uriStart, uriEnd, parametersStart, tagStart, tagEnd);
}

/** One value of a Route, Record-Route or Path header, with the offsets that removing it needs. */
export class RouteValue {
  readonly address: NameAddr;
  readonly start: number;
  readonly end: number;
  /** The header line the value stands in: `lineEnd` is behind its CRLF. */
  readonly lineStart: number;
  readonly lineEnd: number;

  constructor(address: NameAddr, lineStart: number, lineEnd: number) {
    this.address = address;
    this.start = address.start;
    this.end = address.end;
    this.lineStart = lineStart;
    this.lineEnd = lineEnd;
  }

  get uri(): string {
    return this.address.uri;
  }

  get sipUri(): SipUri | null {
    return this.address.sipUri;
  }

  /** Whether the value asks for loose routing (RFC 3261 19.1.1, lr parameter of the URI). */
  get loose(): boolean {
    const uri = this.address.sipUri;
    return uri !== null && uri.param('lr') !== null;
  }
}

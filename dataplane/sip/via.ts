import { CLASS, DIGIT, HOST, IPV6, TOKEN } from './characters.ts';
import { findParameter, isName, parameter, scanParameter, skipLws } from './parameters.ts';
import { BYTES, load } from './scratch.ts';

/** RFC 3261 8.1.1.7: branches that begin so are unique to their transaction. */
export const MAGIC_COOKIE = 'z9hG4bK';

const SLASH = 47;
const COLON = 58;
const COMMA = 44;

/** One Via value (RFC 3261 20.42, RFC 3581). Offsets into the message text; strings are cut when asked for. */
export class Via {
  readonly raw: string;
  /** The value without surrounding white space and commas. */
  readonly start: number;
  end = 0;
  /** The header line the value stands in: `lineEnd` is behind its CRLF. */
  readonly lineStart: number;
  readonly lineEnd: number;
  transportStart = 0;
  transportEnd = 0;
  hostStart = 0;
  hostEnd = 0;
  /** Behind host and port; where the parameters begin. */
  sentByEnd = 0;
  /** Port of the sent-by, 0 = none given. */
  port = 0;
  branchStart = -1;
  branchEnd = -1;
  /** Value of received; `receivedParameterStart` is its ";". */
  receivedParameterStart = -1;
  receivedStart = -1;
  receivedEnd = -1;
  /** The whole ";rport[=n]" parameter, -1 = absent. */
  rportStart = -1;
  rportEnd = -1;
  /** Value of rport: -1 absent, 0 asked for without a value (RFC 3581). */
  rport = -1;

  constructor(raw: string, start: number, lineStart: number, lineEnd: number) {
    this.raw = raw;
    this.start = start;
    this.lineStart = lineStart;
    this.lineEnd = lineEnd;
  }

  /** Upper case as a rule ("UDP"); as written. */
  get transport(): string {
    return this.raw.slice(this.transportStart, this.transportEnd);
  }

  /** Host of the sent-by as written, IPv6 without brackets. */
  get host(): string {
    return this.raw.slice(this.hostStart, this.hostEnd);
  }

  /** host[:port] as written, brackets included. */
  get sentBy(): string {
    return this.raw.slice(this.sentByStart, this.sentByEnd);
  }

  get sentByStart(): number {
    return this.raw.charCodeAt(this.hostStart - 1) === 91 ? this.hostStart - 1 : this.hostStart;
  }

  /** '' when absent. */
  get branch(): string {
    return this.branchStart < 0 ? '' : this.raw.slice(this.branchStart, this.branchEnd);
  }

  /** Whether the branch is one of RFC 3261: the magic cookie and something behind it (RFC 4475 badbranch). */
  get hasCookie(): boolean {
    return this.branchEnd - this.branchStart > MAGIC_COOKIE.length && this.raw.startsWith(MAGIC_COOKIE, this.branchStart);
  }

  /** Address of the received parameter without brackets (RFC 5118 4.5), '' when absent. */
  get received(): string {
    if (this.receivedStart < 0) return '';
    return this.raw.charCodeAt(this.receivedStart) === 91
      ? this.raw.slice(this.receivedStart + 1, this.receivedEnd - 1)
      : this.raw.slice(this.receivedStart, this.receivedEnd);
  }

  /** Value of a Via parameter by lower-case name: '' when it has none, null when absent. */
  param(name: string): string | null {
    return findParameter(this.raw, this.sentByEnd, this.end, name);
  }
}

/**
 * Parses the Via value that begins in `raw[start, limit)` and ends at `limit` or at a comma. Any protocol name,
 * version and transport token passes (RFC 4475 transports, badvers).
 * @returns null when it breaks the grammar of RFC 3261 25.1 (RFC 4475 badinv01).
 */
export function parseVia(raw: string, start: number, limit: number, lineStart: number, lineEnd: number): Via | null {
  load(raw);
  let at = skipLws(start, limit);
  const via = new Via(raw, at, lineStart, lineEnd);
  at = skipToken(at, limit);
  if (at < 0) return null;
  at = skipSlash(at, limit);
  at = skipToken(at, limit);
  if (at < 0) return null;
  at = skipSlash(at, limit);
  via.transportStart = at;
  at = skipToken(at, limit);
  if (at < 0) return null;
  via.transportEnd = at;
  const sentBy = skipLws(at, limit);
  if (sentBy === at) return null;
  at = scanSentBy(via, sentBy, limit);
  if (at < 0) return null;
  via.sentByEnd = at;
  via.end = at;
  for (;;) {
    at = scanParameter(at, limit);
    if (at < 0) return null;
    if (parameter.start < 0) break;
    via.end = at;
    if (!takeParameter(via)) return null;
  }
  if (at < limit && BYTES[at] !== COMMA) return null;
  return via;
}

function skipToken(at: number, limit: number): number {
  if (at < 0) return -1;
  const from = at;
  while (at < limit && ((CLASS[BYTES[at] ?? 0] ?? 0) & TOKEN) !== 0) at++;
  return at === from ? -1 : at;
}

/** SLASH of RFC 3261 25.1: white space may stand on both sides. */
function skipSlash(at: number, limit: number): number {
  if (BYTES[at] !== SLASH) {
    at = skipLws(at, limit);
    if (at >= limit || BYTES[at] !== SLASH) return -1;
  }
  return skipLws(at + 1, limit);
}

function scanSentBy(via: Via, at: number, limit: number): number {
  if (BYTES[at] === 91) {
    via.hostStart = ++at;
    while (at < limit && ((CLASS[BYTES[at] ?? 0] ?? 0) & IPV6) !== 0) at++;
    if (at >= limit || at === via.hostStart || BYTES[at] !== 93) return -1;
    via.hostEnd = at++;
  } else {
    via.hostStart = at;
    while (at < limit && ((CLASS[BYTES[at] ?? 0] ?? 0) & HOST) !== 0) at++;
    if (at === via.hostStart) return -1;
    via.hostEnd = at;
  }
  const colon = skipLws(at, limit);
  if (colon >= limit || BYTES[colon] !== COLON) return at;
  at = skipLws(colon + 1, limit);
  const end = scanPort(at, limit);
  via.port = portValue;
  return end;
}

let portValue = 0;

/** Reads 1 to 5 digits of a port into `portValue`; the offset behind them or -1. */
function scanPort(at: number, limit: number): number {
  const from = at;
  let value = 0;
  while (at < limit && at - from < 6 && ((CLASS[BYTES[at] ?? 0] ?? 0) & DIGIT) !== 0) {
    value = value * 10 + (BYTES[at] ?? 0) - 48;
    at++;
  }
  portValue = value;
  return value === 0 || value > 65_535 ? -1 : at;
}

/** Notes branch, received and rport; false when one of them is malformed. The first of each counts. */
function takeParameter(via: Via): boolean {
  const start = parameter.nameStart;
  const end = parameter.nameEnd;
  switch ((BYTES[start] ?? 0) | 32) {
    case 98:
      if (via.branchStart < 0 && isName(start, end, 'branch')) {
        if (parameter.valueStart < 0) return false;
        via.branchStart = parameter.valueStart;
        via.branchEnd = parameter.valueEnd;
      }
      return true;
    case 114:
      if (via.rportStart < 0 && isName(start, end, 'rport')) {
        via.rportStart = parameter.start;
        via.rportEnd = parameter.valueStart < 0 ? end : parameter.valueEnd;
        via.rport = 0;
        if (parameter.valueStart >= 0) {
          if (scanPort(parameter.valueStart, parameter.valueEnd) !== parameter.valueEnd) return false;
          via.rport = portValue;
        }
      } else if (via.receivedStart < 0 && isName(start, end, 'received')) {
        if (parameter.valueStart < 0) return false;
        via.receivedParameterStart = parameter.start;
        via.receivedStart = parameter.valueStart;
        via.receivedEnd = parameter.valueEnd;
      }
      return true;
    default:
      return true;
  }
}

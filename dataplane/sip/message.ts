import { bounds } from './bounds.ts';
import { findLines, lineEndFrom, unfold } from './lines.ts';
import type { HeaderLine } from './lines.ts';
import { parseNameAddr, RouteValue } from './name-addr.ts';
import type { NameAddr } from './name-addr.ts';
import { parseSipUriAt } from './uri.ts';
import type { SipUri } from './uri.ts';
import { parseVia } from './via.ts';
import type { Via } from './via.ts';

/** Marks of an absent and of a malformed number or offset. */
export const ABSENT = -1;
export const MALFORMED = -2;

/**
 * One SIP message over its latin1 text. `parseMessage` fills the offsets in one pass; everything else is parsed
 * when asked for and kept. The text is never changed: forwarding applies `Edits` to it.
 *
 * Offsets of an absent header are -1. `xStart`/`xEnd` frame the first value line without the white space round it.
 */
export class SipMessage {
  /** Start line to body; bytes behind the body are cut off. Written by `parseMessage` only. */
  raw: string;
  isRequest = true;
  /** Of the start line (request) or of CSeq (response), as written. */
  method = '';
  uriStart = ABSENT;
  uriEnd = ABSENT;
  /** 0 for a request. */
  status = 0;
  /** First header line; behind the last one. */
  headersStart = 0;
  headersEnd = 0;
  /** Behind the empty line. */
  bodyStart = 0;
  /** Bits `1 << H.x` of the known headers that occur, and that occur on more than one line. */
  seen = 0;
  repeated = 0;

  viaLine = ABSENT;
  viaStart = ABSENT;
  viaEnd = ABSENT;
  routeLine = ABSENT;
  routeStart = ABSENT;
  routeEnd = ABSENT;
  fromStart = ABSENT;
  fromEnd = ABSENT;
  toStart = ABSENT;
  toEnd = ABSENT;
  callIdStart = ABSENT;
  callIdEnd = ABSENT;
  cseqStart = ABSENT;
  cseqEnd = ABSENT;
  maxForwardsStart = ABSENT;
  maxForwardsEnd = ABSENT;
  contentLengthStart = ABSENT;
  contentLengthEnd = ABSENT;
  contactStart = ABSENT;
  contactEnd = ABSENT;
  userAgentStart = ABSENT;
  userAgentEnd = ABSENT;
  proxyRequireStart = ABSENT;
  proxyRequireEnd = ABSENT;

  /** -1 = no CSeq. */
  cseqNumber = ABSENT;
  cseqMethod = '';
  /** -1 = absent, -2 = malformed or above 255. */
  maxForwards = ABSENT;
  /** Bytes; -1 = absent, -2 = malformed. */
  contentLength = ABSENT;

  /** What topology hiding found out when it opened the message's tokens (hiding/tokens.ts); 0 = it had none. */
  hidden = 0;
  /** The text as it came, where tokens were opened; '' = `raw` is that text. */
  sealed = '';

  private requestUriText: string | undefined = undefined;
  private parsedUri: SipUri | null | undefined = undefined;
  private callIdText: string | undefined = undefined;
  private top: Via | null | undefined = undefined;
  private allVias: readonly Via[] | undefined = undefined;
  private fromValue: NameAddr | null | undefined = undefined;
  private toValue: NameAddr | null | undefined = undefined;
  private contactValue: NameAddr | null | undefined = undefined;
  private allRoutes: readonly RouteValue[] | undefined = undefined;
  private routesCut = false;
  private first: RouteValue | null | undefined = undefined;

  constructor(raw: string) {
    this.raw = raw;
  }

  /** The text as it came: what another worker must see of a message that is handed over. */
  get asReceived(): string {
    return this.sealed === '' ? this.raw : this.sealed;
  }

  /** Requests: the Request-URI as written. */
  get requestUri(): string {
    this.requestUriText ??= this.raw.slice(this.uriStart, this.uriEnd);
    return this.requestUriText;
  }

  /** The Request-URI taken apart; null when it is no sip, sips or tel URI. */
  get sipUri(): SipUri | null {
    if (this.parsedUri === undefined) this.parsedUri = parseSipUriAt(this.raw, this.uriStart, this.uriEnd);
    return this.parsedUri;
  }

  /** Responses: the reason phrase as written, may be ''. */
  get reason(): string {
    if (this.isRequest) return '';
    const end = this.headersStart - 2;
    return 12 < end ? this.raw.slice(12, end).trim() : '';
  }

  get callId(): string {
    if (this.callIdText === undefined) this.callIdText = this.callIdStart < 0 ? '' : this.raw.slice(this.callIdStart, this.callIdEnd);
    return this.callIdText;
  }

  get from(): NameAddr | null {
    if (this.fromValue === undefined) this.fromValue = this.wholeNameAddr(this.fromStart, this.fromEnd);
    return this.fromValue;
  }

  get to(): NameAddr | null {
    if (this.toValue === undefined) this.toValue = this.wholeNameAddr(this.toStart, this.toEnd);
    return this.toValue;
  }

  /** The first Contact value; null when absent, malformed or "*". */
  get contact(): NameAddr | null {
    if (this.contactValue === undefined) {
      this.contactValue = this.contactStart < 0 || this.raw.charCodeAt(this.contactStart) === 42
        ? null : parseNameAddr(this.raw, this.contactStart, this.contactEnd);
    }
    return this.contactValue;
  }

  /** '' = none. */
  get fromTag(): string {
    return this.from?.tag ?? '';
  }

  /** '' = none; a request without it begins a dialog or stands alone. */
  get toTag(): string {
    return this.to?.tag ?? '';
  }

  /** The first User-Agent value, '' when absent. */
  get userAgent(): string {
    return this.userAgentStart < 0 ? '' : unfold(this.raw.slice(this.userAgentStart, this.userAgentEnd));
  }

  /** The first Via value; null when there is none or it is malformed. */
  get topVia(): Via | null {
    if (this.top === undefined) {
      this.top = this.viaStart < 0 ? null : parseVia(this.raw, this.viaStart, this.viaEnd, this.viaLine, lineEndFrom(this.raw, this.viaEnd));
    }
    return this.top;
  }

  /** The i-th Via value over all Via lines, comma lists included; null behind the last or the first malformed one. */
  via(index: number): Via | null {
    if (index === 0) return this.topVia;
    this.allVias ??= this.parseVias();
    return this.allVias[index] ?? null;
  }

  /** Every Via value in order, up to the first malformed one; at most `bounds.viaValues`. */
  vias(): readonly Via[] {
    this.allVias ??= this.parseVias();
    return this.allVias;
  }

  /** The first Route value; null when there is none or it is malformed. */
  firstRoute(): RouteValue | null {
    if (this.first === undefined) {
      const address = this.routeStart < 0 ? null : parseNameAddr(this.raw, this.routeStart, this.routeEnd);
      this.first = address === null ? null : new RouteValue(address, this.routeLine, lineEndFrom(this.raw, this.routeEnd));
    }
    return this.first;
  }

  /** Every Route value in order, up to the first malformed one; at most `bounds.routeValues`. See `routesAreWhole`. */
  routes(): readonly RouteValue[] {
    this.allRoutes ??= this.routeStart < 0 ? [] : this.routeValues('route');
    return this.allRoutes;
  }

  /** Whether `routes()` are all that the message has: one that it lists no more goes on to whoever reads it in its way. */
  get routesAreWhole(): boolean {
    this.routes();
    return !this.routesCut;
  }

  /** Values of Route, Record-Route, Path or Service-Route (`name` in lower case), as `routes()`. Parsed at each call. */
  routeValues(name: string): readonly RouteValue[] {
    const values: RouteValue[] = [];
    for (const line of this.headers(name)) {
      let at = line.start;
      while (at < line.end) {
        const address = values.length < bounds.routeValues ? parseNameAddr(this.raw, at, line.end) : null;
        if (address === null) {
          if (name === 'route') this.routesCut = true;
          return values;
        }
        values.push(new RouteValue(address, line.lineStart, line.lineEnd));
        at = this.behindComma(address.end, line.end);
      }
    }
    return values;
  }

  /** The first value of a header by its long lower-case name, unfolded; its compact form is understood. */
  header(name: string): string | undefined {
    const line = this.headers(name)[0];
    return line === undefined ? undefined : unfold(this.raw.slice(line.start, line.end));
  }

  /** Every line of a header by its long lower-case name; its compact form is understood. Scans the head at each call. */
  headers(name: string): readonly HeaderLine[] {
    return findLines(this.raw, this.headersStart, this.headersEnd, name);
  }

  /** Whether a known header (`H.x`) occurs. */
  has(id: number): boolean {
    return (this.seen & (1 << id)) !== 0;
  }

  /** Whether a known header (`H.x`) occurs on more than one line. */
  repeats(id: number): boolean {
    return (this.repeated & (1 << id)) !== 0;
  }

  get body(): string {
    return this.raw.slice(this.bodyStart);
  }

  private parseVias(): readonly Via[] {
    const values: Via[] = [];
    if (this.viaStart < 0) return values;
    for (const line of this.headers('via')) {
      let at = line.start;
      while (at < line.end && values.length < bounds.viaValues) {
        const via = values.length === 0 && this.top ? this.top : parseVia(this.raw, at, line.end, line.lineStart, line.lineEnd);
        if (via === null) return values;
        values.push(via);
        at = this.behindComma(via.end, line.end);
      }
    }
    return values;
  }

  private behindComma(at: number, end: number): number {
    const comma = this.raw.indexOf(',', at);
    return comma < 0 || comma >= end ? end : comma + 1;
  }

  /** A header that carries exactly one value; a comma list is malformed (RFC 4475 multi01). */
  private wholeNameAddr(start: number, end: number): NameAddr | null {
    if (start < 0) return null;
    const value = parseNameAddr(this.raw, start, end);
    return value !== null && value.end === end ? value : null;
  }
}

/**
 * What an SDP (RFC 8866) says of where its media goes, as offsets into its text, so that an edit touches only that. One pass
 * over the lines; everything else in them is left alone.
 */
import { bounds } from './bounds.ts';
import { isName } from './parameters.ts';
import { BYTES, load } from './scratch.ts';
import { atField, fieldCount, scanFields } from './sdp-fields.ts';
import { readAddress, readCandidate, readGroup, readMedia, readRtcp } from './sdp-values.ts';

/** An address with its type, as c=, o= and a=rtcp carry it. `[start, end)` is `IP4 192.0.2.1`, without TTL. */
export interface SdpAddress {
  readonly start: number;
  readonly end: number;
  readonly family: 4 | 6;
  /** As written. */
  readonly address: string;
  /** `unspecified` is 0.0.0.0 or ::, the hold of RFC 2543 and the place-holder of trickled ICE (RFC 8840); `multicast` also broadcast. */
  readonly kind: 'host' | 'unspecified' | 'multicast' | 'name';
}

/** a=rtcp (RFC 3605); `[start, end)` is the port. */
export interface SdpRtcp {
  readonly start: number;
  readonly end: number;
  readonly port: number;
  /** null = that of c=. */
  readonly address: SdpAddress | null;
}

/** A line; `end` is before its line break, `next` behind it. */
export interface SdpLine {
  readonly start: number;
  readonly end: number;
  readonly next: number;
}

/** a=candidate (RFC 8839 §5.1). */
export interface SdpCandidate extends SdpLine {
  /** 1 = RTP, 2 = RTCP; 0 = not to be read. */
  readonly component: number;
  /** Numeric address of a candidate over UDP, else ''. */
  readonly address: string;
}

export type SdpDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** An m-line with what follows it. */
export interface SdpMedia {
  readonly line: SdpLine;
  /** Where c= of its own may be put: behind m= and i=. */
  connectionAt: number;
  /** Behind its last line. */
  end: number;
  /** audio, video, ... as written. */
  readonly media: string;
  /** `[portStart, portEnd)` holds the number of ports, too. */
  readonly portStart: number;
  readonly portEnd: number;
  readonly port: number;
  readonly portCount: number;
  /** In capitals. */
  readonly proto: string;
  /** More than one only for layered multicast. */
  readonly connections: SdpAddress[];
  readonly rtcp: SdpRtcp[];
  rtcpMux: boolean;
  /** '' = none. */
  mid: string;
  /** null = that of the session. */
  direction: SdpDirection | null;
  readonly candidates: SdpCandidate[];
  /** Attributes that name other addresses of its media, see `namesPlaces`. */
  readonly otherPlaces: SdpLine[];
  /** Has a=ice-ufrag of its own. */
  ice: boolean;
}

export interface Sdp {
  readonly text: string;
  /** Line break of the first line. */
  readonly lineBreak: '\r\n' | '\n';
  /** null when it is not one of RFC 8866. */
  readonly origin: SdpAddress | null;
  readonly connections: readonly SdpAddress[];
  readonly direction: SdpDirection;
  readonly ice: boolean;
  /** Mids of each a=group:BUNDLE (RFC 9143). */
  readonly bundles: readonly (readonly string[])[];
  /** Attributes of the session as those of `SdpMedia.otherPlaces`. */
  readonly otherPlaces: readonly SdpLine[];
  readonly media: readonly SdpMedia[];
}

/** What is found before the first m-line. */
interface SessionPart {
  origin: SdpAddress | null;
  readonly connections: SdpAddress[];
  direction: SdpDirection;
  ice: boolean;
  readonly bundles: string[][];
  readonly otherPlaces: SdpLine[];
  /** Lines that name an address so far. */
  addresses: number;
}

const LF = 10;
const CR = 13;
const EQUALS = 61;
const COLON = 58;
const LETTER = { a: 97, c: 99, i: 105, m: 109, o: 111, v: 118 } as const;

/**
 * Reads an SDP given as latin1 text, with CRLF or LF; blank lines are passed over.
 * @returns null when it breaks the grammar where that matters: no `v=0` first, a line that is none, a stray CR or NUL, c=, m=
 * or a=rtcp that cannot be read, a live m-line without c=, other networks than IP, or more than `bounds` allows.
 */
export function scanSdp(text: string): Sdp | null {
  const { length } = text;
  if (length > bounds.sdpBytes || !text.startsWith('v=0')) return null;
  load(text);
  const session: SessionPart = { origin: null, connections: [], direction: 'sendrecv', ice: false, bundles: [], otherPlaces: [], addresses: 0 };
  const media: SdpMedia[] = [];
  let lines = 0;
  for (let start = 0; start < length;) {
    let end = start;
    for (let c = BYTES[end] ?? 0; end < length && c !== LF && c !== CR; c = BYTES[++end] ?? 0) if (c === 0) return null;
    const next = BYTES[end] === CR ? end + 2 : end + 1;
    if (BYTES[end] === CR && BYTES[end + 1] !== LF) return null;
    if (++lines > bounds.sdpLines) return null;
    const line = { start, end, next: Math.min(next, length) };
    start = line.next;
    if (line.start === end) continue;
    if (BYTES[line.start + 1] !== EQUALS) return null;
    const read = lines === 1 ? isVersion(line) : readLine(text, line, session, media);
    if (!read) return null;
  }
  const whole = media.every(({ port, connections }) => port === 0 || connections.length > 0 || session.connections.length > 0);
  const { origin, connections, direction, ice, bundles, otherPlaces } = session;
  return whole ? { text, lineBreak: text.charCodeAt(text.indexOf('\n') - 1) === CR ? '\r\n' : '\n', origin, connections, direction, ice, bundles, otherPlaces, media } : null;
}

function isVersion({ start, end }: SdpLine): boolean {
  scanFields(start + 2, end);
  return fieldCount() === 1 && atField(0).end - atField(0).start === 1;
}

/** @returns false when the line breaks the SDP */
function readLine(text: string, line: SdpLine, session: SessionPart, all: SdpMedia[]): boolean {
  const media = all.at(-1);
  if (media !== undefined && BYTES[line.start] !== LETTER.m) media.end = line.next;
  switch (BYTES[line.start]) {
    case LETTER.m: {
      const found = all.length < bounds.sdpStreams ? readMedia(text, line) : null;
      if (found !== null) all.push(found);
      return found !== null;
    }
    case LETTER.c: {
      scanFields(line.start + 2, line.end);
      const address = fieldCount() === 3 && session.addresses++ < bounds.sdpAddresses ? readAddress(text, 0) : null;
      if (address !== null) (media ?? session).connections.push(address);
      return address !== null;
    }
    case LETTER.i:
      if (media?.connectionAt === line.start) media.connectionAt = line.next;
      return true;
    case LETTER.o:
      scanFields(line.start + 2, line.end);
      session.origin ??= media === undefined && fieldCount() === 6 ? readAddress(text, 3) : null;
      return true;
    case LETTER.a:
      return readAttribute(text, line, session, media);
    default:
      return true;
  }
}

function readAttribute(text: string, line: SdpLine, session: SessionPart, media: SdpMedia | undefined): boolean {
  const start = line.start + 2;
  let end = start;
  while (end < line.end && BYTES[end] !== COLON) end++;
  const direction = directionAt(start, end);
  if (direction !== null) (media ?? session).direction = direction;
  else if (isName(start, end, 'ice-ufrag')) (media ?? session).ice = true;
  else if (namesPlaces(start, end)) (media ?? session).otherPlaces.push(line);
  else if (media === undefined) {
    if (isName(start, end, 'group')) readGroup(text, end + 1, line.end, session.bundles);
  } else if (isName(start, end, 'rtcp')) {
    const rtcp = session.addresses++ < bounds.sdpAddresses ? readRtcp(text, end + 1, line.end) : null;
    if (rtcp === null) return false;
    media.rtcp.push(rtcp);
  } else if (isName(start, end, 'rtcp-mux') || isName(start, end, 'rtcp-mux-only')) media.rtcpMux = true;
  else if (isName(start, end, 'candidate')) media.candidates.push(readCandidate(text, line, end + 1));
  else if (isName(start, end, 'mid') && media.mid === '') media.mid = text.slice(end + 1, line.end).trim();
  return true;
}

/** a=remote-candidates (RFC 8839), a=altc (RFC 6947), a=ccap (RFC 7006), a=source-filter (RFC 4570), and what came before and beside ICE. */
const namesPlaces = (start: number, end: number): boolean =>
  isName(start, end, 'remote-candidates') || isName(start, end, 'altc') || isName(start, end, 'ccap') || isName(start, end, 'source-filter') || isName(start, end, 'alt') || isName(start, end, 'x-candidate-ipv6');

function directionAt(start: number, end: number): SdpDirection | null {
  if (isName(start, end, 'sendrecv')) return 'sendrecv';
  if (isName(start, end, 'sendonly')) return 'sendonly';
  if (isName(start, end, 'recvonly')) return 'recvonly';
  return isName(start, end, 'inactive') ? 'inactive' : null;
}

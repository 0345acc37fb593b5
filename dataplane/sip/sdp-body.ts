/** Where the SDP of a message is: its body, or a part of a multipart one (RFC 5621), and how another takes its place. */
import { bounds } from './bounds.ts';
import { CLASS, TOKEN } from './characters.ts';
import type { Edits } from './edits.ts';
import { H } from './header-names.ts';
import { findLines, unfold } from './lines.ts';
import type { SipMessage } from './message.ts';
import { findParameter, skipLws } from './parameters.ts';
import { BYTES, load } from './scratch.ts';

/** `[start, end)` of the message text. */
export interface SdpPart {
  readonly start: number;
  readonly end: number;
}

/** Longest boundary of a multipart body (RFC 2046 §5.1.1). */
const maxBoundary = 70;
const SLASH = 47;
const LF = 10;
const CR = 13;
const DASH = 45;

/**
 * The session description of a message (RFC 3261 §20.15, RFC 3264): not one that is encoded, or meant for something else than
 * the session (Content-Disposition, RFC 3959).
 * @returns null when it has none that can be read
 */
export function findSdp(message: SipMessage): SdpPart | null {
  const { raw, bodyStart } = message;
  if (!message.has(H.contentType) || message.repeats(H.contentType) || bodyStart >= raw.length) return null;
  return findIn(raw, message.headersStart, message.headersEnd, bodyStart, raw.length, { depth: 0, parts: 0 });
}

/**
 * Adds the splices that put another SDP in the place of one, and the Content-Length that it needs; a message without
 * Content-Length stays without.
 * @param edits must not touch the body or Content-Length otherwise
 */
export function replaceSdp(edits: Edits, message: SipMessage, part: SdpPart, sdp: string): void {
  const { raw, bodyStart, contentLengthStart, contentLengthEnd } = message;
  const length = raw.length - bodyStart - (part.end - part.start) + sdp.length;
  if (contentLengthStart >= 0) edits.replace(contentLengthStart, contentLengthEnd, String(length));
  edits.replace(part.start, part.end, sdp);
}

interface Search {
  depth: number;
  /** Parts looked at so far. */
  parts: number;
}

/** The SDP in the body `[start, end)` that header lines in `[head, headEnd)` describe. */
function findIn(raw: string, head: number, headEnd: number, start: number, end: number, search: Search): SdpPart | null {
  const type = valueOf(raw, head, headEnd, 'content-type');
  const encoding = valueOf(raw, head, headEnd, 'content-encoding').toLowerCase();
  const transfer = valueOf(raw, head, headEnd, 'content-transfer-encoding').toLowerCase();
  if ((encoding !== '' && encoding !== 'identity') || transfer === 'base64' || transfer === 'quoted-printable') return null;
  const parametersAt = readType(type);
  if (parametersAt < 0) return null;
  if (mediaType === 'application/sdp') {
    const disposition = valueOf(raw, head, headEnd, 'content-disposition').toLowerCase();
    return start < end && (disposition === '' || firstToken(disposition) === 'session') ? { start, end } : null;
  }
  if (!mediaType.startsWith('multipart/') || search.depth >= bounds.bodyDepth) return null;
  const boundary = unquoted(findParameter(type, parametersAt, type.length, 'boundary') ?? '');
  if (boundary === '' || boundary.length > maxBoundary) return null;
  search.depth++;
  const found = findInParts(raw, `--${boundary}`, start, end, search);
  search.depth--;
  return found;
}

function findInParts(raw: string, delimiter: string, start: number, end: number, search: Search): SdpPart | null {
  let at = delimiterFrom(raw, delimiter, start, start, end);
  while (at >= 0 && search.parts++ < bounds.bodyParts) {
    const line = behindLine(raw, at, end);
    if (raw.charCodeAt(at + delimiter.length) === DASH || line < 0) return null;
    const next = delimiterFrom(raw, delimiter, start, line, end);
    if (next < 0) return null;
    const body = behindHead(raw, line, next);
    const found = body < 0 ? null : findIn(raw, line, body, body, withoutBreak(raw, body, next), search);
    if (found !== null) return found;
    at = next;
  }
  return null;
}

/** The next delimiter that begins a line and is followed by nothing but `--` or blanks; -1 = none. */
function delimiterFrom(raw: string, delimiter: string, bodyStart: number, from: number, end: number): number {
  for (let at = raw.indexOf(delimiter, from); at >= 0 && at < end; at = raw.indexOf(delimiter, at + 1)) {
    const behind = raw.charCodeAt(at + delimiter.length);
    const whole = behind === CR || behind === LF || behind === 32 || behind === 9 || (behind === DASH && raw.charCodeAt(at + delimiter.length + 1) === DASH);
    if (whole && (at === bodyStart || raw.charCodeAt(at - 1) === LF)) return at;
  }
  return -1;
}

function behindLine(raw: string, at: number, end: number): number {
  const lf = raw.indexOf('\n', at);
  return lf < 0 || lf >= end ? -1 : lf + 1;
}

/** Behind the empty line that ends the header lines of a part; -1 = none. */
function behindHead(raw: string, at: number, end: number): number {
  for (;;) {
    const next = behindLine(raw, at, end);
    if (next < 0) return -1;
    if (next - at === 1 || (next - at === 2 && raw.charCodeAt(at) === CR)) return next;
    at = next;
  }
}

/** The line break before a delimiter belongs to that. */
function withoutBreak(raw: string, start: number, end: number): number {
  if (end > start && raw.charCodeAt(end - 1) === LF) end--;
  if (end > start && raw.charCodeAt(end - 1) === CR) end--;
  return end;
}

const valueOf = (raw: string, start: number, end: number, name: string): string => {
  const line = findLines(raw, start, end, name)[0];
  return line === undefined ? '' : unfold(raw.slice(line.start, line.end));
};

/** Of the Content-Type that was read last: in small letters, without parameters. */
let mediaType = '';

/** Reads `type/subtype`; where the parameters begin, or -1. */
function readType(value: string): number {
  load(value);
  const typeEnd = skipToken(0, value.length);
  const slash = skipLws(typeEnd, value.length);
  const subtype = skipLws(slash + 1, value.length);
  const end = skipToken(subtype, value.length);
  if (typeEnd === 0 || BYTES[slash] !== SLASH || end === subtype) return -1;
  mediaType = `${value.slice(0, typeEnd)}/${value.slice(subtype, end)}`.toLowerCase();
  return end;
}

function skipToken(at: number, end: number): number {
  while (at < end && ((CLASS[BYTES[at] ?? 0] ?? 0) & TOKEN) !== 0) at++;
  return at;
}

function firstToken(value: string): string {
  load(value);
  return value.slice(0, skipToken(0, value.length));
}

/** A quoted string without its quotes and escapes. */
function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value;
}

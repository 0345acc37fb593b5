import { CLASS, LWS, TOKEN } from './characters.ts';
import { BYTES, load } from './scratch.ts';

/** Where the parameter found last lies in the text. One shared record, so that a scan allocates nothing. */
export const parameter = { start: 0, nameStart: 0, nameEnd: 0, valueStart: -1, valueEnd: -1 };

const SEMICOLON = 59;
const QUOTE = 34;
const BACKSLASH = 92;
const EQUALS = 61;
const COMMA = 44;
const LESS = 60;
const GREATER = 62;

/**
 * First offset at or behind `at` that holds no linear white space (folds count as white space).
 * This and the scans below read `BYTES`: the caller has loaded the text.
 */
export function skipLws(at: number, end: number): number {
  while (at < end && ((CLASS[BYTES[at] ?? 0] ?? 0) & LWS) !== 0) at++;
  return at;
}

/** Offset behind the quoted string that opens at `at`, or -1 when its quote is never closed (RFC 3261 25.1). */
export function skipQuoted(at: number, end: number): number {
  for (let i = at + 1; i < end; i++) {
    const c = BYTES[i] ?? 0;
    if (c === QUOTE) return i + 1;
    if (c === BACKSLASH) i++;
  }
  return -1;
}

/**
 * Reads one `;name[=value]` of a header value (generic-param, RFC 3261 25.1) into `parameter`. `at` is where
 * white space or the semicolon begins. Values may be quoted strings, tokens, hosts or IPv6 addresses with or
 * without brackets (RFC 5118 4.5).
 * @returns the offset behind the parameter, -1 when it is malformed. When something else than ";" comes first,
 * `parameter.start` is -1 and the offset is that of the other character (or `end`).
 */
export function scanParameter(at: number, end: number): number {
  if (BYTES[at] !== SEMICOLON) at = skipLws(at, end);
  if (at >= end || BYTES[at] !== SEMICOLON) {
    parameter.start = -1;
    return at;
  }
  parameter.start = at++;
  if (((CLASS[BYTES[at] ?? 0] ?? 0) & LWS) !== 0) at = skipLws(at, end);
  parameter.nameStart = at;
  while (at < end && ((CLASS[BYTES[at] ?? 0] ?? 0) & TOKEN) !== 0) at++;
  if (at === parameter.nameStart) return -1;
  parameter.nameEnd = at;
  parameter.valueStart = -1;
  parameter.valueEnd = -1;
  let equals = at;
  if (BYTES[at] !== EQUALS) equals = skipLws(at, end);
  if (equals >= end || BYTES[equals] !== EQUALS) return at;
  at = equals + 1;
  if (((CLASS[BYTES[at] ?? 0] ?? 0) & LWS) !== 0) at = skipLws(at, end);
  parameter.valueStart = at;
  if (at < end && BYTES[at] === QUOTE) {
    at = skipQuoted(at, end);
    if (at < 0) return -1;
  } else {
    while (at < end) {
      const c = BYTES[at] ?? 0;
      // ";" "," and white space end a value; quotes and angle brackets cannot stand inside one.
      if (c === SEMICOLON || c === COMMA || c <= 32) break;
      if (c === QUOTE || c === LESS || c === GREATER) return -1;
      at++;
    }
    if (at === parameter.valueStart) return -1;
  }
  parameter.valueEnd = at;
  return at;
}

/** Whether the token in `[start, end)` of the loaded text equals `name` (lower case), ignoring the case of letters. */
export function isName(start: number, end: number, name: string): boolean {
  const length = name.length;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i++) {
    const c = BYTES[start + i] ?? 0;
    const expected = name.charCodeAt(i);
    // Bit 32 makes letters small; no other token character turns into one by it.
    if (c !== expected && (c | 32) !== expected) return false;
  }
  return true;
}

/**
 * Value of the parameter `name` (lower case) among the parameters in `text[at, end)`; '' for a parameter
 * without a value, null when absent. Quoted values come back as written, quotes included.
 */
export function findParameter(text: string, at: number, end: number, name: string): string | null {
  load(text);
  for (;;) {
    at = scanParameter(at, end);
    if (at < 0 || parameter.start < 0) return null;
    if (isName(parameter.nameStart, parameter.nameEnd, name)) {
      return parameter.valueStart < 0 ? '' : text.slice(parameter.valueStart, parameter.valueEnd);
    }
  }
}

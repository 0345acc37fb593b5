import { CLASS, LWS, TOKEN } from './characters.ts';

/** Where the parameter found last lies in the text. One shared record, so that a scan allocates nothing. */
export const parameter = { start: 0, nameStart: 0, nameEnd: 0, valueStart: -1, valueEnd: -1 };

const SEMICOLON = 59;
const QUOTE = 34;
const BACKSLASH = 92;
const EQUALS = 61;

/** First offset at or behind `at` that holds no linear white space (folds count as white space). */
export function skipLws(text: string, at: number, end: number): number {
  while (at < end && ((CLASS[text.charCodeAt(at)] ?? 0) & LWS) !== 0) at++;
  return at;
}

/** Offset behind the quoted string that opens at `at`, or -1 when its quote is never closed (RFC 3261 25.1). */
export function skipQuoted(text: string, at: number, end: number): number {
  for (let i = at + 1; i < end; i++) {
    const c = text.charCodeAt(i);
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
export function scanParameter(text: string, at: number, end: number): number {
  at = skipLws(text, at, end);
  if (at >= end || text.charCodeAt(at) !== SEMICOLON) {
    parameter.start = -1;
    return at;
  }
  parameter.start = at;
  at = skipLws(text, at + 1, end);
  parameter.nameStart = at;
  while (at < end && ((CLASS[text.charCodeAt(at)] ?? 0) & TOKEN) !== 0) at++;
  if (at === parameter.nameStart) return -1;
  parameter.nameEnd = at;
  parameter.valueStart = -1;
  parameter.valueEnd = -1;
  const equals = skipLws(text, at, end);
  if (equals >= end || text.charCodeAt(equals) !== EQUALS) return at;
  at = skipLws(text, equals + 1, end);
  parameter.valueStart = at;
  if (at < end && text.charCodeAt(at) === QUOTE) {
    at = skipQuoted(text, at, end);
    if (at < 0) return -1;
  } else {
    while (at < end) {
      const c = text.charCodeAt(at);
      // ";" "," and white space end a value, a quote cannot stand inside one.
      if (c === SEMICOLON || c === 44 || c <= 32) break;
      if (c === QUOTE || c === 60 || c === 62) return -1;
      at++;
    }
    if (at === parameter.valueStart) return -1;
  }
  parameter.valueEnd = at;
  return at;
}

/** Whether `text[start, end)` equals `name` (given in lower case), ignoring the case of letters. */
export function sameName(text: string, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) {
    let c = text.charCodeAt(start + i);
    if (c >= 65 && c <= 90) c |= 32;
    if (c !== name.charCodeAt(i)) return false;
  }
  return true;
}

/**
 * Value of the parameter `name` (lower case) among the parameters in `text[at, end)`; '' for a parameter
 * without a value, null when absent. Quoted values come back as written, quotes included.
 */
export function findParameter(text: string, at: number, end: number, name: string): string | null {
  for (;;) {
    at = scanParameter(text, at, end);
    if (at < 0 || parameter.start < 0) return null;
    if (sameName(text, parameter.nameStart, parameter.nameEnd, name)) {
      return parameter.valueStart < 0 ? '' : text.slice(parameter.valueStart, parameter.valueEnd);
    }
  }
}

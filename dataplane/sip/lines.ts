import { CLASS, LWS, TOKEN } from './characters.ts';
import { compactForms } from './header-names.ts';
import { isName, skipLws } from './parameters.ts';
import { BYTES, load } from './scratch.ts';

/** One header line of a message: offsets into its text. */
export interface HeaderLine {
  /** First character of the name. */
  readonly lineStart: number;
  /** Behind the CRLF of the line (of its last fold). */
  readonly lineEnd: number;
  /** The value without the white space around it; folds inside it stay. */
  readonly start: number;
  readonly end: number;
}

const CR = 13;
const SP = 32;
const TAB = 9;
const COLON = 58;

/** Offset behind the CRLF that ends the header line which `at` lies in, folds included; text length when none ends it. */
export function lineEndFrom(raw: string, at: number): number {
  for (;;) {
    const lf = raw.indexOf('\n', at);
    if (lf < 0) return raw.length;
    at = lf + 1;
    const c = raw.charCodeAt(at);
    if (c !== SP && c !== TAB) return at;
  }
}

/**
 * Every header line called `name` (long form, lower case) or its compact form, in order, among the lines in
 * `raw[start, end)`. Used off the hot path: hot headers have their offsets from the one pass.
 */
export function findLines(raw: string, start: number, end: number, name: string): HeaderLine[] {
  const compact = compactCodes.get(name) ?? -1;
  const found: HeaderLine[] = [];
  load(raw);
  let at = start;
  while (at < end) {
    const lineEnd = lineEndFrom(raw, at);
    let nameEnd = at;
    while (nameEnd < lineEnd && ((CLASS[BYTES[nameEnd] ?? 0] ?? 0) & TOKEN) !== 0) nameEnd++;
    if (isName(at, nameEnd, name) || (nameEnd - at === 1 && ((BYTES[at] ?? 0) | 32) === compact)) {
      let from = nameEnd;
      while (from < lineEnd && BYTES[from] !== COLON) from++;
      from = skipLws(from + 1, lineEnd);
      let to = lineEnd;
      while (to > from && ((CLASS[BYTES[to - 1] ?? 0] ?? 0) & LWS) !== 0) to--;
      found.push({ lineStart: at, lineEnd, start: from, end: to });
    }
    at = lineEnd;
  }
  return found;
}

const compactCodes = new Map(Object.entries(compactForms).map(([short, long]) => [long, short.charCodeAt(0)]));

/** The value with each fold (CRLF and the white space round it) as one space (RFC 3261 7.3.1). */
export function unfold(value: string): string {
  let cr = value.indexOf('\r');
  if (cr < 0) return value;
  let out = '';
  let from = 0;
  while (cr >= 0) {
    let before = cr;
    while (before > from && isBlank(value.charCodeAt(before - 1))) before--;
    out += value.slice(from, before) + ' ';
    from = cr;
    while (from < value.length && (isBlank(value.charCodeAt(from)) || value.charCodeAt(from) === CR || value.charCodeAt(from) === 10)) from++;
    cr = value.indexOf('\r', from);
  }
  return out + value.slice(from);
}

function isBlank(code: number): boolean {
  return code === SP || code === TAB;
}

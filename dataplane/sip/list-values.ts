import type { Edits } from './edits.ts';
import { skipLws } from './parameters.ts';
import { load } from './scratch.ts';

/** One value of a comma list in a header line: a `Via`, a `RouteValue`. */
export interface ListValue {
  readonly start: number;
  readonly end: number;
  readonly lineStart: number;
  readonly lineEnd: number;
}

const COMMA = 44;

/**
 * Takes the first value of its line out of the message: the whole line when it stands alone there, else the value with the
 * comma behind it. (Proxies only ever remove from the top: RFC 3261 16.4, 16.7 (3).)
 */
export function removeFirstValue(edits: Edits, raw: string, value: ListValue): void {
  load(raw);
  const behind = skipLws(value.end, value.lineEnd);
  if (behind < value.lineEnd && raw.charCodeAt(behind) === COMMA) {
    edits.remove(value.start, skipLws(behind + 1, value.lineEnd));
  } else {
    edits.remove(value.lineStart, value.lineEnd);
  }
}

/**
 * Takes the last value of its line out of the message (RFC 3261 16.4: a strict router's last Route becomes the Request-URI):
 * the whole line when it stands alone there, else the comma before it and the value.
 */
export function removeLastValue(edits: Edits, raw: string, value: ListValue): void {
  const colon = raw.indexOf(':', value.lineStart);
  let before = value.start;
  while (before > colon + 1 && raw.charCodeAt(before - 1) <= 32) before--;
  if (before > colon + 1 && raw.charCodeAt(before - 1) === COMMA) edits.remove(before - 1, value.end);
  else edits.remove(value.lineStart, value.lineEnd);
}

/** Fields of a line of an SDP: what blanks set apart. One shared list, so that a scan allocates nothing. */
import { BYTES } from './scratch.ts';

interface Field {
  start: number;
  end: number;
}

/** No line that we read has more fields that matter: those behind are counted only. */
const maxFields = 8;
const fields: readonly Field[] = Array.from({ length: maxFields }, () => ({ start: 0, end: 0 }));
const none: Field = { start: 0, end: 0 };
let count = 0;

const isBlank = (code: number | undefined): boolean => code === 32 || code === 9;

/** Finds the fields of the loaded text in `[at, end)`. */
export function scanFields(at: number, end: number): void {
  count = 0;
  for (;;) {
    while (at < end && isBlank(BYTES[at])) at++;
    if (at >= end) return;
    const field = fields[count++];
    const start = at;
    while (at < end && !isBlank(BYTES[at])) at++;
    if (field === undefined) continue;
    field.start = start;
    field.end = at;
  }
}

/** How many fields the last scan found. */
export const fieldCount = (): number => count;

/** A field of the last scan; good until the next. */
export const atField = (index: number): Readonly<Field> => (index < count ? fields[index] : undefined) ?? none;

/** The digits in `[start, end)` of the loaded text as a number; -1 = anything else, or above `max`. */
export function digitsAt(start: number, end: number, max: number): number {
  if (start >= end || end - start > 10) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (BYTES[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value > max ? -1 : value;
}

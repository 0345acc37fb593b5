import type { Edits } from './edits.ts';

/** One value of a comma list in a header line: a `Via`, a `RouteValue`. */
export interface ListValue {
  readonly start: number;
  readonly end: number;
  readonly lineStart: number;
  readonly lineEnd: number;
}

/**
 * Leaves the values `[from, to)` of a list header and takes out all others, with each header line that loses all its values
 * (RFC 3261 §16.4: Routes that name us, and the last one that a strict router left).
 * @param values all of the header's values in order
 */
export function keepValues(edits: Edits, values: readonly ListValue[], from: number, to: number): void {
  let index = 0;
  while (index < values.length) {
    const first = values[index];
    if (first === undefined) return;
    let behind = index;
    while (values[behind]?.lineStart === first.lineStart) behind++;
    const firstKept = values[Math.max(index, from)];
    const lastKept = values[Math.min(behind, to) - 1];
    const last = values[behind - 1];
    if (Math.max(index, from) >= Math.min(behind, to)) edits.remove(first.lineStart, first.lineEnd);
    else if (firstKept !== undefined && lastKept !== undefined && last !== undefined) {
      if (firstKept !== first) edits.remove(first.start, firstKept.start);
      if (lastKept !== last) edits.remove(lastKept.end, last.end);
    }
    index = behind;
  }
}

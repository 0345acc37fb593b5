/**
 * Range rules whose ends have one length, as an interval tree laid into a sorted array: the middle of every stretch
 * is its root and knows the highest end and the earliest position below it, so that a look-up leaves out all that
 * cannot match better than what it has.
 */
import type { RuleRow } from '../contract/rows.ts';
import { ruleOrder, takes } from './dial-tree.ts';
import type { Moment } from './dial-tree.ts';

interface Range {
  readonly from: string;
  readonly to: string;
  readonly rule: RuleRow;
}

/** Whether a text is a number that ranges can hold: digits, one "+" in front allowed. */
export function isDialNumber(text: string): boolean {
  const start = text.charCodeAt(0) === 43 ? 1 : 0;
  if (text.length === start) return false;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return true;
}

function rangeOf(rule: RuleRow): Range | null {
  const match = rule.match;
  // The decoder refuses anything else; a range that is none must never match.
  if (match.type !== 'range' || match.from.length !== match.to.length || match.from > match.to) return null;
  return isDialNumber(match.from) && isDialNumber(match.to) ? { from: match.from, to: match.to, rule } : null;
}

function byStart(a: Range, b: Range): number {
  if (a.from !== b.from) return a.from < b.from ? -1 : 1;
  return ruleOrder(a.rule, b.rule);
}

/** Spreads highest end and earliest position from the leaves to the roots of the stretch [low, high). */
function settle(low: number, high: number, highest: string[], earliest: Float64Array): void {
  const middle = (low + high) >>> 1;
  if (low < middle) {
    settle(low, middle, highest, earliest);
    lift((low + middle) >>> 1, middle, highest, earliest);
  }
  if (middle + 1 < high) {
    settle(middle + 1, high, highest, earliest);
    lift((middle + 1 + high) >>> 1, middle, highest, earliest);
  }
}

function lift(child: number, parent: number, highest: string[], earliest: Float64Array): void {
  if ((highest[child] as string) > (highest[parent] as string)) highest[parent] = highest[child] as string;
  if ((earliest[child] as number) < (earliest[parent] as number)) earliest[parent] = earliest[child] as number;
}

/** One version of the ranges of one length. Equal length makes text order the order of numbers. */
export class RangeTable {
  static readonly empty = new RangeTable([]);

  private readonly ranges: readonly Range[];
  private readonly highest: readonly string[];
  private readonly earliest: Float64Array;

  /** @param ranges sorted by start */
  private constructor(ranges: readonly Range[]) {
    const highest = ranges.map((range) => range.to);
    const earliest = Float64Array.from(ranges, (range) => range.rule.position);
    settle(0, ranges.length, highest, earliest);
    this.ranges = ranges;
    this.highest = highest;
    this.earliest = earliest;
  }

  get size(): number {
    return this.ranges.length;
  }

  /** The table without the rules of these ids and with the added ones. Cost: one pass and a sort of what is new. */
  changed(removed: ReadonlySet<number>, added: readonly RuleRow[]): RangeTable {
    const kept = removed.size === 0 ? this.ranges : this.ranges.filter((range) => !removed.has(range.rule.id));
    const fresh = added.map(rangeOf).filter((range) => range !== null).sort(byStart);
    const merged: Range[] = [];
    let next = 0;
    for (const range of kept) {
      while (next < fresh.length && byStart(fresh[next] as Range, range) < 0) merged.push(fresh[next++] as Range);
      merged.push(range);
    }
    while (next < fresh.length) merged.push(fresh[next++] as Range);
    return new RangeTable(merged);
  }

  /** The rule that holds the number, takes the method at this time and has the earliest position. `user` has the table's length. */
  find(user: string, method: string, when: Moment): RuleRow | null {
    return this.search(0, this.ranges.length, user, method, when, null);
  }

  *rules(): Generator<RuleRow> {
    for (const range of this.ranges) yield range.rule;
  }

  private search(low: number, high: number, user: string, method: string, when: Moment, best: RuleRow | null): RuleRow | null {
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.highest[middle] as string) < user) return best;
      if (best !== null && (this.earliest[middle] as number) > best.position) return best;
      const range = this.ranges[middle] as Range;
      if (range.from > user) {
        high = middle;
        continue;
      }
      if (range.to >= user && takes(range.rule, method, when) && (best === null || ruleOrder(range.rule, best) < 0)) best = range.rule;
      best = this.search(low, middle, user, method, when, best);
      low = middle + 1;
    }
    return best;
  }
}

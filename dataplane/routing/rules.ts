/** Rules of one route set, indexed. Tried in this order: exact, range, longest prefix, any; ties by position. */
import type { RouteSetRow, RuleRow } from '../contract/rows.ts';
import { DialTree, dialled, firstFor } from './dial-tree.ts';
import type { Moment } from './dial-tree.ts';
import { isDialNumber } from './range-table.ts';
import type { RangeTable } from './range-table.ts';
import type { Recorder } from './recorder.ts';
import { describeRules } from './rule-text.ts';

/** One version of a route set's rules. */
export class RuleIndex {
  static readonly empty = new RuleIndex(new DialTree(), new Map(), [], 0);

  readonly size: number;
  readonly dial: DialTree;
  /** By length of the ends, a "+" included. */
  readonly ranges: ReadonlyMap<number, RangeTable>;
  readonly any: readonly RuleRow[];

  constructor(dial: DialTree, ranges: ReadonlyMap<number, RangeTable>, any: readonly RuleRow[], size: number) {
    this.dial = dial;
    this.ranges = ranges;
    this.any = any;
    this.size = size;
  }

  /** The rule for a dialled user and method at a time, null when none takes it. */
  match(user: string, method: string, when: Moment): RuleRow | null {
    this.dial.find(user, method, when);
    const { exact, prefix } = dialled;
    if (exact !== null) return exact;
    if (this.ranges.size > 0) {
      const table = this.ranges.get(user.length);
      if (table !== undefined && isDialNumber(user)) {
        const rule = table.find(user, method, when);
        if (rule !== null) return rule;
      }
    }
    return prefix ?? firstFor(this.any, method, when);
  }

  *rules(): Generator<RuleRow> {
    yield* this.dial.rules();
    for (const table of this.ranges.values()) yield* table.rules();
    yield* this.any;
  }
}

/** A compiled route set. */
export class RouteSet {
  readonly row: RouteSetRow;
  readonly number: number;
  private readonly index: RuleIndex;

  constructor(row: RouteSetRow, index: RuleIndex) {
    this.row = row;
    this.number = row.number;
    this.index = index;
  }

  get size(): number {
    return this.index.size;
  }

  /** Every rule once, in no particular order. */
  rules(): Iterable<RuleRow> {
    return this.index.rules();
  }

  /** The rule that decides for a dialled user and method at a time, null when none does. */
  match(user: string, method: string, when: Moment, recorder: Recorder | null): RuleRow | null {
    const rule = this.index.match(user, method, when);
    if (recorder !== null) describeRules(this, rule, user, method, when, recorder);
    return rule;
  }
}

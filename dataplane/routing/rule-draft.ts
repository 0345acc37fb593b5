/** The next version of a route set's rules in the making. Work is done as rules come, so that `finish` is short. */
import type { RuleRow } from '../contract/rows.ts';
import type { DialTree } from './dial-tree.ts';
import { withRule, withoutRule } from './dial-tree.ts';
import { RangeTable } from './range-table.ts';
import { RuleIndex } from './rules.ts';

/** Changed ranges of one length that are gathered before their table is made anew. */
const batch = 512;

interface Pending {
  readonly removed: Set<number>;
  readonly added: Map<number, RuleRow>;
}

export class RuleDraft {
  private dial: DialTree;
  private any: readonly RuleRow[];
  private readonly base: RuleIndex;
  private size: number;
  private readonly ranges: Map<number, RangeTable>;
  private readonly pending = new Map<number, Pending>();

  constructor(base: RuleIndex) {
    this.base = base;
    this.dial = base.dial;
    this.any = base.any;
    this.size = base.size;
    this.ranges = new Map(base.ranges);
  }

  add(rule: RuleRow): void {
    const match = rule.match;
    this.size += 1;
    if (match.type === 'any') this.any = withRule(this.any, rule);
    else if (match.type !== 'range') this.dial = this.dial.with(match.type, match.value, rule);
    else this.pendingOf(match.from.length).added.set(rule.id, rule);
  }

  /** Takes out a rule that is in; `rule` is the row it was added with. */
  remove(rule: RuleRow): void {
    const match = rule.match;
    this.size -= 1;
    if (match.type === 'any') this.any = withoutRule(this.any, rule.id);
    else if (match.type !== 'range') this.dial = this.dial.without(match.type, match.value, rule.id);
    else {
      const pending = this.pendingOf(match.from.length);
      // The table may hold an older row of the same id as well.
      pending.added.delete(rule.id);
      pending.removed.add(rule.id);
    }
  }

  finish(): RuleIndex {
    for (const length of this.pending.keys()) this.settle(length);
    if (this.size === 0) return RuleIndex.empty;
    return new RuleIndex(this.dial, this.pending.size === 0 ? this.base.ranges : this.ranges, this.any, this.size);
  }

  private pendingOf(length: number): Pending {
    const found = this.pending.get(length);
    if (found !== undefined && found.removed.size + found.added.size < batch) return found;
    if (found !== undefined) this.settle(length);
    const fresh: Pending = { removed: new Set(), added: new Map() };
    this.pending.set(length, fresh);
    return fresh;
  }

  private settle(length: number): void {
    const pending = this.pending.get(length);
    if (pending === undefined) return;
    const table = (this.ranges.get(length) ?? RangeTable.empty).changed(pending.removed, [...pending.added.values()]);
    if (table.size === 0) this.ranges.delete(length);
    else this.ranges.set(length, table);
  }
}

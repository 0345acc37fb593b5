/** Rules of one route set, indexed. Tried in this order: exact, range, longest prefix, any; ties by position. */
import type { RouteSetRow, RuleRow } from '../contract/rows.ts';
import { DialTree, dialled, firstFor, ruleOrder, takesMethod } from './dial-tree.ts';
import { isDialNumber } from './range-table.ts';
import type { RangeTable } from './range-table.ts';
import type { Recorder } from './recorder.ts';

/** Rules that did not decide are explained one by one up to this number, then summed up. */
const explainedRules = 40;

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

  /** The rule for a dialled user and method, null when none takes it. */
  match(user: string, method: string): RuleRow | null {
    this.dial.find(user, method);
    const { exact, prefix } = dialled;
    if (exact !== null) return exact;
    if (this.ranges.size > 0) {
      const table = this.ranges.get(user.length);
      if (table !== undefined && isDialNumber(user)) {
        const rule = table.find(user, method);
        if (rule !== null) return rule;
      }
    }
    return prefix ?? firstFor(this.any, method);
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

  /** The rule that decides for a dialled user and method, null when none does. */
  match(user: string, method: string, recorder: Recorder | null): RuleRow | null {
    const rule = this.index.match(user, method);
    if (recorder !== null) describe(this, rule, user, method, recorder);
    return rule;
  }
}

/** A rule's match as people write it. */
export function matchText(rule: RuleRow): string {
  const match = rule.match;
  switch (match.type) {
    case 'exact': return `exactly ${match.value}`;
    case 'range': return `${match.from} to ${match.to}`;
    case 'prefix': return `prefix ${match.value}`;
    case 'any': return 'any number';
  }
}

const precedence = { exact: 0, range: 1, prefix: 2, any: 3 } as const;

function tried(a: RuleRow, b: RuleRow): number {
  const kinds = precedence[a.match.type] - precedence[b.match.type];
  if (kinds !== 0) return kinds;
  if (a.match.type === 'prefix' && b.match.type === 'prefix' && a.match.value.length !== b.match.value.length) {
    return b.match.value.length - a.match.value.length;
  }
  return ruleOrder(a, b);
}

function whyNot(rule: RuleRow, user: string, shown: string, method: string): string {
  const match = rule.match;
  switch (match.type) {
    case 'exact':
      if (match.value !== user) return `${shown} is another number`;
      break;
    case 'range':
      if (!isDialNumber(user)) return `${shown} is not a number`;
      if (match.from.length !== user.length) return `${shown} has ${user.length} characters, the range ${match.from.length}`;
      if (user < match.from || user > match.to) return `${shown} lies outside`;
      break;
    case 'prefix':
      if (!user.startsWith(match.value)) return `${shown} begins otherwise`;
      break;
    case 'any':
      break;
  }
  return takesMethod(rule, method) ? 'it matches too, but comes later' : `it takes ${rule.methods.join(', ')} only`;
}

function describe(set: RouteSet, decided: RuleRow | null, user: string, method: string, recorder: Recorder): void {
  const name = `route set ${set.number} (${set.row.name})`;
  const shown = user === '' ? 'an empty user part' : user;
  recorder.add('rule', 'info', `${name} has ${set.size} rule${set.size === 1 ? '' : 's'}; looking for ${shown}, ${method}`);
  let left = 0;
  let listed = 0;
  const rest: RuleRow[] = [];
  for (const rule of set.rules()) {
    if (rule === decided) continue;
    // All rules of a set are looked at but only the first few of the order are worth reading.
    if (rest.length < 2_000) rest.push(rule);
    else left += 1;
  }
  for (const rule of rest.sort(tried)) {
    if (listed++ < explainedRules) {
      recorder.add('rule', 'skipped', `rule ${rule.id} (${matchText(rule)}): ${whyNot(rule, user, shown, method)}`);
    } else {
      left += 1;
    }
  }
  if (left > 0) recorder.add('rule', 'skipped', `${left} more rules do not decide`);
  if (decided !== null) recorder.add('rule', 'matched', `rule ${decided.id} (${matchText(decided)}) matches ${shown}`);
  else recorder.add('rule', 'refused', `no rule of ${name} takes ${method} to ${shown}`);
}

/** What is doubtful about range and prefix rules: those that get no number, ranges that overlap, and prefixes inside a range. */
import type { RuleRow } from '../contract/rows.ts';
import { ruleOrder } from './dial-tree.ts';
import { hiddenNumbers } from './hidden-numbers.ts';
import type { RuleFinding } from './rule-findings.ts';
import { ruleName } from './rule-text.ts';

interface Range {
  readonly from: string;
  readonly to: string;
  readonly rule: RuleRow;
}

/** Kinds of method filters for which overlaps are followed; more than any sensible route set has. */
const mostFilters = 32;

/** @param ordered the rules in the order they are tried among equals */
export function overlappingRanges(ordered: readonly RuleRow[]): RuleFinding[] {
  const byLength = new Map<number, Range[]>();
  for (const rule of ordered) {
    if (rule.match.type !== 'range') continue;
    const { from, to } = rule.match;
    const ranges = byLength.get(from.length) ?? [];
    byLength.set(from.length, ranges);
    ranges.push({ from, to, rule });
  }
  const findings: RuleFinding[] = [];
  const hidden = hiddenNumbers(ordered);
  for (const [rule, by] of hidden.ranges) findings.push(unreachable(rule, by));
  for (const ranges of byLength.values()) findings.push(...overlaps(ranges.filter((range) => !hidden.ranges.has(range.rule))));
  for (const rule of hidden.prefixes) {
    findings.push({ kind: 'shadowed', rules: [rule.id], text: `R${ruleName(rule).slice(1)} gets no number: longer ones take all that begin with ${rule.match.type === 'prefix' ? rule.match.value : ''}.` });
  }
  for (const rule of ordered) {
    if (rule.match.type === 'prefix') findings.push(...shadows(rule, rule.match.value, byLength));
  }
  return findings;
}

/** Methods in a fixed order; '' = all. */
const filterOf = (rule: RuleRow): string => [...rule.methods].sort().join(' ');

/** Holders that are named. */
const mostNamed = 3;

function unreachable(rule: RuleRow, by: readonly RuleRow[]): RuleFinding {
  const ids = by.slice(0, mostNamed).map(({ id }) => id);
  const [only] = by;
  const who = by.length === 1 && only !== undefined ? `${ruleName(only)} holds all of its numbers and comes first`
    : `rules ${by.length > mostNamed ? `${ids.join(', ')} and others` : `${ids.slice(0, -1).join(', ')} and ${ids.at(-1)}`} hold all of its numbers and come first`;
  return { kind: 'unreachable', rules: [rule.id, ...ids], text: `R${ruleName(rule).slice(1)} never decides: ${who}.` };
}

/** Each range with the one before it (by start) that reaches furthest into it. */
function overlaps(ranges: readonly Range[]): RuleFinding[] {
  const findings: RuleFinding[] = [];
  const reaching = new Map<string, Range>();
  for (const range of ranges.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : ruleOrder(a.rule, b.rule)))) {
    for (const other of reaching.values()) {
      if (other.to >= range.from && shareMethods(other.rule, range.rule)) findings.push(overlap(other, range));
    }
    const filter = filterOf(range.rule);
    const held = reaching.get(filter);
    if (held === undefined ? reaching.size < mostFilters : held.to < range.to) reaching.set(filter, range);
  }
  return findings;
}

function overlap(a: Range, b: Range): RuleFinding {
  const [first, second] = ruleOrder(a.rule, b.rule) < 0 ? [a.rule, b.rule] : [b.rule, a.rule];
  const to = a.to < b.to ? a.to : b.to;
  return { kind: 'overlap', rules: [second.id, first.id], text: `R${ruleName(second).slice(1)} and ${ruleName(first)} both hold ${b.from === to ? b.from : `${b.from} to ${to}`}; rule ${first.id} comes first.` };
}

function shareMethods(a: RuleRow, b: RuleRow): boolean {
  return a.methods.length === 0 || b.methods.length === 0 || a.methods.some((method) => b.methods.includes(method));
}

/** Lengths at which one range holds every number of the prefix: ranges go before prefixes, however long these are. */
function* shadows(rule: RuleRow, prefix: string, byLength: ReadonlyMap<number, readonly Range[]>): Generator<RuleFinding> {
  if (!/^\+?[0-9]+$/.test(prefix)) return;
  for (const [length, ranges] of byLength) {
    if (length < prefix.length) continue;
    const from = prefix.padEnd(length, '0');
    const to = prefix.padEnd(length, '9');
    const holder = widestOf(ranges).find(from);
    if (holder === null || holder.to < to || !shareMethods(holder.rule, rule)) continue;
    yield { kind: 'shadowed', rules: [rule.id, holder.rule.id], text: `R${ruleName(rule).slice(1)} does not see numbers of ${length} characters: ${ruleName(holder.rule)} holds them, and ranges go before prefixes.` };
  }
}

/** For look-ups by start: of all ranges that start at or before it, the one that ends last. */
class Widest {
  readonly #ranges: readonly Range[];
  readonly #furthest: readonly Range[];

  constructor(ranges: readonly Range[]) {
    this.#ranges = ranges.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
    let best: Range | null = null;
    this.#furthest = this.#ranges.map((range) => (best = best === null || range.to > best.to ? range : best));
  }

  find(from: string): Range | null {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle]?.from ?? '') <= from) low = middle + 1;
      else high = middle;
    }
    return this.#furthest[low - 1] ?? null;
  }
}

const widest = new WeakMap<readonly Range[], Widest>();

function widestOf(ranges: readonly Range[]): Widest {
  let found = widest.get(ranges);
  if (found === undefined) {
    found = new Widest(ranges);
    widest.set(ranges, found);
  }
  return found;
}

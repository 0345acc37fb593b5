/**
 * Range and prefix rules whose every number others take first, be it several together: exact numbers and earlier ranges those of
 * a range, longer prefixes with them those of a prefix. Looked at for one method and one set of windows after the other, so
 * that what is said is so; rules whose windows only together leave nothing over are not found.
 */
import type { RuleRow } from '../contract/rows.ts';
import { Ends, NumberCover, type Stretch } from './number-cover.ts';
import { isDialNumber } from './range-table.ts';
import { every, windowsKey } from './takers.ts';

/** Pairs of a method and windows that are looked at, the first ones; more than any sensible route set has. */
const mostCells = 32;

/** Requests of one method at the times of one set of windows ('' = always). */
interface Cell {
  readonly method: string;
  readonly windows: string;
}

interface HiddenNumbers {
  /** Range rules, and rules that hold all of their numbers (the first few where there are many). */
  readonly ranges: ReadonlyMap<RuleRow, readonly RuleRow[]>;
  /** Prefix rules that get no number, but may get what is none. */
  readonly prefixes: ReadonlySet<RuleRow>;
}

/** @param ordered rules in the order they are tried among equals, without those that never hold */
export function hiddenNumbers(ordered: readonly RuleRow[]): HiddenNumbers {
  const numbers = new Numbers(ordered);
  const left = new Map<RuleRow, number>();
  const held = new Map<RuleRow, Set<RuleRow>>();
  const cells = new Map<string, Cell>();
  for (const rule of ordered) {
    if (rule.match.type !== 'range' && rule.match.type !== 'prefix') continue;
    const own = cellsOf(rule);
    left.set(rule, own.length);
    for (const cell of own) if (cells.size < mostCells) cells.set(`${cell.method} ${cell.windows}`, cell);
  }
  for (const cell of cells.values()) {
    for (const [rule, by] of numbers.hiddenIn(cell)) {
      left.set(rule, (left.get(rule) ?? 0) - 1);
      const holders = held.get(rule) ?? new Set();
      held.set(rule, holders);
      for (const holder of by) holders.add(holder);
    }
  }
  const ranges = new Map<RuleRow, readonly RuleRow[]>();
  const prefixes = new Set<RuleRow>();
  for (const [rule, holders] of held) {
    if (left.get(rule) !== 0) continue;
    if (rule.match.type === 'range') ranges.set(rule, [...holders]);
    else prefixes.add(rule);
  }
  return { ranges, prefixes };
}

function cellsOf(rule: RuleRow): readonly Cell[] {
  const windows = windowsKey(rule);
  return [...new Set(rule.methods.length === 0 ? [every] : rule.methods)].map((method) => ({ method, windows }));
}

interface Timed {
  readonly rule: RuleRow;
  /** Key of its windows. */
  readonly windows: string;
}
interface Span extends Timed {
  readonly from: string;
  readonly to: string;
}
type TimedStretch = Stretch & Timed;
interface TimedPrefix extends Timed {
  readonly text: string;
}

/** The rules of a route set by what they match, and what is the same for every cell. */
class Numbers {
  /** By length of the numbers. */
  readonly #ends = new Map<number, Ends>();
  readonly #exact: readonly TimedStretch[];
  readonly #ranges: readonly TimedStretch[];
  readonly #prefixes: readonly TimedPrefix[];

  constructor(ordered: readonly RuleRow[]) {
    this.#prefixes = ordered.flatMap((rule) => (rule.match.type === 'prefix' && /^\+?[0-9]+$/.test(rule.match.value) ? [{ rule, windows: windowsKey(rule), text: rule.match.value }] : []));
    const ranges = ordered.flatMap((rule): Span[] => (rule.match.type === 'range' ? [{ rule, windows: windowsKey(rule), from: rule.match.from, to: rule.match.to }] : []));
    const lengths = new Set([...this.#prefixes.map(({ text }) => text.length), ...ranges.map(({ from }) => from.length)]);
    const exact = ordered.flatMap((rule): Span[] => {
      const number = rule.match.type === 'exact' ? rule.match.value : '';
      return lengths.has(number.length) && isDialNumber(number) ? [{ rule, windows: windowsKey(rule), from: number, to: number }] : [];
    });
    for (const [length, spans] of Map.groupBy([...exact, ...ranges], ({ from }) => from.length)) this.#ends.set(length, new Ends(spans));
    const placed = ({ rule, windows, from, to }: Span): TimedStretch[] => {
      const stretch = this.#ends.get(from.length)?.stretch(rule, from, to);
      return stretch === undefined ? [] : [{ ...stretch, windows }];
    };
    this.#exact = exact.flatMap(placed);
    this.#ranges = ranges.flatMap(placed);
  }

  /** Rules that get no number in a cell of theirs: ranges with rules that hold all of it. */
  hiddenIn(cell: Cell): ReadonlyMap<RuleRow, readonly RuleRow[]> {
    const hidden = new Map<RuleRow, readonly RuleRow[]>();
    const covers = new Map([...this.#ends].map(([length, ends]) => [length, new NumberCover(ends)]));
    const coverOf = ({ match }: RuleRow): NumberCover | undefined => covers.get(match.type === 'exact' ? match.value.length : match.type === 'range' ? match.from.length : 0);
    for (const number of this.#exact) if (takesAll(number, cell)) coverOf(number.rule)?.take(number);
    for (const range of this.#ranges) {
      if (!takesAll(range, cell)) continue;
      const cover = coverOf(range.rule);
      const holders = isOf(range, cell) ? cover?.holdersOf(range) : null;
      if (holders) hidden.set(range.rule, holders);
      cover?.take(range);
    }
    for (const rule of this.#hiddenPrefixes(cell, covers)) hidden.set(rule, []);
    return hidden;
  }

  /**
   * Prefixes below which nothing is left: the number that is the prefix itself is taken, and behind each further digit a prefix
   * takes all, or nothing is left either. From the longest on: what is whole counts for the text that is one digit shorter.
   */
  #hiddenPrefixes(cell: Cell, covers: ReadonlyMap<number, NumberCover>): RuleRow[] {
    const rules = Map.groupBy(this.#prefixes.filter((prefix) => takesAll(prefix, cell)), ({ text }) => text);
    const hidden: RuleRow[] = [];
    const digits = new Map<string, number>();
    const whole = [...rules.keys()];
    for (let text = whole.pop(); text !== undefined; text = whole.pop()) {
      const shorter = text.slice(0, -1);
      if (shorter === '' || shorter === '+') continue;
      const count = (digits.get(shorter) ?? 0) + 1;
      digits.set(shorter, count);
      if (count < 10 || covers.get(shorter.length)?.holds(shorter) !== true) continue;
      const same = rules.get(shorter);
      if (same === undefined) whole.push(shorter);
      else for (const prefix of same) if (isOf(prefix, cell)) hidden.push(prefix.rule);
    }
    return hidden;
  }
}

/** Whether it takes every request of a cell that it matches. */
const takesAll = ({ rule: { methods }, windows }: Timed, cell: Cell): boolean =>
  (methods.length === 0 || methods.includes(cell.method)) && (windows === '' || windows === cell.windows);

/** Whether the cell is one of those that the rule is looked at in. */
const isOf = ({ rule: { methods }, windows }: Timed, { method, windows: of }: Cell): boolean =>
  windows === of && (methods.length === 0 ? method === every : methods.includes(method));

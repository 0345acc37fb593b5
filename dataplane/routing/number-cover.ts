/** Which numbers of one length rules have taken, as stretches between the ends of ranges: they merge as they are taken (union-find). */
import type { RuleRow } from '../contract/rows.ts';

/** What a rule holds of one length, between places of its `Ends`, the second one excluded. */
export interface Stretch {
  readonly rule: RuleRow;
  readonly first: number;
  readonly end: number;
}

/** Holders that are looked for. */
const mostHolders = 4;

/** Where the stretches of one length begin, and where they have ended, in order: the same for every look at its rules. */
export class Ends {
  readonly #texts: readonly string[];
  readonly #places: ReadonlyMap<string, number>;

  constructor(ranges: Iterable<{ readonly from: string; readonly to: string }>) {
    const texts = new Set<string>();
    for (const { from, to } of ranges) texts.add(from).add(behind(to));
    this.#texts = [...texts].sort();
    this.#places = new Map(this.#texts.map((text, place) => [text, place]));
  }

  get count(): number {
    return this.#texts.length;
  }

  /** The stretch of one of the ranges given, both ends included. */
  stretch(rule: RuleRow, from: string, to: string): Stretch {
    return { rule, first: this.#places.get(from) ?? 0, end: this.#places.get(behind(to)) ?? 0 };
  }

  /** The last place at or before any number; -1 = it lies before all. */
  before(number: string): number {
    let low = 0;
    let high = this.#texts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#texts[middle] ?? '') <= number) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

export class NumberCover {
  readonly #ends: Ends;
  /** Leads from a place to the first free one at or behind it. */
  readonly #free: Int32Array;
  readonly #holders: Stretch[] = [];

  constructor(ends: Ends) {
    this.#ends = ends;
    this.#free = Int32Array.from({ length: ends.count + 1 }, (_, place) => place);
  }

  /** Takes what is free of a stretch. */
  take(stretch: Stretch): void {
    for (let place = this.#freeFrom(stretch.first); place < stretch.end; place = this.#freeFrom(place)) {
      this.#holders[place] = stretch;
      this.#free[place] = place + 1;
    }
  }

  /** Rules that together hold all of a stretch, `mostHolders` at the most; null = some number of it is free. */
  holdersOf({ first, end }: Stretch): readonly RuleRow[] | null {
    if (this.#freeFrom(first) < end) return null;
    const rules: RuleRow[] = [];
    for (let holder = this.#holders[first]; holder !== undefined && rules.length < mostHolders; holder = this.#holders[holder.end]) {
      rules.push(holder.rule);
      if (holder.end >= end) break;
    }
    return rules;
  }

  holds(number: string): boolean {
    const place = this.#ends.before(number);
    return place >= 0 && this.#freeFrom(place) !== place;
  }

  #freeFrom(start: number): number {
    const free = this.#free;
    let place = start;
    for (let next = free[place] ?? place; next !== place; next = free[place] ?? place) {
      free[place] = free[next] ?? next;
      place = next;
    }
    return place;
  }
}

/** The next number of the same length, so that ranges without a gap between them meet; ':' comes behind all nines. */
function behind(number: string): string {
  let at = number.length;
  while (at > 0 && number[at - 1] === '9') at--;
  const digit = at === 0 ? 43 : number.charCodeAt(at - 1);
  if (digit === 43) return `${number.slice(0, at)}:`;
  return number.slice(0, at - 1) + String.fromCharCode(digit + 1) + '0'.repeat(number.length - at);
}

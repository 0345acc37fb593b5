/** Which rules of a route set never match, or share numbers with an earlier one. Pure. */

export interface OverlapRule {
  readonly match: {
    readonly type: 'exact' | 'range' | 'prefix' | 'any';
    readonly value: string;
    readonly from: string;
    readonly to: string;
  };
  readonly methods: readonly string[];
  /** Times at which it holds; none = always. */
  readonly windows: readonly unknown[];
}

/** `shadowed` = the rule never matches; `shares` = some of its numbers go to an earlier rule. `by` counts from 0. */
export interface Overlap {
  readonly kind: 'shadowed' | 'shares';
  readonly by: number;
  readonly text: string;
}

/** Whether every method of `inner` is one of `outer` (none listed = all). */
const coversMethods = (outer: readonly string[], inner: readonly string[]): boolean =>
  outer.length === 0 || (inner.length > 0 && inner.every((method) => outer.includes(method)));

const shareMethods = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === 0 || b.length === 0 || a.some((method) => b.includes(method));

const isDigits = (text: string): boolean => /^\+?[0-9]+$/.test(text);

/** Digit texts of one length compare like numbers, whatever their size. */
const later = (a: string, b: string): string => (a > b ? a : b);
const earlier = (a: string, b: string): string => (a < b ? a : b);

function rangesOverlap(first: OverlapRule, second: OverlapRule, by: number): Overlap | null {
  const a = first.match;
  const b = second.match;
  if (![a.from, a.to, b.from, b.to].every(isDigits) || a.from.length !== b.from.length) return null;
  const from = later(a.from, b.from);
  const to = earlier(a.to, b.to);
  if (from > to) return null;
  if (from === b.from && to === b.to && coversMethods(first.methods, second.methods)) {
    return { kind: 'shadowed', by, text: `Never matches: rule ${by + 1} takes all of ${b.from}–${b.to} first.` };
  }
  return { kind: 'shares', by, text: `${from === to ? from : `${from}–${to}`} goes to rule ${by + 1}, which stands above.` };
}

function compare(first: OverlapRule, second: OverlapRule, by: number): Overlap | null {
  // What holds at times only leaves the rest to others: day and night are two rules of one match.
  if (first.windows.length > 0) return null;
  const { type } = second.match;
  if (first.match.type !== type || !shareMethods(first.methods, second.methods)) return null;
  if (type === 'range') return rangesOverlap(first, second, by);
  const same = type === 'any' || (first.match.value === second.match.value && second.match.value !== '');
  if (!same) return null;
  const what = type === 'any' ? 'every number' : `${second.match.value}${type === 'prefix' ? '…' : ''}`;
  return coversMethods(first.methods, second.methods)
    ? { kind: 'shadowed', by, text: `Never matches: rule ${by + 1} takes ${what} first.` }
    : { kind: 'shares', by, text: `Some methods for ${what} go to rule ${by + 1}, which stands above.` };
}

/**
 * For each rule the worst overlap with a rule above it, or null. Only rules of one kind compete by order:
 * an exact number beats a range, a range a prefix, a longer prefix a shorter one. Looks at the first
 * `limit` rules, because ranges compare pairwise.
 */
export function findOverlaps(rules: readonly OverlapRule[], limit = 1000): readonly (Overlap | null)[] {
  return rules.map((rule, index) => {
    if (index >= limit) return null;
    let found: Overlap | null = null;
    for (let by = 0; by < index; by += 1) {
      const above = rules[by];
      const overlap = above === undefined ? null : compare(above, rule, by);
      if (overlap?.kind === 'shadowed') return overlap;
      found ??= overlap;
    }
    return found;
  });
}

/** The dispatcher sets of a rule in the order to try: cheapest first where prices are known, then the backups. */
import type { RuleRow } from '../contract/rows.ts';
import type { Recorder } from './recorder.ts';
import type { ConfigView } from './view.ts';

/** Sets that one request goes through at most. */
const mostSets = 64;

/** Rules never change, so the order of their prices is worked out once. */
const byPrice = new WeakMap<RuleRow, readonly number[]>();

/** The rule's own sets: cheapest first if they carry prices, equal prices in the order of `sets`. */
function ownSets(rule: RuleRow): readonly number[] {
  const { sets, prices } = rule;
  if (prices.length === 0) return sets;
  let ordered = byPrice.get(rule);
  if (ordered === undefined) {
    const priceAt = (at: number): number => prices[at] ?? Infinity;
    ordered = sets.map((_, at) => at).sort((a, b) => priceAt(a) - priceAt(b) || a - b).map((at) => sets[at] as number);
    byPrice.set(rule, ordered);
  }
  return ordered;
}

/**
 * The sets that a request goes through: those of the rule's rate table that carry the number, cheapest first, then the
 * rule's own.
 * @param user the number as it will be dialled, after the rule's rewriting
 */
export function setsOf(view: ConfigView, rule: RuleRow, user: string, recorder: Recorder | null): readonly number[] {
  const own = ownSets(rule);
  if (recorder !== null && rule.prices.length > 0) {
    recorder.add('rates', 'info', `cheapest first: ${own.map((set) => `set ${set} for ${priceText(rule.prices[rule.sets.indexOf(set)] ?? 0)}`).join(', ')}`);
  }
  if (rule.rates === 0) return own;
  const found = view.rates(rule.rates, user);
  if (recorder !== null) {
    const shown = Array.from({ length: found.count }, (_, at) => `set ${found.sets[at] ?? 0} for ${priceText(found.prices[at] ?? 0)} (prefix ${user.slice(0, found.prefixLengths[at])})`);
    recorder.add('rates', found.count === 0 ? 'skipped' : 'matched', found.count === 0 ? `rate table ${rule.rates} has no prefix of ${user === '' ? 'an empty user part' : user}` : `rate table ${rule.rates}: ${shown.join(', ')}`);
  }
  if (found.count === 0) return own;
  const sets: number[] = [];
  for (let at = 0; at < found.count && sets.length < mostSets; at++) sets.push(found.sets[at] as number);
  for (const set of own) if (!sets.includes(set)) sets.push(set);
  return sets;
}

/** Millionths of a unit as people write them. */
export function priceText(price: number): string {
  const millionths = String(price % 1_000_000).padStart(6, '0').replace(/0+$/, '');
  return `${Math.floor(price / 1_000_000)}${millionths === '' ? '' : `.${millionths}`}`;
}

/** Why a call went where it went: kept as long as the call is up, said in one line to whoever asks. */
import { algorithmNames } from '../contract/algorithms.ts';
import type { Destination } from './destination.ts';
import { affinityKey } from './hash-key.ts';
import type { RoutePlan } from './route-plan.ts';

/** What decided. All texts are the configuration's own, so that no call holds a copy; '' and 0 = had no part in it. */
export interface Decision {
  readonly trunk: string;
  readonly number: string;
  readonly alias: string;
  readonly domain: string;
  readonly rule: number;
  readonly rates: number;
  readonly enumSuffix: string;
  readonly set: number;
  /** Name of the set's algorithm, or what the caller sticks to. */
  readonly algorithm: string;
  readonly affinity: boolean;
  /** Destination and outcome in turn, for every attempt that moved on. */
  readonly missed: readonly (string | number)[];
  /** Who took the call; 0 = somebody that no set names (ENUM, a redirection). */
  readonly destination: number;
}

/** Characters of a description: it is a cell of a table. */
export const decisionLength = 200;

/** @param destination who took the call; null = somebody that no set names */
export function decisionOf(plan: RoutePlan, destination: Destination | null): Decision {
  const { trunk, number, domain, alias } = plan.admitted;
  const set = plan.attempts > 0 ? plan.set : null;
  const affinity = set !== null && affinityKey(plan, set) !== '';
  return {
    trunk: trunk === null ? '' : trunk.key,
    number: number === null ? '' : number.pattern,
    alias: alias === null ? '' : alias.alias,
    domain: domain === null ? '' : domain.name,
    rule: plan.rule.id,
    rates: plan.rule.rates,
    enumSuffix: plan.rule.enumSuffix,
    set: set === null ? 0 : set.id,
    algorithm: set === null ? '' : affinity ? set.row.affinity : algorithmNames[set.algorithm],
    affinity,
    missed: plan.missedAttempts,
    destination: destination === null ? 0 : destination.id,
  };
}

/** `trunk carrier, number +4930*, rule 12, set 10 (round-robin), 3: 503, 4: timeout, destination 5`; '' for null. */
export function describeDecision(decision: Decision | null): string {
  if (decision === null) return '';
  const { trunk, number, alias, domain, rule, rates, enumSuffix, set, algorithm, affinity, missed, destination } = decision;
  const parts: string[] = [];
  if (trunk !== '') parts.push(`trunk ${trunk}`);
  if (number !== '') parts.push(`number ${number}`);
  if (alias !== '') parts.push(`alias ${alias}`);
  if (domain !== '') parts.push(`domain ${domain}`);
  parts.push(`rule ${rule}`);
  if (rates !== 0) parts.push(`rates ${rates}`);
  if (enumSuffix !== '') parts.push(`ENUM ${enumSuffix}`);
  if (set !== 0) parts.push(`set ${set} (${affinity ? 'affinity ' : ''}${algorithm})`);
  for (let at = 0; at + 1 < missed.length; at += 2) parts.push(`${missed[at] ?? ''}: ${missed[at + 1] ?? ''}`);
  parts.push(destination === 0 ? 'elsewhere' : `destination ${destination}`);
  return shortened(parts);
}

/** The end says who took the call, so what is too much goes from the middle. */
function shortened(parts: readonly string[]): string {
  const text = parts.join(', ');
  if (text.length <= decisionLength) return text;
  const last = `, ... ${parts.at(-1) ?? ''}`;
  return text.slice(0, decisionLength - last.length) + last;
}

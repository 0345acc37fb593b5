/** Why a call went where it went, in one line that is kept as long as the call is up. */
import { algorithmNames } from '../contract/algorithms.ts';
import type { Destination } from './destination.ts';
import { affinityKey } from './hash-key.ts';
import type { RoutePlan } from './route-plan.ts';

/** Characters of a decision; with 200,000 calls up 40 MB. */
export const decisionLength = 200;

/**
 * `trunk carrier, number +4930*, rule 12, set 10 (round-robin), 3: 503, 4: timeout, destination 5`. Made from what the
 * plan holds anyway, so that a call without interest costs nothing before it is answered.
 * @param destination who took the call; null = somebody that no set names (ENUM, a redirection)
 */
export function describeDecision(plan: RoutePlan, destination: Destination | null): string {
  const { trunk, number, domain, alias } = plan.admitted;
  const parts: string[] = [];
  if (trunk !== null) parts.push(`trunk ${trunk.key}`);
  if (number !== null) parts.push(`number ${number.pattern}`);
  if (alias !== null) parts.push(`alias ${alias.alias}`);
  if (domain !== null) parts.push(`domain ${domain.name}`);
  parts.push(`rule ${plan.rule.id}`);
  if (plan.rule.rates !== 0) parts.push(`rates ${plan.rule.rates}`);
  if (plan.rule.enumSuffix !== '') parts.push(`ENUM ${plan.rule.enumSuffix}`);
  const { set } = plan;
  if (set !== null && plan.attempts > 0) parts.push(`set ${set.id} (${affinityKey(plan, set) === '' ? algorithmNames[set.algorithm] : `affinity ${set.row.affinity}`})`);
  const missed = plan.missedAttempts;
  for (let at = 0; at + 1 < missed.length; at += 2) parts.push(`${missed[at] ?? ''}: ${missed[at + 1] ?? ''}`);
  parts.push(destination === null ? 'elsewhere' : `destination ${destination.id}`);
  return shortened(parts);
}

/** The end says who took the call, so what is too much goes from the middle. */
function shortened(parts: readonly string[]): string {
  const text = parts.join(', ');
  if (text.length <= decisionLength) return text;
  const last = `, ... ${parts.at(-1) ?? ''}`;
  return text.slice(0, decisionLength - last.length) + last;
}

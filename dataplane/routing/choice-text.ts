/** What a recorder says about the choice among the destinations of a set. */
import type { Algorithm } from '../contract/rows.ts';
import type { Destination } from './destination.ts';
import { verdictOf } from './dispatcher-set.ts';
import type { DispatcherSet, Verdict } from './dispatcher-set.ts';
import type { HealthReader } from './health-reader.ts';
import type { RoutePlan } from './route-plan.ts';
import type { Recorder } from './recorder.ts';
import { affinityKey, reachableBy } from './select.ts';

const algorithmText: Readonly<Record<Algorithm, string>> = {
  0: 'hash over Call-ID', 1: 'hash over From', 2: 'hash over To', 3: 'hash over Request-URI', 4: 'round robin', 5: 'hash over authentication user', 6: 'random',
  7: 'hash over a configured value', 8: 'serial by rank', 9: 'weight', 10: 'call load', 11: 'relative weight', 12: 'all at once', 13: 'latency',
  14: 'round robin within a rank', 15: 'tiers by rank', 64: 'overload control',
};

const verdictText: Readonly<Record<Verdict, string>> = {
  usable: 'usable, but not its turn',
  disabled: 'disabled by the operator',
  draining: 'draining: no new dialogs',
  unroutable: 'its URI cannot be sent to',
  down: 'down',
  unknown: 'not probed yet, and the set does not use such destinations',
};

/** How this set picks for this plan, in words. */
export function methodText(plan: RoutePlan, set: DispatcherSet): string {
  const key = affinityKey(plan, set);
  if (key === '' || set.row.affinity === 'none') return `${algorithmText[set.row.algorithm]} (algorithm ${set.row.algorithm})`;
  const kind = { aor: 'phone', source: 'source', 'call-id': 'Call-ID' }[set.row.affinity];
  return `affinity by ${kind} ${key}${set.row.algorithm === 8 ? ' within the first usable rank' : ''}`;
}

/** Says which destination of the set was chosen and why each of the others was not. */
export function describeChoice(plan: RoutePlan, set: DispatcherSet, chosen: Destination | null, health: HealthReader, recorder: Recorder): void {
  const role = plan.setIndex === 0 ? 'primary' : `backup ${plan.setIndex}`;
  recorder.add('set', chosen === null ? 'skipped' : 'matched', `dispatcher set ${set.id} (${set.row.name}), ${role}: ${methodText(plan, set)}`);
  if (set.destinations.length === 0) recorder.add('destination', 'skipped', `dispatcher set ${set.id} has no destinations`);
  for (const destination of set.destinations) {
    if (destination === chosen) continue;
    recorder.add('destination', 'skipped', `destination ${destination.id} (${destination.uri}): ${whyNot(plan, set, destination, chosen, health)}`);
  }
  if (chosen !== null) recorder.add('destination', 'matched', `destination ${chosen.id} (${chosen.uri}) is ${health.state(chosen.id)} and takes it`);
}

function whyNot(plan: RoutePlan, set: DispatcherSet, destination: Destination, chosen: Destination | null, health: HealthReader): string {
  if (plan.tried(destination.id)) return 'had its attempt already';
  const verdict = verdictOf(set, destination, health);
  if (verdict !== 'usable') return verdictText[verdict];
  const policy = plan.routeSet.row.family;
  if (policy !== 'any' && !reachableBy(destination, plan.family, health)) {
    if (policy === 'match') return `not IPv${plan.family}, which the request came by`;
    if (chosen !== null && reachableBy(chosen, plan.family, health)) return `not IPv${plan.family}, which is preferred`;
  }
  return set.row.algorithm === 8 && chosen !== null && destination.row.rank > chosen.row.rank
    ? `rank ${destination.row.rank} comes later` : verdictText.usable;
}

/** Says that no set of the rule has anything left. */
export function describeEmpty(plan: RoutePlan, recorder: Recorder): void {
  const outcome = plan.attempts === 0 ? 'no destination is usable' : 'no further destination is usable';
  recorder.add('destination', 'refused', `${outcome} in dispatcher set${plan.rule.sets.length === 1 ? '' : 's'} ${plan.rule.sets.join(', ')}`);
}

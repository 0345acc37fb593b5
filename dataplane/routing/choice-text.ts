/** What a recorder says about the choice among the destinations of a set. */
import { algorithms } from '../contract/rows.ts';
import type { Algorithm } from '../contract/rows.ts';
import { isFull, reachableBy, shareOf } from './candidates.ts';
import { latencyScore } from './choose-tier.ts';
import type { Destination } from './destination.ts';
import { verdictOf } from './dispatcher-set.ts';
import type { DispatcherSet, Verdict } from './dispatcher-set.ts';
import { affinityKey, hashedValue } from './hash-key.ts';
import type { HealthReader } from './health-reader.ts';
import type { RoutePlan } from './route-plan.ts';
import type { Recorder } from './recorder.ts';
import { keptAwayPercent } from './throttle.ts';

const algorithmText: Readonly<Record<Algorithm, string>> = {
  0: 'hash over Call-ID', 1: 'hash over From', 2: 'hash over To', 3: 'hash over Request-URI', 4: 'round robin', 5: 'hash over authentication user', 6: 'random',
  7: 'hash over a configured value', 8: 'serial by rank', 9: 'weight', 10: 'call load', 11: 'relative weight', 12: 'all at once', 13: 'latency',
  14: 'round robin within a rank', 15: 'tiers by rank', 64: 'overload control',
};

const hashes: ReadonlySet<Algorithm> = new Set([0, 1, 2, 3, 5, 7]);
const ranked: ReadonlySet<Algorithm> = new Set([algorithms.serial, algorithms.rankRoundRobin, algorithms.tiers]);

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
  if (key !== '' && set.row.affinity !== 'none') {
    const kind = { aor: 'phone', source: 'source', 'call-id': 'Call-ID' }[set.row.affinity];
    return `affinity by ${kind} ${key}${ranked.has(set.algorithm) ? ' within the first usable rank' : ''}`;
  }
  const { algorithm } = set;
  const name = `${algorithmText[algorithm]} (algorithm ${algorithm})`;
  if (!hashes.has(algorithm) || algorithm === algorithms.callIdHash) return name;
  const value = hashedValue(plan, set);
  const over = algorithm === algorithms.valueHash ? ` ${set.row.hashOn}` : '';
  return value === '' ? `${name}${over}: the request has none, so it is round robin` : `${name}${over}: ${value}`;
}

/** Before what is said of a later attempt. */
const otherwise = 'if that fails: ';

/** Says which destination of the set was chosen and why each of the others was not. */
export function describeChoice(plan: RoutePlan, set: DispatcherSet, chosen: Destination | null, health: HealthReader, recorder: Recorder): void {
  const role = plan.setIndex === 0 ? 'primary' : `backup ${plan.setIndex}`;
  const then = plan.attempts === 0 ? '' : otherwise;
  recorder.add('set', chosen === null ? 'skipped' : 'matched', `${then}dispatcher set ${set.id} (${set.row.name}), ${role}: ${methodText(plan, set)}`);
  if (set.destinations.length === 0) recorder.add('destination', 'skipped', `dispatcher set ${set.id} has no destinations`);
  for (const destination of set.destinations) {
    if (destination === chosen) continue;
    recorder.add('destination', 'skipped', `destination ${destination.id} (${destination.uri}): ${whyNot(plan, set, destination, chosen, health)}`);
  }
  if (chosen !== null) recorder.add('destination', 'matched', `${then}destination ${chosen.id} (${chosen.uri}) is ${health.state(chosen.id)} and takes it${standing(plan, set, chosen, health)}`);
}

function whyNot(plan: RoutePlan, set: DispatcherSet, destination: Destination, chosen: Destination | null, health: HealthReader): string {
  if (plan.isSpared(destination.id)) return `overloaded: ${keptAwayPercent(plan, set, destination)} % of requests are kept away from it, this one too`;
  if (plan.tried(destination.id)) return 'had its attempt already';
  const verdict = verdictOf(set, destination, health);
  if (verdict !== 'usable') return verdictText[verdict];
  const policy = plan.routeSet.row.family;
  if (policy !== 'any' && !reachableBy(destination, plan.family, health)) {
    if (policy === 'match') return `not IPv${plan.family}, which the request came by`;
    if (chosen !== null && reachableBy(chosen, plan.family, health)) return `not IPv${plan.family}, which is preferred`;
  }
  if (isFull(plan, set, destination, health)) return `full: ${health.load(destination.id)} calls are up, maxload is ${destination.attrs.maxLoad}`;
  if (ranked.has(set.algorithm) && chosen !== null && destination.row.rank > chosen.row.rank) return `rank ${destination.row.rank} comes later`;
  return verdictText.usable + standing(plan, set, destination, health);
}

/** What the algorithm compares, in brackets; '' where it is of no interest. */
function standing(plan: RoutePlan, set: DispatcherSet, destination: Destination, health: HealthReader): string {
  const facts: string[] = [];
  if (set.algorithm === algorithms.callLoad) {
    const { maxLoad } = destination.attrs;
    facts.push(`calls up: ${health.load(destination.id)}${maxLoad === 0 ? '' : ` of ${maxLoad}`}`);
  }
  if (set.algorithm === algorithms.latency) {
    const latency = health.latencyMs(destination.id);
    facts.push(`rank ${destination.row.rank}, average latency ${latency < 0 ? 'not measured' : `${Math.round(latency)} ms`}, counts as ${latencyScore(destination, health)}`);
  }
  const kept = keptAwayPercent(plan, set, destination);
  if (kept > 0) facts.push(`overload control keeps ${kept} % away`);
  const share = shareOf(plan, set, destination, health);
  if (share < 1) facts.push(`slow start: ${Math.round(share * 100)} % of its share`);
  return facts.length === 0 ? '' : ` (${facts.join('; ')})`;
}

/** Says that no set of the rule has anything left: a refusal when nothing was found at all, the normal end after an attempt. */
export function describeEmpty(plan: RoutePlan, recorder: Recorder): void {
  const { sets } = plan;
  const among = `dispatcher set${sets.length === 1 ? '' : 's'} ${sets.join(', ')}`;
  if (plan.attempts > 0) recorder.add('destination', 'info', `${otherwise}nothing is left to try in ${among}; the caller gets the best answer so far`);
  else recorder.add('destination', 'refused', sets.length === 0 ? 'the rule has no dispatcher set for this number' : `no destination is usable in ${among}`);
}

/** Says that the route set makes no more attempts than those before. */
export function describeLimit(plan: RoutePlan, recorder: Recorder): void {
  const made = plan.attempts === 1 ? 'one attempt is all' : `${plan.attempts} attempts are all`;
  recorder.add('destination', 'info', `${otherwise}${made} that route set ${plan.routeSet.number} makes; the caller gets the best answer so far`);
}

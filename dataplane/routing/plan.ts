/** Pipeline step 11: rule, dispatcher sets in order, destinations one after the other (design 02 "Routing"). */
import type { Admitted, Refused } from './admit.ts';
import { describeChoice, describeEmpty, describeLimit } from './choice-text.ts';
import type { Destination } from './destination.ts';
import { verdictOf } from './dispatcher-set.ts';
import type { DispatcherSet } from './dispatcher-set.ts';
import { awaitEnum } from './enum-question.ts';
import type { HealthReader } from './health-reader.ts';
import type { RouteQuery } from './query.ts';
import type { Recorder } from './recorder.ts';
import { RoutePlan } from './route-plan.ts';
import { setsOf } from './rule-sets.ts';
import { selectFrom } from './select.ts';
import type { Turns } from './turns.ts';
import type { ConfigView } from './view.ts';

export type { RoutePlan } from './route-plan.ts';

const noRule: Refused = Object.freeze({ ok: false, refuse: 'no-rule', detail: 'no rule of the route set takes this request' });
const noDestination: Refused = Object.freeze({ ok: false, refuse: 'no-destination', detail: 'no destination is usable' });

/** What rules look at: the dialled user; for a REGISTER without one the user of its address of record. */
function dialledUser(admitted: Admitted, q: RouteQuery): string {
  if (admitted.user !== '' || q.method !== 'REGISTER') return admitted.user;
  const at = q.aor.indexOf('@');
  return at < 0 ? '' : q.aor.slice(0, at);
}

/**
 * Finds the rule and the first destination. The destination is handed out by `nextDestination`. A plan that `awaits` a
 * number has chosen nothing yet: see enum.ts.
 * @param asksEnum false for an address that ENUM itself gave: its sets serve at once, so that no look-up leads to another
 * @returns a refusal: `no-rule` (404) or `no-destination` (503 with Retry-After).
 */
export function planRoute(
  view: ConfigView, health: HealthReader, turns: Turns, admitted: Admitted, q: RouteQuery, recorder: Recorder | null, asksEnum = true,
): RoutePlan | Refused {
  const rule = admitted.routeSet.match(dialledUser(admitted, q), q.method, q, recorder);
  if (rule === null) return noRule;
  const plan = new RoutePlan(view, turns, admitted, rule, q);
  if (recorder !== null && plan.user !== admitted.user) recorder.add('rule', 'info', `the user part ${admitted.user} becomes ${plan.user}`);
  if (rule.rates !== 0 || rule.prices.length !== 0) plan.sets = setsOf(view, rule, plan.user, recorder);
  if (rule.enumSuffix !== '' && asksEnum && awaitEnum(plan, recorder)) return plan;
  plan.pending = choose(plan, health, recorder);
  return plan.pending === null ? noDestination : plan;
}

/**
 * The destination of the next attempt, health and admin state looked at again; for the first attempt too.
 * null = none left, or the route set's `maxAttempts` is reached.
 */
export function nextDestination(plan: RoutePlan, health: HealthReader, recorder: Recorder | null): Destination | null {
  if (plan.attempts >= plan.routeSet.row.failover.maxAttempts) {
    if (recorder !== null) describeLimit(plan, recorder);
    return null;
  }
  let destination = plan.pending;
  plan.pending = null;
  if (destination === null || plan.set === null || verdictOf(plan.set, destination, health) !== 'usable') {
    destination = choose(plan, health, recorder);
    if (destination === null) return null;
  }
  plan.take(destination);
  return destination;
}

/**
 * Another destination of the set that is called all at once, beside those handed out: together they are one attempt of the
 * route set's `maxAttempts`. null = none left in this set, or it is called one by one.
 */
export function nextAlongside(plan: RoutePlan, health: HealthReader, recorder: Recorder | null = null): Destination | null {
  const { set } = plan;
  if (set === null || !plan.parallel) return null;
  const destination = chooseFrom(plan, set, health);
  if (destination === null) return null;
  recorder?.add('destination', 'matched', `destination ${destination.id} (${destination.uri}) is ${health.state(destination.id)} and is called at the same time`);
  plan.take(destination);
  plan.attempts -= 1;
  return destination;
}

/** The next destination of one set, as the route set wants families. */
function chooseFrom(plan: RoutePlan, set: DispatcherSet, health: HealthReader): Destination | null {
  const policy = plan.routeSet.row.family;
  const destination = selectFrom(plan, set, policy === 'any' ? 'all' : 'own', health);
  return destination === null && policy === 'prefer' ? selectFrom(plan, set, 'all', health) : destination;
}

/** Goes through the rule's sets from the current one on; within a set, the request's own family first. */
function choose(plan: RoutePlan, health: HealthReader, recorder: Recorder | null): Destination | null {
  const { sets } = plan;
  for (; plan.setIndex < sets.length; plan.setIndex++) {
    const set = plan.view.set(sets[plan.setIndex] as number);
    if (set === null) {
      recorder?.add('set', 'skipped', `dispatcher set ${sets[plan.setIndex]} does not exist here`);
      continue;
    }
    const destination = chooseFrom(plan, set, health);
    if (recorder !== null) describeChoice(plan, set, destination, health, recorder);
    if (destination !== null) {
      plan.set = set;
      return destination;
    }
  }
  if (recorder !== null) describeEmpty(plan, recorder);
  return null;
}

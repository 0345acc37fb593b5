/** Who of a dispatcher set may take this request at this moment. */
import { algorithms } from '../contract/rows.ts';
import type { Destination } from './destination.ts';
import { verdictOf } from './dispatcher-set.ts';
import type { DispatcherSet } from './dispatcher-set.ts';
import type { HealthReader } from './health-reader.ts';
import type { RoutePlan } from './route-plan.ts';

/** `own` = destinations of the family that the request came by, `all` = every family. */
export type FamilyPass = 'own' | 'all';

/** Whether a destination can be reached by a family; a host name without addresses yet counts for both. */
export function reachableBy(destination: Destination, family: 4 | 6, health: HealthReader): boolean {
  if (destination.family !== 0) return destination.family === family;
  const families = health.families(destination.id);
  return families === 0 || (families & (family === 4 ? 1 : 2)) !== 0;
}

export function eligible(plan: RoutePlan, set: DispatcherSet, destination: Destination, pass: FamilyPass, health: HealthReader): boolean {
  return !plan.tried(destination.id)
    && verdictOf(set, destination, health) === 'usable'
    && (pass === 'all' || reachableBy(destination, plan.family, health));
}

/** Whether `maxload` bounds what a destination gets: algorithm 10, and only new calls. */
const isLimited = (plan: RoutePlan, set: DispatcherSet): boolean => set.algorithm === algorithms.callLoad && plan.query.method === 'INVITE';

/** As many calls are up as `maxload` allows. */
export function isFull(plan: RoutePlan, set: DispatcherSet, destination: Destination, health: HealthReader): boolean {
  const { maxLoad } = destination.attrs;
  return maxLoad !== 0 && isLimited(plan, set) && health.load(destination.id) >= maxLoad;
}

/**
 * What `gather` found: indices into `set.destinations` in the order of the set, and a weight for each that algorithms may
 * scale. One shared record, so that a choice allocates nothing; the next `gather` overwrites it.
 */
export const candidates = { count: 0, indices: new Int32Array(1_024), weights: new Float64Array(1_024) };

/** Fills `candidates` with the destinations that may take the request and their weights; returns how many. */
export function gather(plan: RoutePlan, set: DispatcherSet, pass: FamilyPass, health: HealthReader): number {
  const { destinations, weights } = set;
  if (destinations.length > candidates.indices.length) {
    candidates.indices = new Int32Array(destinations.length * 2);
    candidates.weights = new Float64Array(destinations.length * 2);
  }
  const { indices, weights: own } = candidates;
  const limited = isLimited(plan, set);
  let count = 0;
  for (let i = 0; i < destinations.length; i++) {
    const destination = destinations[i] as Destination;
    if (!eligible(plan, set, destination, pass, health) || (limited && isFull(plan, set, destination, health))) continue;
    indices[count] = i;
    own[count] = weights[i] as number;
    count += 1;
  }
  candidates.count = count;
  return count;
}

/** Part of its share that a destination gets at the moment it comes into service; it grows from there in a straight line. */
const firstShare = 0.1;

/**
 * The part of its share that a destination gets while it is new or recovered (slow start): 0.1 at first, 1 when it has
 * been in service for the set's `slowStartMs`.
 */
export function shareOf(plan: RoutePlan, set: DispatcherSet, destination: Destination, health: HealthReader): number {
  const { slowStartMs } = set.row;
  if (slowStartMs === 0) return 1;
  const since = health.upSince(destination.id);
  if (since === 0) return 1;
  const age = plan.query.timeMs - since * 1_000;
  // A wall clock that was set back must not hold a destination at its first share.
  return age >= slowStartMs || age < 0 ? 1 : firstShare + (1 - firstShare) * (age / slowStartMs);
}

/** Scales the gathered weights down for destinations that have just come into service. */
export function applySlowStart(plan: RoutePlan, set: DispatcherSet, health: HealthReader): void {
  if (set.row.slowStartMs === 0) return;
  const { indices, weights } = candidates;
  for (let at = 0; at < candidates.count; at++) {
    weights[at] = (weights[at] as number) * shareOf(plan, set, set.destinations[indices[at] as number] as Destination, health);
  }
}

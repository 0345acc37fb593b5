/** The choices proper: each takes one of the gathered candidates (see candidates.ts). */
import { candidates, shareOf } from './candidates.ts';
import type { Destination } from './destination.ts';
import type { DispatcherSet } from './dispatcher-set.ts';
import type { HealthReader } from './health-reader.ts';
import { rendezvousCost } from './hash.ts';
import type { RoutePlan } from './route-plan.ts';
import { isKeptAway } from './throttle.ts';
import type { Turn } from './turns.ts';

/** Weighted rendezvous: losing one of n moves its 1/n of the keys and spreads them over all the rest. */
export function byHash(set: DispatcherSet, key: number): Destination | null {
  const { indices, weights, count } = candidates;
  let best: Destination | null = null;
  let least = Infinity;
  for (let at = 0; at < count; at++) {
    const destination = set.destinations[indices[at] as number] as Destination;
    const cost = rendezvousCost(key, destination.salt, weights[at] as number);
    // Weight 0 costs Infinity: it serves when nobody else can.
    if (best === null || cost < least) {
      best = destination;
      least = cost;
    }
  }
  return best;
}

/** Smooth weighted round robin: exact shares without bursts; weights add up to anything. */
export function byWeight(set: DispatcherSet, turn: Turn): Destination | null {
  const { indices, weights, count } = candidates;
  const { owed } = turn;
  let best = -1;
  let most = -Infinity;
  let total = 0;
  for (let at = 0; at < count; at++) {
    const i = indices[at] as number;
    const weight = weights[at] as number;
    total += weight;
    const now = (owed[i] as number) + weight;
    owed[i] = now;
    // Weight 0 is owed nothing and serves only when nobody else can.
    const rank = weight === 0 ? -Infinity : now;
    if (best < 0 || rank > most) {
      best = i;
      most = rank;
    }
  }
  if (best < 0) return null;
  owed[best] = (owed[best] as number) - total;
  return set.destinations[best] as Destination;
}

/** Algorithm 6; every candidate with a chance in proportion to the share that it has grown to. */
export function atRandom(plan: RoutePlan, set: DispatcherSet, health: HealthReader): Destination | null {
  const { indices, weights, count } = candidates;
  let total = 0;
  for (let at = 0; at < count; at++) {
    const share = shareOf(plan, set, set.destinations[indices[at] as number] as Destination, health);
    weights[at] = share;
    total += share;
  }
  let left = plan.turns.random() * total;
  for (let at = 0; at < count; at++) {
    left -= weights[at] as number;
    if (left < 0 || at === count - 1) return set.destinations[indices[at] as number] as Destination;
  }
  return null;
}

/**
 * Round robin as "who waited longest": fair also while some are down or one family alternates with the other, where
 * a running index would give the neighbour of a lost destination its calls as well. Who is in slow start or asks for less
 * (overload control) lets turns pass: any other serves then, which is no turn of that one's own. Of those in slow start one
 * serves after all when nobody else can.
 */
export function inTurn(plan: RoutePlan, set: DispatcherSet, health: HealthReader, turn: Turn): Destination | null {
  const { indices } = candidates;
  let at = longestWaiting(turn);
  if (at < 0) return null;
  turn.lastTaken[indices[at] as number] = ++turn.count;
  let reserve: Destination | null = null;
  for (;;) {
    const destination = set.destinations[indices[at] as number] as Destination;
    if (!isKeptAway(plan, set, destination)) {
      const share = shareOf(plan, set, destination, health);
      if (share === 1 || plan.turns.random() < share) return destination;
      reserve ??= destination;
    }
    candidates.count -= 1;
    if (candidates.count === 0) return reserve;
    indices[at] = indices[candidates.count] as number;
    at = Math.floor(plan.turns.random() * candidates.count);
  }
}

/** Place in `candidates` of the one whose turn it is, -1 when there is none. */
function longestWaiting(turn: Turn): number {
  const { indices, count } = candidates;
  let best = -1;
  let longest = Infinity;
  for (let at = 0; at < count; at++) {
    const taken = turn.lastTaken[indices[at] as number] as number;
    if (taken < longest) {
      best = at;
      longest = taken;
    }
  }
  return best;
}

/**
 * Algorithm 8: the first by rank, then by age. Who is in slow start passes the request on with the chance that it has not
 * grown to yet, unless there is nobody behind it.
 */
export function firstByRank(plan: RoutePlan, set: DispatcherSet, health: HealthReader): Destination | null {
  const { indices } = candidates;
  let reserve: Destination | null = null;
  while (candidates.count > 0) {
    let best = 0;
    for (let at = 1; at < candidates.count; at++) {
      const challenger = set.destinations[indices[at] as number] as Destination;
      const holder = set.destinations[indices[best] as number] as Destination;
      if (challenger.row.rank < holder.row.rank || (challenger.row.rank === holder.row.rank && challenger.id < holder.id)) best = at;
    }
    const destination = set.destinations[indices[best] as number] as Destination;
    const share = shareOf(plan, set, destination, health);
    if (share === 1 || plan.turns.random() < share) return destination;
    reserve ??= destination;
    candidates.count -= 1;
    indices[best] = indices[candidates.count] as number;
  }
  return reserve;
}

/**
 * Algorithm 10: the least load in proportion to what it can hold, this call included; among equals who waited longest.
 * In slow start it can hold as much less as it has not grown to yet.
 */
export function leastLoaded(plan: RoutePlan, set: DispatcherSet, health: HealthReader, turn: Turn): Destination | null {
  const { indices, count } = candidates;
  let best = -1;
  let least = Infinity;
  for (let at = 0; at < count; at++) {
    const i = indices[at] as number;
    const destination = set.destinations[i] as Destination;
    const load = (health.load(destination.id) + 1) / ((set.capacities[i] as number) * shareOf(plan, set, destination, health));
    if (load < least || (load === least && (turn.lastTaken[i] as number) < (turn.lastTaken[best] as number))) {
      best = i;
      least = load;
    }
  }
  if (best < 0) return null;
  turn.lastTaken[best] = ++turn.count;
  return set.destinations[best] as Destination;
}

/**
 * Algorithm 11: a destination with `cc=1` weighs one less for each millisecond that its last probe took longer than its
 * average. At 0 it serves only when nobody else can.
 */
export function applyCongestion(set: DispatcherSet, health: HealthReader): void {
  const { indices, weights, count } = candidates;
  for (let at = 0; at < count; at++) {
    const destination = set.destinations[indices[at] as number] as Destination;
    if (!destination.attrs.congestionControl) continue;
    const average = health.latencyMs(destination.id);
    if (average < 0) continue;
    weights[at] = Math.max(0, (weights[at] as number) - Math.max(0, health.lastLatencyMs(destination.id) - average));
  }
}

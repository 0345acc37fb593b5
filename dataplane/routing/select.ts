/**
 * Dispatcher algorithms by Kamailio's numbers: which destination of one set comes next. A set's affinity replaces them for
 * REGISTER and, if wanted, for all. Round robin and serial without slow start have a short way of their own; all others
 * gather the candidates first.
 */
import { algorithms } from '../contract/rows.ts';
import { applySlowStart, eligible, gather } from './candidates.ts';
import type { FamilyPass } from './candidates.ts';
import { applyCongestion, atRandom, byHash, byWeight, firstByRank, inTurn, leastLoaded } from './choose.ts';
import { keepFirstRank, keepQuickest } from './choose-tier.ts';
import type { Destination } from './destination.ts';
import type { DispatcherSet } from './dispatcher-set.ts';
import { hashText, uniformOf } from './hash.ts';
import { affinityKey, hashedValue } from './hash-key.ts';
import type { HealthReader } from './health-reader.ts';
import type { RoutePlan } from './route-plan.ts';
import { isKeptAway } from './throttle.ts';
import type { Turn } from './turns.ts';

/**
 * The next destination of `set`, or null when none of this family pass is left. Takes a turn where the algorithm has
 * turns.
 */
export function selectFrom(plan: RoutePlan, set: DispatcherSet, pass: FamilyPass, health: HealthReader): Destination | null {
  const key = affinityKey(plan, set);
  if (key !== '') return byAffinity(plan, set, pass, health, hashText(key));
  const { algorithm } = set;
  if (set.row.slowStartMs === 0) {
    if (algorithm === algorithms.roundRobin) return nextInTurn(plan, set, pass, health, plan.turns.of(set, plan.view));
    if (algorithm === algorithms.serial) return nextByRank(plan, set, pass, health);
  }
  if (gather(plan, set, pass, health) === 0) return null;
  switch (algorithm) {
    case algorithms.serial:
    case algorithms.parallel: return firstByRank(plan, set, health);
    case algorithms.random: return atRandom(plan, set, health);
    case algorithms.callLoad: return leastLoaded(plan, set, health, plan.turns.of(set, plan.view));
    case algorithms.relativeWeight:
    case algorithms.weight:
      if (algorithm === algorithms.relativeWeight) applyCongestion(set, health);
      applySlowStart(plan, set, health);
      return byWeight(set, plan.turns.of(set, plan.view));
    case algorithms.tiers:
      keepFirstRank(plan, set, health, plan.turns.random());
      applySlowStart(plan, set, health);
      return byWeight(set, plan.turns.of(set, plan.view));
    case algorithms.rankRoundRobin:
      keepFirstRank(plan, set, health, plan.turns.random());
      return inTurn(plan, set, health, plan.turns.of(set, plan.view));
    case algorithms.latency:
      keepQuickest(set, health);
      return inTurn(plan, set, health, plan.turns.of(set, plan.view));
    case algorithms.roundRobin:
    case algorithms.overload: return inTurn(plan, set, health, plan.turns.of(set, plan.view));
    case algorithms.callIdHash:
    case algorithms.fromHash:
    case algorithms.toHash:
    case algorithms.requestUriHash:
    case algorithms.authUserHash:
    case algorithms.valueHash: return byValue(plan, set, health);
  }
}

/** The hash algorithms; a request without the value takes its turn, as in Kamailio. */
function byValue(plan: RoutePlan, set: DispatcherSet, health: HealthReader): Destination | null {
  const value = hashedValue(plan, set);
  if (value === '') return inTurn(plan, set, health, plan.turns.of(set, plan.view));
  applySlowStart(plan, set, health);
  return byHash(set, hashText(value));
}

/**
 * The same phone, source or call to the same destination. Where the algorithm goes by rank, within the first usable rank:
 * a standby must not get half of the phones.
 */
function byAffinity(plan: RoutePlan, set: DispatcherSet, pass: FamilyPass, health: HealthReader, key: number): Destination | null {
  if (gather(plan, set, pass, health) === 0) return null;
  const { algorithm } = set;
  const ranked = algorithm === algorithms.serial || algorithm === algorithms.rankRoundRobin || algorithm === algorithms.tiers;
  if (ranked) keepFirstRank(plan, set, health, uniformOf(key));
  applySlowStart(plan, set, health);
  const home = byHash(set, key);
  // Another home would not know the phone: a request that an overloaded one has no room for is refused instead.
  return home === null || isKeptAway(plan, set, home) ? null : home;
}

/** Serial without slow start. */
function nextByRank(plan: RoutePlan, set: DispatcherSet, pass: FamilyPass, health: HealthReader): Destination | null {
  const { byRank } = set;
  for (let i = 0; i < byRank.length; i++) {
    const destination = byRank[i] as Destination;
    if (eligible(plan, set, destination, pass, health)) return destination;
  }
  return null;
}

/** Round robin without slow start: as `inTurn`, but looks only at those that have waited longer than the best so far. */
function nextInTurn(plan: RoutePlan, set: DispatcherSet, pass: FamilyPass, health: HealthReader, turn: Turn): Destination | null {
  const { destinations } = set;
  let best = -1;
  let longest = Infinity;
  for (let i = 0; i < destinations.length; i++) {
    const taken = turn.lastTaken[i] as number;
    if (taken < longest && eligible(plan, set, destinations[i] as Destination, pass, health)) {
      best = i;
      longest = taken;
    }
  }
  if (best < 0) return null;
  turn.lastTaken[best] = ++turn.count;
  return destinations[best] as Destination;
}

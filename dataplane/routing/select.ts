/**
 * Dispatcher algorithms: which destination of one set comes next. Kamailio's numbers: 0 hash over Call-ID,
 * 4 round robin, 8 serial by rank, 9 weight. A set's affinity replaces them for REGISTER and, if wanted, for all.
 */
import { algorithms } from '../contract/rows.ts';
import type { Destination } from './destination.ts';
import { verdictOf } from './dispatcher-set.ts';
import type { DispatcherSet } from './dispatcher-set.ts';
import type { HealthReader } from './health-reader.ts';
import { hashText, rendezvousCost } from './hash.ts';
import type { RoutePlan } from './route-plan.ts';
import type { Turn } from './turns.ts';

/** `own` = destinations of the family that the request came by, `all` = every family. */
export type FamilyPass = 'own' | 'all';

/** Whether a destination can be reached by a family; a host name without addresses yet counts for both. */
export function reachableBy(destination: Destination, family: 4 | 6, health: HealthReader): boolean {
  if (destination.family !== 0) return destination.family === family;
  const families = health.families(destination.id);
  return families === 0 || (families & (family === 4 ? 1 : 2)) !== 0;
}

function eligible(plan: RoutePlan, set: DispatcherSet, destination: Destination, pass: FamilyPass, health: HealthReader): boolean {
  return !plan.tried(destination.id)
    && verdictOf(set, destination, health) === 'usable'
    && (pass === 'all' || reachableBy(destination, plan.family, health));
}

/** The text that sends the same phone, source or call to the same destination; '' = the algorithm decides. */
export function affinityKey(plan: RoutePlan, set: DispatcherSet): string {
  if (!plan.isRegister && !set.row.affinityAll) return '';
  switch (set.row.affinity) {
    case 'aor': return plan.query.aor;
    case 'source': return plan.query.sourceAddress;
    case 'call-id': return plan.query.callId;
    case 'none': return '';
  }
}

/**
 * The next destination of `set`, or null when none of this family pass is left. Takes the turn in `turn`, which only
 * round robin and weight need.
 */
export function selectFrom(plan: RoutePlan, set: DispatcherSet, pass: FamilyPass, health: HealthReader): Destination | null {
  const serial = set.row.algorithm === algorithms.serial;
  const key = affinityKey(plan, set);
  if (key !== '') return serial ? hashedInRank(plan, set, pass, health, hashText(key)) : hashed(plan, set, pass, health, hashText(key));
  switch (set.row.algorithm) {
    case algorithms.callIdHash: return hashed(plan, set, pass, health, hashText(plan.query.callId));
    case algorithms.roundRobin: return inTurn(plan, set, pass, health, plan.turns.of(set, plan.view));
    case algorithms.serial: return firstByRank(plan, set, pass, health);
    case algorithms.weight: return byWeight(plan, set, pass, health, plan.turns.of(set, plan.view));
    default: return inTurn(plan, set, pass, health, plan.turns.of(set, plan.view));
  }
}

/** Weighted rendezvous: losing one of n moves its 1/n of the keys and spreads them over all the rest. */
function hashed(plan: RoutePlan, set: DispatcherSet, pass: FamilyPass, health: HealthReader, key: number): Destination | null {
  const { destinations, weights } = set;
  let best: Destination | null = null;
  let least = Infinity;
  for (let i = 0; i < destinations.length; i++) {
    const destination = destinations[i] as Destination;
    if (!eligible(plan, set, destination, pass, health)) continue;
    const cost = rendezvousCost(key, destination.salt, weights[i] as number);
    // Weight 0 costs Infinity: it serves when nobody else can.
    if (best === null || cost < least) {
      best = destination;
      least = cost;
    }
  }
  return best;
}

/** Rendezvous among the first rank that has anybody: a standby must not get half of the phones. */
function hashedInRank(plan: RoutePlan, set: DispatcherSet, pass: FamilyPass, health: HealthReader, key: number): Destination | null {
  let best: Destination | null = null;
  let least = Infinity;
  for (let i = 0; i < set.byRank.length; i++) {
    const destination = set.byRank[i] as Destination;
    if (best !== null && destination.row.rank !== best.row.rank) break;
    if (!eligible(plan, set, destination, pass, health)) continue;
    const cost = rendezvousCost(key, destination.salt, 1);
    if (cost < least) {
      best = destination;
      least = cost;
    }
  }
  return best;
}

function firstByRank(plan: RoutePlan, set: DispatcherSet, pass: FamilyPass, health: HealthReader): Destination | null {
  for (let i = 0; i < set.byRank.length; i++) {
    const destination = set.byRank[i] as Destination;
    if (eligible(plan, set, destination, pass, health)) return destination;
  }
  return null;
}

/**
 * Round robin as "who waited longest": fair also while some are down or one family alternates with the other, where
 * a running index would give the neighbour of a lost destination its calls as well.
 */
function inTurn(plan: RoutePlan, set: DispatcherSet, pass: FamilyPass, health: HealthReader, turn: Turn): Destination | null {
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

/** Smooth weighted round robin: exact shares without bursts; weights add up to anything. */
function byWeight(plan: RoutePlan, set: DispatcherSet, pass: FamilyPass, health: HealthReader, turn: Turn): Destination | null {
  const { destinations, weights } = set;
  const owed = turn.owed;
  let best = -1;
  let most = -Infinity;
  let total = 0;
  for (let i = 0; i < destinations.length; i++) {
    if (!eligible(plan, set, destinations[i] as Destination, pass, health)) continue;
    const weight = weights[i] as number;
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
  return destinations[best] as Destination;
}

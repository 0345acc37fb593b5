/** Algorithms that look at rank before anything else: which of the gathered candidates are in play. */
import { candidates, shareOf } from './candidates.ts';
import type { Destination } from './destination.ts';
import type { DispatcherSet } from './dispatcher-set.ts';
import type { HealthReader } from './health-reader.ts';
import type { RoutePlan } from './route-plan.ts';

/**
 * Leaves only the candidates of the first rank. A rank of which all are still in slow start gives the request on to the
 * next with the chance that they have not grown to yet; when there is no next, the first serves after all.
 * @param draw in [0, 1): the request's own number; only read in slow start
 */
export function keepFirstRank(plan: RoutePlan, set: DispatcherSet, health: HealthReader, draw: number): void {
  const first = rankAbove(set, -1);
  let rank = first;
  if (set.row.slowStartMs > 0) {
    while (rank !== Infinity && draw >= shareOfRank(plan, set, health, rank)) rank = rankAbove(set, rank);
    if (rank === Infinity) rank = first;
  }
  const { indices, weights } = candidates;
  let kept = 0;
  for (let at = 0; at < candidates.count; at++) {
    if (destinationAt(set, at).row.rank !== rank) continue;
    indices[kept] = indices[at] as number;
    weights[kept] = weights[at] as number;
    kept += 1;
  }
  candidates.count = kept;
}

/** Milliseconds of average latency that count as much as one rank (algorithm 13). */
export const latencyStepMs = 30;

/**
 * Algorithm 13: leaves those with the least `rank + ⌊average latency / 30 ms⌋`. A destination that nobody has measured
 * counts with its attribute `latency`, else with 0.
 */
export function keepQuickest(set: DispatcherSet, health: HealthReader): void {
  const { indices } = candidates;
  let kept = 0;
  let least = Infinity;
  for (let at = 0; at < candidates.count; at++) {
    const score = latencyScore(destinationAt(set, at), health);
    if (score > least) continue;
    if (score < least) kept = 0;
    least = score;
    indices[kept++] = indices[at] as number;
  }
  candidates.count = kept;
}

/** What algorithm 13 compares; less is better. */
export function latencyScore(destination: Destination, health: HealthReader): number {
  const measured = health.latencyMs(destination.id);
  return destination.row.rank + Math.floor(Math.max(0, measured < 0 ? destination.attrs.latencyMs : measured) / latencyStepMs);
}

const destinationAt = (set: DispatcherSet, at: number): Destination => set.destinations[candidates.indices[at] as number] as Destination;

/** The least rank above another one, Infinity = none. */
function rankAbove(set: DispatcherSet, floor: number): number {
  let least = Infinity;
  for (let at = 0; at < candidates.count; at++) {
    const { rank } = destinationAt(set, at).row;
    if (rank > floor && rank < least) least = rank;
  }
  return least;
}

/** The biggest share that any of a rank has grown to. */
function shareOfRank(plan: RoutePlan, set: DispatcherSet, health: HealthReader, rank: number): number {
  let most = 0;
  for (let at = 0; at < candidates.count; at++) {
    const destination = destinationAt(set, at);
    if (destination.row.rank === rank) most = Math.max(most, shareOf(plan, set, destination, health));
  }
  return most;
}

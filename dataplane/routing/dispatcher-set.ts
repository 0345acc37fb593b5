/** A dispatcher set with everything its algorithm needs, worked out once for each version. */
import { algorithms } from '../contract/rows.ts';
import type { Algorithm, DispatcherSetRow } from '../contract/rows.ts';
import type { HealthReader } from './health-reader.ts';
import type { Destination } from './destination.ts';

export class DispatcherSet {
  readonly row: DispatcherSetRow;
  readonly id: number;
  readonly algorithm: Algorithm;
  /** By id, that is in the order they were made. */
  readonly destinations: readonly Destination[];
  /** By rank, 1 first, then by id. */
  readonly byRank: readonly Destination[];
  /** For each of `destinations`, of the kind that the algorithm reads; when every weight is 0 all count 1. */
  readonly weights: Float64Array;
  /** Algorithm 10: for each of `destinations` the calls that count as a full load. */
  readonly capacities: Float64Array;
  /** Destinations without a verdict take calls. */
  readonly usesUnknown: boolean;

  constructor(row: DispatcherSetRow, destinations: readonly Destination[]) {
    this.row = row;
    this.id = row.id;
    this.algorithm = row.algorithm;
    this.destinations = destinations;
    this.byRank = destinations.toSorted((a, b) => a.row.rank - b.row.rank || a.id - b.id);
    const relative = row.algorithm === algorithms.relativeWeight;
    this.weights = Float64Array.from(destinations, (destination) => (relative ? destination.relativeWeight : destination.row.weight));
    if (this.weights.every((weight) => weight === 0)) this.weights.fill(1);
    // Who names no limit is taken for as big as the biggest that does.
    const biggest = destinations.reduce((most, destination) => Math.max(most, destination.attrs.maxLoad), 0);
    this.capacities = Float64Array.from(destinations, (destination) => destination.attrs.maxLoad || biggest || 1);
    this.usesUnknown = row.probing.useUnknown || row.probing.mode === 'never';
  }
}

/** Why a destination cannot take a new request, or `usable`. */
export type Verdict = 'usable' | 'disabled' | 'draining' | 'unroutable' | 'down' | 'unknown';

/** Whether a destination may take a new request, by its admin state, then by its health as it is now. */
export function verdictOf(set: DispatcherSet, destination: Destination, health: HealthReader): Verdict {
  const admin = destination.row.admin;
  if (admin !== 'enabled') return admin;
  if (!destination.routable) return 'unroutable';
  const state = health.state(destination.id);
  if (state === 'down') return 'down';
  return state === 'unknown' && !set.usesUnknown ? 'unknown' : 'usable';
}

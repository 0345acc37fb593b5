/** What routing reads of health; implemented by health/board.ts in a worker and by a plain map elsewhere. */
import type { HealthState } from '../contract/health.ts';

export interface HealthReader {
  /** `unknown` for a destination that nobody has probed yet. Admin state is configuration and not in here. */
  state(destinationId: number): HealthState;
  /** Families a host name resolved to: bit 0 = IPv4, bit 1 = IPv6; 0 = not resolved (yet) or numeric. */
  families(destinationId: number): number;
  /** Calls up through it, over all workers of the node. */
  load(destinationId: number): number;
  /** Average latency of its probes in milliseconds, -1 = none yet. */
  latencyMs(destinationId: number): number;
  /** The last probe's latency in milliseconds, -1 = none yet. */
  lastLatencyMs(destinationId: number): number;
  /** Epoch seconds since when it is in service (again); 0 = for long, or never. */
  upSince(destinationId: number): number;
}

/** Nothing is known of any destination. */
export const noHealth: HealthReader = {
  state: () => 'unknown', families: () => 0, load: () => 0, latencyMs: () => -1, lastLatencyMs: () => -1, upSince: () => 0,
};

/** What routing reads of health; implemented by health/board.ts in a worker and by a plain map elsewhere. */
import type { HealthState } from '../contract/health.ts';

export interface HealthReader {
  /** `unknown` for a destination that nobody has probed yet. Admin state is configuration and not in here. */
  state(destinationId: number): HealthState;
  /** Families a host name resolved to: bit 0 = IPv4, bit 1 = IPv6; 0 = not resolved (yet) or numeric. */
  families(destinationId: number): number;
}

/** Nothing is known of any destination. */
export const noHealth: HealthReader = { state: () => 'unknown', families: () => 0 };

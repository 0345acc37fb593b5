/** An address that a redirection gave and that is followed here. PURE. */
import type { Destination } from '../routing/destination.ts';
import type { RoutePlan } from '../routing/plan.ts';

export interface Redirected {
  /** A domain of the tenant: its own rules and dispatcher sets; null = a destination by its address. */
  readonly plan: RoutePlan | null;
  readonly destination: Destination | null;
  readonly requestUri: string;
  /** How many redirections led to it. */
  readonly depth: number;
}

/** When an attempt's outcome moves on to the next destination. PURE. */
import type { FailoverTrigger, RouteSetRow } from '../contract/rows.ts';

/**
 * Whether to try another destination after `outcome` of attempt number `attempts` (1 = the first).
 * 6xx is final whatever the matrix says: it speaks for the user, not for the server (RFC 3261 §16.7 step 5).
 */
export function movesOn(failover: RouteSetRow['failover'], outcome: FailoverTrigger, attempts: number): boolean {
  if (attempts >= failover.maxAttempts) return false;
  if (typeof outcome === 'number' && outcome >= 600) return false;
  return failover.on.includes(outcome);
}

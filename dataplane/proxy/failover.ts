/** When an attempt's outcome moves on to the next destination, and which response the caller gets (RFC 3261 §16.7). PURE. */
import type { FailoverTrigger, RouteSetRow } from '../contract/rows.ts';
import type { SipMessage } from '../sip/message.ts';

/**
 * Whether to try another destination after `outcome` of attempt number `attempts` (1 = the first).
 * 6xx is final whatever the matrix says: it speaks for the user, not for the server (§16.7 step 5).
 */
export function movesOn(failover: RouteSetRow['failover'], outcome: FailoverTrigger, attempts: number): boolean {
  if (attempts >= failover.maxAttempts) return false;
  if (typeof outcome === 'number' && outcome >= 600) return false;
  return failover.on.includes(outcome);
}

/**
 * The better of two final responses (§16.7 step 6): 6xx first, else the lowest class; within 4xx those that let
 * the caller amend the request (401, 407, 415, 420, 484) go first; a 503 loses against anything of its class.
 */
export function betterOf(a: SipMessage | null, b: SipMessage): SipMessage {
  if (a === null) return b;
  return rankOf(b.status) < rankOf(a.status) ? b : a;
}

const amendable = new Set([401, 407, 415, 420, 484]);

function rankOf(status: number): number {
  if (status >= 600) return 0;
  const withinClass = amendable.has(status) ? 0 : status === 503 ? 2 : 1;
  return Math.floor(status / 100) * 10 + withinClass;
}

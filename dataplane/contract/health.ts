/** Words for the health of a destination; the same in the data plane, the REST API and the console. */
export type HealthState = 'unknown' | 'probing' | 'up' | 'down';

/** Why a destination's health changed. */
export type HealthReason =
  | { readonly kind: 'new' }
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'icmp'; readonly detail: string }
  | { readonly kind: 'dns'; readonly detail: string }
  | { readonly kind: 'passive'; readonly detail: string }
  | { readonly kind: 'operator'; readonly detail: string };

/** The reason in an operator's words: the same in a node's log and in the console. */
export function describeHealth(reason: HealthReason): string {
  switch (reason.kind) {
    case 'new': return 'not probed yet';
    case 'code': return `answered ${reason.code}`;
    case 'timeout': return 'no answer in time';
    case 'icmp': return `unreachable (${reason.detail})`;
    case 'dns': return `name not resolved (${reason.detail})`;
    case 'passive': return `calls failed (${reason.detail})`;
    case 'operator': return reason.detail === '' ? 'set by an operator' : reason.detail;
  }
}

/** What a node reports of one destination. Times are epoch milliseconds, latencies milliseconds (-1 = none yet). */
export interface DestinationHealth {
  readonly id: number;
  readonly state: HealthState;
  readonly reason: HealthReason;
  readonly sinceMs: number;
  readonly lastProbeMs: number;
  readonly latencyMs: { readonly last: number; readonly avg: number; readonly max: number };
  /** Calls that this node has up through the destination. */
  readonly calls: number;
}

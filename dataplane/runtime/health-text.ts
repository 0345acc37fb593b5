/** The reason of a health change in the operator's words. */
import type { HealthReason } from '../contract/health.ts';

export function describeHealth(reason: HealthReason): string {
  switch (reason.kind) {
    case 'new': return 'not probed yet';
    case 'code': return `answered ${reason.code}`;
    case 'timeout': return 'no answer in time';
    case 'icmp': return `unreachable (${reason.detail})`;
    case 'dns': return `name not resolved (${reason.detail})`;
    case 'passive': return reason.detail;
    case 'operator': return `set by the operator (${reason.detail})`;
  }
}

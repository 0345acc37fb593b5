/** Why a destination's health is what it is, in an operator's words. PURE. */
import type { DestinationHealth } from '../../dataplane/contract/health.ts';

export function reasonText(health: Pick<DestinationHealth, 'state' | 'reason'>): string {
  const { reason } = health;
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

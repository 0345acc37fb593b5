/** Which destinations of a plan a request may go to, beside what their health says. */
import type { Destination } from '../routing/destination.ts';
import type { RoutePlan } from '../routing/plan.ts';
import type { SipMessage } from '../sip/message.ts';
import type { ProxyEnvironment } from './environment.ts';
import { serves } from './secure-hop.ts';
import { namedListener } from './send-socket.ts';

/**
 * Whether a destination of a plan may get the request. A sips request, and one that is sent on to a sips URI, passes over those
 * without TLS (RFC 5630 §5.3); this node over those that want a listener which it does not have. A plan holds the configuration that
 * it began with: what an operator has drained, disabled or removed since then gets no further attempt.
 */
export function isEligible(env: ProxyEnvironment, plan: RoutePlan, destination: Destination, request: SipMessage): boolean {
  const { socket } = destination.attrs;
  if (socket !== null && destination.family !== 0 && namedListener(env, socket, destination.transport, destination.family) === null) return false;
  return serves(destination, request, plan.requestUri) && (env.view === plan.view || env.view.destination(destination.id)?.row.admin === 'enabled');
}

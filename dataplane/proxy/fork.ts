/** Parallel forking: branches that begin together (RFC 3261 §16.6) and share the request's breadth (RFC 5393 §5.3). */
import { nextAlongside, type RoutePlan } from '../routing/plan.ts';
import type { Destination } from '../routing/destination.ts';
import type { SipMessage } from '../sip/message.ts';
import { Branch } from './branch.ts';
import { maxTries, type ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { incomingBreadth } from './max-breadth.ts';
import { serves } from './secure-hop.ts';
import { namedListener } from './send-socket.ts';

/**
 * Whether a destination of a plan may get the request. A sips request, and one that is sent on to a sips URI, passes over those
 * without TLS (RFC 5630 §5.3); this node over those that want a listener which it does not have. A plan holds the configuration that
 * it began with: what an operator has drained, disabled or removed since then gets no further attempt.
 */
export function mayGet(env: ProxyEnvironment, plan: RoutePlan, destination: Destination, request: SipMessage): boolean {
  const { socket } = destination.attrs;
  if (socket !== null && destination.family !== 0 && namedListener(env, socket, destination.transport, destination.family) === null) return false;
  return serves(destination, request, plan.requestUri) && (env.view === plan.view || env.view.destination(destination.id)?.row.admin === 'enabled');
}

/**
 * One branch for `first` and each other destination of the set that `plan` is at, `maxTries` at the most; none has left yet.
 * A set that is called one by one gives one branch.
 */
export function together(env: ProxyEnvironment, ctx: ProxyContext, plan: RoutePlan, first: Destination, depth: number): Branch[] {
  const branches = [new Branch(ctx, plan, first, plan.requestUri, depth)];
  if (!plan.parallel) return branches;
  while (ctx.tries + branches.length < maxTries) {
    const destination = nextAlongside(plan, env.health);
    if (destination === null) break;
    if (mayGet(env, plan, destination, ctx.request)) branches.push(new Branch(ctx, plan, destination, plan.requestUri, depth));
  }
  return branches;
}

/** Divides what other open branches leave of the breadth; false when there is less than one for each. */
export function shareBreadth(ctx: ProxyContext, branches: readonly Branch[]): boolean {
  let free = incomingBreadth(ctx.request);
  for (let branch = ctx.newest; branch !== null; branch = branch.earlier) if (branch.open) free -= branch.breadth;
  const share = Math.floor(free / branches.length);
  if (share < 1) return false;
  let extra = free % branches.length;
  for (const branch of branches) branch.breadth = share + (extra-- > 0 ? 1 : 0);
  return true;
}

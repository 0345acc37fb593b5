/** Parallel forking: branches that begin together (RFC 3261 §16.6) and share the request's breadth (RFC 5393 §5.3). */
import { nextAlongside, type RoutePlan } from '../routing/plan.ts';
import type { Destination } from '../routing/destination.ts';
import { Branch } from './branch.ts';
import { maxTries, type ProxyContext } from './context.ts';
import { isEligible } from './eligible.ts';
import type { ProxyEnvironment } from './environment.ts';
import { incomingBreadth } from './max-breadth.ts';

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
    if (isEligible(env, plan, destination, ctx.request)) branches.push(new Branch(ctx, plan, destination, plan.requestUri, depth));
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

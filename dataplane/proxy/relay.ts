/** Starts a request on its way (RFC 3261 §16.6): by its plan, or to its one fixed hop. */
import { enumTargets } from '../routing/enum.ts';
import type { RoutePlan } from '../routing/plan.ts';
import { Branch } from './branch.ts';
import type { ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { answer, nextHopFailed } from './final-response.ts';
import { beginMedia } from './media.ts';
import { failed, locate, startNext } from './search.ts';
import { send } from './send.ts';
import { isSips, sipsNotAllowed } from './secure-hop.ts';
import { serviceUnavailable } from './verdict.ts';

/** Starts a request whose target or plan the pipeline has found. */
export function relay(env: ProxyEnvironment, ctx: ProxyContext): void {
  const { plan } = ctx;
  beginMedia(env, ctx);
  if (ctx.media !== null) ctx.media.unsent = unsent;
  if (plan !== null) {
    countNew(env, ctx.request.method);
    if (plan.awaits === '') begin(env, ctx, plan);
    else askEnum(env, ctx, plan);
    return;
  }
  const branch = new Branch(ctx, null, null, null, 0);
  branch.transportOpen = ctx.fixedOpen;
  if (ctx.fixedTarget === null) locate(env, branch, ctx.fixedHost, ctx.fixedPort, ctx.fixedTransport, ctx.fixedSecure);
  else if (!send(env, branch, ctx.fixedTarget)) failed(env, branch, 'transport');
}

const unsent = (env: ProxyEnvironment, branch: Branch): void => failed(env, branch, 'transport');

function begin(env: ProxyEnvironment, ctx: ProxyContext, plan: RoutePlan): void {
  if (startNext(env, ctx, plan, 0)) return;
  env.counters.add('no_destination_total');
  answer(env, ctx, isSips(ctx.request) ? sipsNotAllowed : serviceUnavailable);
}

function countNew(env: ProxyEnvironment, method: string): void {
  if (method === 'INVITE') env.counters.add('invites_total');
  else if (method === 'REGISTER') env.counters.add('registers_total');
}

/** Looks the number of a plan up (ENUM), then begins; the request waits, nobody else does. */
function askEnum(env: ProxyEnvironment, ctx: ProxyContext, plan: RoutePlan): void {
  env.numbers.enumLookup(plan.awaits, plan.rule.enumSuffix, (uris) => {
    if (ctx.over) return;
    try {
      plan.putAhead(enumTargets(plan, env.health, uris, null));
      begin(env, ctx, plan);
    } catch (error) {
      // The look-up calls from outside of the guard round messages and timers.
      env.fault('enum', error);
      answer(env, ctx, nextHopFailed);
    }
  });
}

/** Starts a request on its way (RFC 3261 §16.6): by its plan, or to its one fixed hop. */
import { sendToNextPlace } from './aim.ts';
import { Branch } from './branch.ts';
import type { ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { answer } from './final-response.ts';
import { failed, startNext } from './search.ts';
import { send } from './send.ts';
import { isSips, sipsNotAllowed } from './secure-hop.ts';
import { reply, serviceUnavailable } from './verdict.ts';

const nextHopFailed = reply(500, 'Next Hop Failed');

/** Starts a request whose target or plan the pipeline has found. */
export function relay(env: ProxyEnvironment, ctx: ProxyContext): void {
  const { plan } = ctx;
  if (plan !== null) {
    countNew(env, ctx.request.method);
    if (startNext(env, ctx, plan)) return;
    env.counters.add('no_destination_total');
    answer(env, ctx, isSips(ctx.request) ? sipsNotAllowed : serviceUnavailable);
    return;
  }
  const branch = new Branch(ctx, null, null, null);
  if (ctx.fixedTarget === null) locateThen(env, branch);
  else if (!send(env, branch, ctx.fixedTarget)) failed(env, branch, 'transport');
}

function countNew(env: ProxyEnvironment, method: string): void {
  if (method === 'INVITE') env.counters.add('invites_total');
  else if (method === 'REGISTER') env.counters.add('registers_total');
}

/** Looks up the host of a Route or Request-URI; the packet waits, nobody else does. */
function locateThen(env: ProxyEnvironment, branch: Branch): void {
  const { ctx } = branch;
  const { fixedHost, fixedPort, fixedTransport, fixedSecure } = ctx;
  env.locator.locate(fixedHost, fixedPort, fixedTransport, fixedSecure, ctx.flow.family, ctx.request.callId, (places) => {
    if (ctx.over || !branch.open) return;
    branch.places = places;
    try {
      if (!sendToNextPlace(env, branch)) failed(env, branch, 'transport');
    } catch (error) {
      // The look-up calls from outside of the guard round messages and timers.
      env.fault('located', error);
      answer(env, ctx, nextHopFailed);
    }
  });
}

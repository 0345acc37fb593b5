/** The end of a response context: its one final answer, of a callee or in our own name (RFC 3261 §16.7 steps 6 to 9). */
import type { SipMessage } from '../sip/message.ts';
import { cancelOpen } from './cancel.ts';
import { settle, type ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { passResponse, sendReply } from './responses.ts';
import { reply, serviceUnavailable, type Reply } from './verdict.ts';

const requestTimeout = reply(408, 'Request Timeout');
const requestTerminated = reply(487, 'Request Terminated');
const unavailable = reply(480, 'Temporarily Unavailable');
const internalError = reply(500, 'Server Internal Error');
export const nextHopFailed = reply(500, 'Next Hop Failed');
const flowGone = reply(430, 'Flow Failed');

/** Sends the best of what came up, once no branch is open any more and nothing is left to try. */
export function conclude(env: ProxyEnvironment, ctx: ProxyContext): void {
  const { best, tx } = ctx;
  if (ctx.answered || ctx.open > 0 || tx === null) return;
  const invite = tx.invite;
  if (best === null) {
    answer(env, ctx, ctx.cancelled ? requestTerminated : serviceUnavailable);
    return;
  }
  const { response } = best;
  // A time-out is no response where 408 must not be sent (RFC 4320 §4.2): anything that came is better.
  if (response !== null && (!best.localIsBetter || !invite)) finish(env, ctx, response, best.extraLines);
  else if (ctx.cancelled) answer(env, ctx, requestTerminated);
  else if (best.local === 503 || (best.exhausted && response === null && best.local !== 0)) answer(env, ctx, unreachable(ctx));
  else if (best.local === 0) answer(env, ctx, unavailable);
  else if (invite) answer(env, ctx, requestTimeout);
  else {
    settle(env, ctx);
    env.layer.abandon(tx);
  }
}

/** What the caller hears when nothing could be sent: no destination left, a phone's flow gone (RFC 5626 §5.3), or a next hop that is not there. */
function unreachable(ctx: ProxyContext): Reply {
  if (ctx.plan !== null) return serviceUnavailable;
  return (ctx.fixedTarget?.connection ?? 0) === 0 ? nextHopFailed : flowGone;
}

/** Sends a final response of a destination up; a lone 503 becomes 500, as we can still serve others (§16.7 step 6). */
function finish(env: ProxyEnvironment, ctx: ProxyContext, response: SipMessage, extraLines: string): void {
  if (response.status === 503) {
    answer(env, ctx, ctx.plan !== null && (ctx.tries > 1 || ctx.best?.exhausted === true) ? serviceUnavailable : internalError);
    return;
  }
  countEnd(env, ctx, response.status);
  settle(env, ctx);
  passResponse(env, ctx, response, extraLines);
}

/** Answers in our own name; branches that are still open are cancelled. */
export function answer(env: ProxyEnvironment, ctx: ProxyContext, own: Reply): void {
  if (ctx.tx === null || ctx.answered) return;
  const { request } = ctx;
  countEnd(env, ctx, own.status);
  settle(env, ctx);
  sendReply(env, ctx.tx, request, ctx.flow, own);
  if (ctx.open > 0) cancelOpen(env, ctx, '');
}

function countEnd(env: ProxyEnvironment, ctx: ProxyContext, status: number): void {
  if (ctx.request.method === 'INVITE' && !ctx.inDialog && (status === 408 || status >= 500) && status !== 603) env.counters.add('invite_failed_total');
}

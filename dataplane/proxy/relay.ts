/**
 * Sends a request on, attempt after attempt, and decides what goes back (RFC 3261 §16.6, §16.7). One attempt is
 * under way at a time; each has a fresh branch and the rewriting of its own destination.
 */
import { nextDestination } from '../routing/plan.ts';
import type { Destination } from '../routing/destination.ts';
import { bounds } from '../sip/bounds.ts';
import type { SipMessage } from '../sip/message.ts';
import { familyOf } from '../contract/address.ts';
import { Address, type Target } from '../transport/flow.ts';
import { settle, type ProxyContext } from './context.ts';
import type { Outcome, ProxyEnvironment } from './environment.ts';
import { betterOf, movesOn } from './failover.ts';
import { rewriteRequest } from './forward.ts';
import { branchFor, pathLines, recordRouteLines, viaLine } from './record-route.ts';
import { passResponse, sendReply } from './responses.ts';
import { reply, serviceUnavailable, uriTooLong, type Reply } from './verdict.ts';

const requestTimeout = reply(408, 'Request Timeout');
const requestTerminated = reply(487, 'Request Terminated');
const nextHopFailed = reply(500, 'Next Hop Failed');
const flowGone = reply(430, 'Flow Failed');
const tooLarge = reply(513, 'Message Too Large');
/** Methods that begin a dialog (RFC 3261 §12.1, RFC 6665): they alone carry Record-Route, whose token opens a way through us. */
const dialogMethods = new Set(['INVITE', 'SUBSCRIBE', 'REFER']);
/** Methods that every PBX answers: silence to them counts against it. */
const callMethods = new Set(['INVITE', 'REGISTER']);
/** What fits into a datagram; a stream takes what every receiver must (RFC 3261 §18.1.1). */
const maxDatagramBytes = 65_507;

/** Starts the first attempt of a request whose target or plan the pipeline has found. */
export function relay(env: ProxyEnvironment, ctx: ProxyContext): void {
  if (ctx.plan !== null) {
    countNew(env, ctx.request.method);
    tryNext(env, ctx);
  } else if (ctx.fixedTarget !== null) {
    attempt(env, ctx, ctx.fixedTarget);
  } else {
    resolveThen(env, ctx);
  }
}

function countNew(env: ProxyEnvironment, method: string): void {
  if (method === 'INVITE') env.counters.add('invites_total');
  else if (method === 'REGISTER') env.counters.add('registers_total');
}

/** The next destination of the plan, or the end of the search. */
function tryNext(env: ProxyEnvironment, ctx: ProxyContext): void {
  const { plan } = ctx;
  if (plan === null) return;
  const destination = nextDestination(plan, env.health, null);
  if (destination === null) {
    exhausted(env, ctx);
    return;
  }
  if (ctx.attempts > 0) env.counters.add('failovers_total');
  ctx.giveUpAttempt();
  ctx.destination = destination;
  const { transport, port } = destination;
  if (destination.family !== 0) {
    attempt(env, ctx, new Address(transport, destination.family, destination.host, port, env.pickListener(transport, destination.family), 0));
    return;
  }
  // The prober keeps what the name resolves to; a name that does not resolve is not usable to begin with.
  const address = env.health.address(destination.id, ctx.flow.family);
  const family = familyOf(address);
  if (family === 0) {
    ctx.attempts += 1;
    failed(env, ctx, 'transport');
  } else {
    attempt(env, ctx, new Address(transport, family, address, port, env.pickListener(transport, family), 0));
  }
}

/** Looks up the host of a Route or Request-URI; the packet waits, nobody else does. */
function resolveThen(env: ProxyEnvironment, ctx: ProxyContext): void {
  const { fixedTransport: transport, fixedPort: port } = ctx;
  env.resolver.resolve(ctx.fixedHost, 0, (addresses) => {
    if (ctx.answered || ctx.cancelled) return;
    try {
      const own = addresses.find((one) => one.family === ctx.flow.family) ?? addresses[0];
      if (own !== undefined) attempt(env, ctx, new Address(transport, own.family, own.address, port, env.pickListener(transport, own.family), 0));
      else failed(env, ctx, 'transport');
    } catch (error) {
      // The resolver calls from outside of the guard round messages and timers.
      env.fault('resolved', error);
      answer(env, ctx, nextHopFailed);
    }
  });
}

/** Rewrites and sends one attempt; an ACK leaves without a transaction. */
function attempt(env: ProxyEnvironment, ctx: ProxyContext, target: Target): void {
  const { request } = ctx;
  const listener = target.listener ?? env.pickListener(target.transport, target.family);
  const stream = target.transport !== 'udp';
  ctx.attempts += 1;
  if (listener === null) {
    failed(env, ctx, 'transport');
    return;
  }
  if (ctx.requestUri !== null && ctx.requestUri.length > bounds.requestUriBytes) {
    answer(env, ctx, uriTooLong);
    return;
  }
  const branch = branchFor(env, ctx, ctx.attempts - 1);
  const text = rewriteRequest(env.edits, request, {
    requestUri: ctx.requestUri,
    poppedRoutes: ctx.poppedRoutes,
    lastRouteTaken: ctx.lastRouteTaken,
    appendedRoute: ctx.appendedRoute,
    recordLines: ctx.inDialog ? '' : recordLines(env, ctx, listener, target),
    viaLine: viaLine(env, listener, target, branch),
    sourceAddress: ctx.flow.address,
    sourcePort: ctx.flow.port,
    stream,
  });
  // The sender's fault, not the destination's: it must not count against the latter's health.
  if (text.length > (stream ? bounds.messageBytes : maxDatagramBytes)) {
    answer(env, ctx, tooLarge);
    return;
  }
  if (ctx.tx === null) env.sender.send(target, text, null);
  else ctx.client = env.layer.request(ctx, request.method, branch, text, target, ctx.failover);
}

function recordLines(env: ProxyEnvironment, ctx: ProxyContext, listener: NonNullable<Target['listener']>, target: Target): string {
  const { method } = ctx.request;
  if (method === 'REGISTER') return pathLines(env, ctx, listener, target);
  return dialogMethods.has(method) ? recordRouteLines(env, ctx, listener, target) : '';
}

/** Takes a final response that is not 2xx: another destination, or this one goes up (§16.7 steps 5 to 8). */
export function takeFailure(env: ProxyEnvironment, ctx: ProxyContext, response: SipMessage): void {
  const { status } = response;
  if (!ctx.cancelled) noteOutcome(env, ctx.destination, status);
  if (mayMoveOn(ctx, status)) {
    ctx.best = betterOf(ctx.best, response);
    tryNext(env, ctx);
    return;
  }
  finish(env, ctx, betterOf(ctx.best, response));
}

/** Takes an attempt without a final response: no answer in time, or nothing could be sent. */
export function failed(env: ProxyEnvironment, ctx: ProxyContext, outcome: 'timeout' | 'transport', ringing = false): void {
  env.counters.add(outcome === 'timeout' ? 'timeouts_total' : 'transport_errors_total');
  // Who gives up early proves nothing about the destination, nor does silence to what a PBX may not know (a stranger may send that).
  const telling = outcome === 'transport' || callMethods.has(ctx.request.method);
  if (!ringing && !ctx.cancelled && telling) noteOutcome(env, ctx.destination, outcome);
  if (ctx.tx === null) return;
  if (ctx.cancelled) {
    answer(env, ctx, requestTerminated);
    return;
  }
  // Who has rung is not moved on: the person there may have two phones, but not two PBXs.
  if (!ringing && mayMoveOn(ctx, outcome)) {
    tryNext(env, ctx);
    return;
  }
  if (ctx.best !== null) finish(env, ctx, ctx.best);
  else if (outcome === 'transport') answer(env, ctx, unreachable(ctx));
  else if (ctx.request.method === 'INVITE') answer(env, ctx, requestTimeout);
  else {
    settle(env, ctx);
    env.layer.abandon(ctx.tx);
  }
}

/** What the caller hears when nothing could be sent: no destination left, a phone's flow gone (RFC 5626 §5.3), or a next hop that is not there. */
function unreachable(ctx: ProxyContext): Reply {
  if (ctx.plan !== null) return serviceUnavailable;
  return (ctx.fixedTarget?.connection ?? 0) === 0 ? nextHopFailed : flowGone;
}

const mayMoveOn = (ctx: ProxyContext, outcome: 'timeout' | 'transport' | number): boolean =>
  ctx.plan !== null && !ctx.cancelled && !ctx.answered && movesOn(ctx.failover, outcome, ctx.attempts);

/** No destination is left: the best response that came, else 503 with Retry-After. */
function exhausted(env: ProxyEnvironment, ctx: ProxyContext): void {
  env.counters.add('no_destination_total');
  if (ctx.best === null || ctx.best.status === 503) answer(env, ctx, serviceUnavailable);
  else finish(env, ctx, ctx.best);
}

/** Sends a final response of a destination up; a lone 503 becomes 500, as we can still serve others (§16.7 step 6). */
function finish(env: ProxyEnvironment, ctx: ProxyContext, response: SipMessage): void {
  if (response.status === 503) {
    const spoken = ctx.plan !== null && ctx.attempts > 1 ? serviceUnavailable : reply(500, 'Server Internal Error');
    answer(env, ctx, spoken);
    return;
  }
  countEnd(env, ctx, response.status);
  settle(env, ctx);
  passResponse(env, ctx, response);
}

/** Answers in our own name. */
export function answer(env: ProxyEnvironment, ctx: ProxyContext, own: Reply): void {
  if (ctx.tx === null || ctx.answered) return;
  const { request } = ctx;
  countEnd(env, ctx, own.status);
  settle(env, ctx);
  sendReply(env, ctx.tx, request, ctx.flow, own);
}

function countEnd(env: ProxyEnvironment, ctx: ProxyContext, status: number): void {
  if (ctx.request.method === 'INVITE' && !ctx.inDialog && (status === 408 || status >= 500) && status !== 603) env.counters.add('invite_failed_total');
}

/** Tells passive health how an attempt at a destination went. */
function noteOutcome(env: ProxyEnvironment, destination: Destination | null, outcome: Outcome): void {
  if (destination === null) return;
  const bad = outcome === 'timeout' || outcome === 'transport' || outcome === 503;
  env.sink.outcome(destination.id, bad ? outcome : 'ok');
}

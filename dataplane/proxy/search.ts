/**
 * The search for somebody who takes the request: how branches begin and end, and what an end means for the others
 * (RFC 3261 §16.7 steps 4, 5 and 10, §16.8, §16.9).
 */
import { algorithms } from '../contract/rows.ts';
import type { Destination } from '../routing/destination.ts';
import type { EnumTarget } from '../routing/enum.ts';
import { nextDestination, type RoutePlan } from '../routing/plan.ts';
import type { SipMessage } from '../sip/message.ts';
import { connectTransport } from '../transport/locate.ts';
import { aim, sendToNextPlace } from './aim.ts';
import { BestResponse } from './best-response.ts';
import { Branch } from './branch.ts';
import { cancelOpen } from './cancel.ts';
import { maxTries, type ProxyContext } from './context.ts';
import { isEligible } from './eligible.ts';
import type { Outcome, ProxyEnvironment } from './environment.ts';
import { movesOn } from './failover.ts';
import { answer, conclude, nextHopFailed } from './final-response.ts';
import { shareBreadth, together } from './fork.ts';
import { breadthExceeded } from './max-breadth.ts';
import { requestUriTo, withoutHeaders } from './readdress.ts';
import { follow, redirectPolicy } from './redirect.ts';
import { retreat } from './send.ts';
import { reachable, targetRefused } from './wire-target.ts';

/** Methods that every PBX answers: silence to them counts against it. */
const callMethods = new Set(['INVITE', 'REGISTER']);

/**
 * Begins the next branch of a plan, or all branches of a set that is called all at once; false = nobody is left.
 * @param depth redirections that led to the plan
 */
export function startNext(env: ProxyEnvironment, ctx: ProxyContext, plan: RoutePlan, depth: number): boolean {
  const target = plan.nextAhead();
  if (target !== null) return startAhead(env, ctx, plan, target, depth);
  const destination = ctx.tries >= maxTries ? null : nextServing(env, ctx, plan);
  if (destination === null) return plan.fallback !== null && startNext(env, ctx, plan.fallback, depth);
  if (ctx.tries > 0) env.counters.add('failovers_total');
  if (plan.parallel) {
    aimTogether(env, ctx, together(env, ctx, plan, destination, depth));
  } else {
    depart(env, new Branch(ctx, plan, destination, plan.requestUri, depth));
  }
  return true;
}

function depart(env: ProxyEnvironment, branch: Branch): void {
  if (branch.plan !== null) observe(env, branch, branch.plan);
  if (!aim(env, branch)) failed(env, branch, 'transport');
}

/** What some algorithms have to know of a branch while it is under way. */
function observe(env: ProxyEnvironment, branch: Branch, { set }: RoutePlan): void {
  if (set === null || branch.destination === null) return;
  if (set.algorithm === algorithms.overload) {
    branch.throttles = true;
  } else if (set.algorithm === algorithms.callLoad && branch.ctx.request.method === 'INVITE') {
    // A call that rings is load too: a burst must not go to one destination until somebody answers.
    branch.load = env.health;
    env.health.callStarted(branch.destination.id);
  }
}

/** Begins with the next of what ENUM gave, or with the plan's own sets if that leads nowhere. */
function startAhead(env: ProxyEnvironment, ctx: ProxyContext, plan: RoutePlan, target: EnumTarget, depth: number): boolean {
  if (target.kind === 'plan') {
    target.plan.serveFor(plan, requestUriTo(target.plan, target.uri));
    return startNext(env, ctx, target.plan, depth);
  }
  const { uri } = target;
  const secure = uri.scheme === 'sips';
  const transport = connectTransport(uri.transport, secure);
  // A number that leads back to us would go in circles.
  if (transport === null || env.identity.means(uri)) return startNext(env, ctx, plan, depth);
  locate(env, new Branch(ctx, plan, null, withoutHeaders(uri), depth), uri.param('maddr') ?? uri.host, uri.port, transport, secure);
  return true;
}

/**
 * Looks up where a host from the wire leads (RFC 3263) and sends the branch there; the packet waits, nobody else does.
 * @param port 0 = none given
 * @param transport '' = none named
 */
export function locate(env: ProxyEnvironment, branch: Branch, host: string, port: number, transport: string, secure: boolean): void {
  const { ctx } = branch;
  branch.transportOpen = transport === '';
  env.locator.locate(host, port, transport, secure, ctx.flow.family, ctx.request.callId, (places) => {
    if (ctx.over || !branch.open) return;
    try {
      branch.places = reachable(env, places);
      if (sendToNextPlace(env, branch)) return;
      // A name that leads to forbidden networks only; what ENUM gave has other places behind it.
      if (branch.places.length < places.length && branch.plan === null) answer(env, ctx, targetRefused);
      else failed(env, branch, 'transport');
    } catch (error) {
      // The look-up calls from outside of the guard round messages and timers.
      env.fault('located', error);
      answer(env, ctx, nextHopFailed);
    }
  });
}

/** The next destination that may get the request. Those passed over cost none of the plan's attempts: nothing was sent to them. */
function nextServing(env: ProxyEnvironment, { request }: ProxyContext, plan: RoutePlan): Destination | null {
  for (;;) {
    const destination = nextDestination(plan, env.health, null);
    if (destination === null || isEligible(env, plan, destination, request)) return destination;
    plan.passOver();
  }
}

/** Begins the next addresses that redirections gave; false = none is left. */
function startRedirected(env: ProxyEnvironment, ctx: ProxyContext): boolean {
  for (let group = ctx.redirected?.shift(); group !== undefined; group = ctx.redirected?.shift()) {
    const branches: Branch[] = [];
    for (const { plan, destination, requestUri, depth } of group) {
      if (ctx.tries + branches.length >= maxTries) break;
      if (plan === null) branches.push(new Branch(ctx, null, destination, requestUri, depth));
      else {
        const first = nextServing(env, ctx, plan);
        if (first !== null) branches.push(...together(env, ctx, plan, first, depth));
      }
    }
    const [only] = branches;
    if (only === undefined) continue;
    if (branches.length > 1) aimTogether(env, ctx, branches);
    else depart(env, only);
    return true;
  }
  return false;
}

/** Sends branches that have all begun: one that fails at once must not end the request while others have not left. */
function aimTogether(env: ProxyEnvironment, ctx: ProxyContext, branches: readonly Branch[]): void {
  if (!shareBreadth(ctx, branches)) {
    for (const branch of branches) branch.close(breadthExceeded.status);
    if (ctx.open === 0) answer(env, ctx, breadthExceeded);
    return;
  }
  for (const branch of branches) {
    if (ctx.answered) return;
    depart(env, branch);
  }
}

/**
 * Takes a final response that is not 2xx: another place or destination, or the end of the branch.
 * @param expired timer C has cancelled the branch: its 487 is a time-out (§16.8)
 */
export function takeFailure(env: ProxyEnvironment, branch: Branch, response: SipMessage, expired: boolean): void {
  const { ctx } = branch;
  const { status } = response;
  ctx.media?.missed(status);
  if (expired && status === 487 && !ctx.over) {
    failed(env, branch, 'timeout', true);
    return;
  }
  // A server that is overloaded is skipped like one that is not there (RFC 3263 §4.3).
  if (status === 503 && !ctx.over && sendToNextPlace(env, branch)) return;
  if (!ctx.cancelled) noteOutcome(env, branch.destination, status);
  const policy = redirectPolicy(branch, status);
  const best = (ctx.best ??= new BestResponse());
  const left = policy === 'block' ? null : policy === 'recurse' ? follow(env, branch, response) : response;
  if (left !== null) best.add(left);
  branch.close(status);
  if (status >= 600 && !ctx.declined) {
    ctx.declined = true;
    cancelOpen(env, ctx, `SIP;cause=${status}`);
  }
  // A redirection that is followed, or must not go up, ends nothing.
  goOn(env, branch, status, left !== response && policy === 'block');
}

/**
 * Takes a try without a final response: no answer in time, or nothing could be sent.
 * @param ringing the callee has rung: it is not moved on, as the person there may have two phones, but not two PBXs
 */
export function failed(env: ProxyEnvironment, branch: Branch, outcome: 'timeout' | 'transport', ringing = false): void {
  const { ctx } = branch;
  ctx.media?.missed(0);
  if (!ringing && !ctx.over && retreat(env, branch)) return;
  env.counters.add(outcome === 'timeout' ? 'timeouts_total' : 'transport_errors_total');
  if (ctx.tx === null || ctx.answered) return;
  if (!ringing && !ctx.over && sendToNextPlace(env, branch)) return;
  // Who gives up early proves nothing about the destination, nor does silence to what a PBX may not know (a stranger may send that).
  const telling = outcome === 'transport' || callMethods.has(ctx.request.method);
  if (!ringing && !ctx.over && telling) noteOutcome(env, branch.destination, outcome);
  const status = outcome === 'timeout' ? 408 : 503;
  branch.close(status);
  (ctx.best ??= new BestResponse()).addLocal(status);
  goOn(env, branch, ringing ? 0 : outcome, false);
}

/**
 * Behind the end of a branch: the next destination of its plan, redirected addresses once nobody is asked any more, else the
 * answer.
 * @param outcome 0 = it had rung: nobody else is tried
 * @param blocked its response must not go up: it moves on whatever the matrix says
 */
function goOn(env: ProxyEnvironment, branch: Branch, outcome: 'timeout' | 'transport' | number, blocked: boolean): void {
  const { ctx, plan, destination } = branch;
  if (!ctx.over) {
    if (plan !== null && outcome !== 0) {
      branch.movesOn = blocked || movesOn(plan.routeSet.row.failover, outcome, plan.attempts);
      if (branch.movesOn && destination !== null) plan.missed(destination.id, outcome);
      if (branch.movesOn && !(plan.parallel && othersHold(branch))) {
        if (startNext(env, ctx, plan, branch.depth)) return;
        env.counters.add('no_destination_total');
        if (ctx.best !== null) ctx.best.exhausted = true;
      }
    }
    if (ctx.redirected !== null && ctx.open === 0 && startRedirected(env, ctx)) return;
  }
  conclude(env, ctx);
}

/** Among destinations called all at once: one still rings, or has said what is final. */
function othersHold(branch: Branch): boolean {
  for (let other = branch.ctx.newest; other !== null; other = other.earlier) {
    if (other !== branch && other.plan === branch.plan && !other.movesOn) return true;
  }
  return false;
}

/** Tells passive health how an attempt at a destination went. */
function noteOutcome(env: ProxyEnvironment, destination: Destination | null, outcome: Outcome): void {
  if (destination === null) return;
  const bad = outcome === 'timeout' || outcome === 'transport' || outcome === 503;
  env.sink.outcome(destination.id, bad ? outcome : 'ok');
}

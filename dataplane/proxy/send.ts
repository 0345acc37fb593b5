/** Sends one try of a branch: rewriting for its target, bounds, client transaction (RFC 3261 §16.6). */
import { bounds } from '../sip/bounds.ts';
import type { RequestTimeouts } from '../transaction/client.ts';
import { isStream, type Listener, type Target } from '../transport/flow.ts';
import type { Branch } from './branch.ts';
import { maxTries, type ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { addExtraEdits } from './extra-edits.ts';
import { answer } from './final-response.ts';
import { editRequest } from './forward.ts';
import { branchFor, pathLines, recordRouteLines, viaLine } from './record-route.ts';
import { reply, uriTooLong } from './verdict.ts';

const tooLarge = reply(513, 'Message Too Large');
/** Methods that begin a dialog (RFC 3261 §12.1, RFC 6665): they alone carry Record-Route, whose token opens a way through us. */
const dialogMethods = new Set(['INVITE', 'SUBSCRIBE', 'REFER']);
/** What fits into a datagram; a stream takes what every receiver must (RFC 3261 §18.1.1). */
const maxDatagramBytes = 65_507;
/** Wait for a server that has another behind it, where the request names no plan (RFC 3263 §4.3). */
const amongPlaces: RequestTimeouts = { frMs: 5_000, frInviteMs: 181_000 };

/** Rewrites and sends one try; an ACK leaves without a transaction. False = there is no way to that target. */
export function send(env: ProxyEnvironment, branch: Branch, target: Target): boolean {
  const { ctx } = branch;
  const { request } = ctx;
  const listener = target.listener ?? env.pickListener(target.transport, target.family);
  if (listener === null || ctx.tries >= maxTries) return false;
  const requestUri = branch.requestUri ?? ctx.requestUri;
  if (requestUri !== null && requestUri.length > bounds.requestUriBytes) {
    answer(env, ctx, uriTooLong);
    return true;
  }
  const stream = isStream(target.transport);
  const viaBranch = branchFor(env, ctx, ctx.tries++);
  editRequest(env.edits, request, {
    requestUri,
    poppedRoutes: ctx.poppedRoutes,
    lastRouteTaken: ctx.lastRouteTaken,
    appendedRoute: ctx.appendedRoute,
    recordLines: ctx.inDialog ? '' : recordLines(env, ctx, listener, target),
    viaLine: viaLine(env, listener, target, viaBranch),
    sourceAddress: ctx.flow.address,
    sourcePort: ctx.flow.port,
    stream,
  });
  addExtraEdits(env, branch, target);
  const text = env.edits.apply(request.raw);
  // The sender's fault, not the destination's: it must not count against the latter's health.
  if (text.length > (stream ? bounds.messageBytes : maxDatagramBytes)) {
    answer(env, ctx, tooLarge);
    return true;
  }
  if (ctx.tx === null) env.sender.send(target, text, null);
  else branch.client = env.layer.request(branch, request.method, viaBranch, text, target, timeoutsOf(branch));
  return true;
}

function timeoutsOf(branch: Branch): RequestTimeouts {
  if (branch.plan !== null) return branch.plan.routeSet.row.failover;
  return branch.tried < branch.places.length ? amongPlaces : branch.ctx.failover;
}

function recordLines(env: ProxyEnvironment, ctx: ProxyContext, listener: Listener, target: Target): string {
  const { method } = ctx.request;
  if (method === 'REGISTER') return pathLines(env, ctx, listener, target);
  return dialogMethods.has(method) ? recordRouteLines(env, ctx, listener, target) : '';
}

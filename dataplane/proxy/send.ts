/** Sends one try of a branch: rewriting for its target, bounds, client transaction (RFC 3261 §16.6). */
import { overloadOffer } from '../routing/overload.ts';
import { bounds } from '../sip/bounds.ts';
import type { RequestTimeouts } from '../transaction/client.ts';
import { Address, isSecure, isStream, type Listener, type Target } from '../transport/flow.ts';
import { maxUdpRequestBytes } from '../transport/large-requests.ts';
import type { Branch } from './branch.ts';
import { maxTries } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { addExtraEdits } from './extra-edits.ts';
import { answer } from './final-response.ts';
import { editRequest } from './forward.ts';
import { hideFromTarget, keepsContacts } from './hide.ts';
import { awaitsSdp, dropCandidates, placeSdp } from './media.ts';
import { branchFor, pathLines, recordRouteLines, viaLine } from './record-route.ts';
import { isSips, sipsNotAllowed } from './secure-hop.ts';
import { telRequestUri } from './tel-uri.ts';
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
  branch.narrow = null;
  return sendSoon(env, branch, target);
}

/** At once, or when a media thread has edited its SDP. */
const sendSoon = (env: ProxyEnvironment, branch: Branch, target: Target): boolean =>
  (branch.ctx.media !== null && awaitsSdp(env, branch, target, sendBy)) || sendBy(env, branch, target);

/** Sends a large request by UDP after all, because TCP did not come about; false = that is not the case here. */
export function retreat(env: ProxyEnvironment, branch: Branch): boolean {
  const { narrow } = branch;
  if (narrow === null) return false;
  env.large.refused(narrow, env.clock.now());
  return send(env, branch, narrow);
}

/** What the transport says of a connection that was open and ended under a request (transport/connection.ts). */
const lostConnection = /^(closed by|ECONNRESET|EPIPE) /;

/**
 * Sends a try once more over a new connection, because the one it went by died before any answer: a backend that closes idle
 * connections, or was restarted, has most likely not read it (RFC 5923 §9). False = that is not the case here.
 */
export function reconnect(env: ProxyEnvironment, branch: Branch, detail: string): boolean {
  const { client, ctx } = branch;
  if (client === null || branch.reconnected || ctx.over || ctx.tx === null || client.provisional || !lostConnection.test(detail)) return false;
  const { target } = client;
  // A phone's connection is the only way to it.
  if (!isStream(target.transport) || target.connection !== 0) return false;
  branch.reconnected = true;
  return sendBy(env, branch, target);
}

function sendBy(env: ProxyEnvironment, branch: Branch, target: Target): boolean {
  const { ctx } = branch;
  const { request } = ctx;
  const listener = target.listener ?? env.pickListener(target.transport, target.family);
  if (listener === null || ctx.tries >= maxTries) return false;
  if (!isSecure(target.transport) && isSips(request)) {
    answer(env, ctx, sipsNotAllowed);
    return true;
  }
  const requestUri = branch.requestUri ?? telRequestUri(branch) ?? ctx.requestUri;
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
    recordLines: ctx.inDialog ? '' : recordLines(env, branch, listener, target),
    viaLine: viaLine(env, listener, target, viaBranch, branch.throttles ? overloadOffer : ''),
    sourceAddress: ctx.flow.address,
    sourcePort: ctx.flow.port,
    stream,
  });
  addExtraEdits(env, branch);
  if (ctx.media !== null) {
    placeSdp(env, ctx, listener, target);
    dropCandidates(env, request);
  }
  const text = hideFromTarget(env, branch, listener, target, env.edits.apply(request.raw));
  if (!stream && text.length > maxUdpRequestBytes && growsBeyondUdp(env, branch, target)) {
    branch.narrow = target;
    const { family, address, port } = target;
    return sendSoon(env, branch, new Address('tcp', family, address, port, env.pickListener('tcp', family)));
  }
  // The sender's fault, not the destination's: it must not count against the latter's health.
  if (text.length > (stream ? bounds.messageBytes : maxDatagramBytes)) {
    answer(env, ctx, tooLarge);
    return true;
  }
  if (ctx.tx === null) env.sender.send(target, text, null);
  else branch.client = env.layer.request(branch, request.method, viaBranch, text, target, timeoutsOf(branch));
  return true;
}

/** Only where a URI leaves the transport open: a phone's flow has one way, and `;transport=udp` is meant. An ACK could not come back to UDP. */
function growsBeyondUdp(env: ProxyEnvironment, { ctx, transportOpen }: Branch, target: Target): boolean {
  return ctx.tx !== null && transportOpen && env.hasListener('tcp', target.family)
    && env.large.mayGoByTcp(target, env.clock.now());
}

function timeoutsOf(branch: Branch): RequestTimeouts {
  if (branch.plan !== null) return branch.plan.routeSet.row.failover;
  // By TCP first: UDP is still there.
  return branch.narrow !== null || branch.tried < branch.places.length ? amongPlaces : branch.ctx.failover;
}

function recordLines(env: ProxyEnvironment, branch: Branch, listener: Listener, target: Target): string {
  const { ctx } = branch;
  const { method } = ctx.request;
  if (method === 'REGISTER') return keepsContacts(env.view, branch) ? '' : pathLines(env, ctx, listener, target);
  return dialogMethods.has(method) ? recordRouteLines(env, ctx, listener, target) : '';
}

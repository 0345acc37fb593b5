/**
 * Route handling (RFC 3261 §16.4, §16.6 step 6): in-dialog requests by our keyed Record-Route, requests for a
 * phone by the flow token of our Path, and the preloaded Route of a phone that has us as outbound proxy.
 */
import type { SipMessage } from '../../sip/message.ts';
import type { RouteValue } from '../../sip/name-addr.ts';
import type { SipUri } from '../../sip/uri.ts';
import { isWebSocket } from '../../transport/flow.ts';
import { looksLikeFlow, openFlow } from '../../security/flow-token.ts';
import { sealedMark } from '../../security/sealed-text.ts';
import { openDialogToken, type DialogToken } from '../../security/tokens.ts';
import { CallMedia, mediaTerms } from '../call-media.ts';
import type { ProxyContext } from '../context.ts';
import type { ProxyEnvironment } from '../environment.ts';
import { draining, overLimit, reply, type Verdict } from '../verdict.ts';
import { aimAt, aimAtFlow } from '../next-hop.ts';
import { followContact } from './contact-token.ts';
import { withinLimits } from './route.ts';

const notHere = reply(404, 'Not Here');
const forgedDialog = reply(403, 'Unknown Dialog');
const foreignRoute = reply(403, 'Route Not Allowed');
/** Nobody takes a Request-URI with headers (RFC 3261 §19.1.1). */
const headersInRoute = reply(400, 'Headers In Route');
/** More than are read, or malformed ones: whoever we send to might go by one that we have not looked at. */
const unreadRoutes = reply(400, 'Malformed Route');
const flowGone = reply(430, 'Flow Failed');
/** Twice through us with another proxy that is not in the Route set, two values each; more are taken for a loop. */
const maxOwnRoutes = 4;

/**
 * A request inside a dialog: every Route of ours must carry the token that we gave this dialog; then it goes on by its next
 * Route, the flow of its receiver, or its Request-URI. No Route of ours → 404; a token that is not ours → 403 (a To tag
 * alone proves nothing).
 */
export function followDialog(ctx: ProxyContext, env: ProxyEnvironment): Verdict {
  const { request } = ctx;
  if (!request.routesAreWhole) return unreadRoutes;
  const routes = request.routes();
  const uri = request.sipUri;
  // A strict router put our Record-Route value into the Request-URI (§16.4): the real one is the last Route.
  const strictUpstream = uri !== null && uri.user !== '' && env.identity.means(uri);
  let last = '';
  let flow = '';
  if (strictUpstream) {
    last = uri.user;
    flow = openToken(ctx, env, last) ?? '';
    if (ctx.tenantId === 0) return forged(env);
  }
  let own = 0;
  while (own < routes.length && own < maxOwnRoutes) {
    const route = routes[own]?.sipUri;
    if (!route || !env.identity.means(route)) break;
    own += 1;
    // A phone may put its outbound proxy, which is us, in front of the Route set.
    if (route.user === '' || route.user === last) continue;
    last = route.user;
    const next = openToken(ctx, env, last);
    if (next === null) return forged(env);
    if (next !== '') flow = next;
  }
  if (last === '') return notHere;
  ctx.tenant = env.view.tenant(ctx.tenantId);
  ctx.poppedRoutes = own;
  let target = uri;
  if (strictUpstream) {
    const real = routes.at(-1);
    if (real === undefined || own >= routes.length) return notHere;
    if (hasHeaders(real)) return headersInRoute;
    ctx.requestUri = real.uri;
    ctx.lastRouteTaken = true;
    target = real.sipUri;
  }
  return aimAlongRoute(ctx, env, request, target, flow);
}

function forged(env: ProxyEnvironment): Verdict {
  env.counters.add('refused_dialog_total');
  return forgedDialog;
}

/** Checks a dialog token and notes its tenant; the flow token in it for the side that the request goes to, null = forged. */
function openToken(ctx: ProxyContext, env: ProxyEnvironment, token: string): string | null {
  const { request } = ctx;
  const opened = openDialogToken(env.keys, token, request.callId, request.fromTag, request.toTag);
  if (opened === null) return null;
  ctx.tenantId = opened.tenantId;
  if (opened.session !== '' && env.media.open) noteSession(ctx, env, opened);
  return opened.flow;
}

/** The media of the dialog passes through the session that the token names; a request that comes by twice at once has two. */
function noteSession(ctx: ProxyContext, env: ProxyEnvironment, { session, tenantId, fromCaller }: DialogToken): void {
  const { fromTag, toTag } = ctx.request;
  const terms = mediaTerms(env, env.view.tenant(tenantId), tenantId);
  ctx.media = new CallMedia([...(ctx.media?.sessions ?? []), session], terms, fromCaller, fromCaller ? fromTag : toTag, fromCaller ? toTag : fromTag, true);
}

const hasHeaders = ({ sipUri }: RouteValue): boolean => sipUri !== null && sipUri.headersPart !== '';

/** Sets the target from the first Route left over, else from the flow, else from `target`; strict next hops get RFC 2543 routing (§16.6 step 6). */
function aimAlongRoute(ctx: ProxyContext, env: ProxyEnvironment, request: SipMessage, target: SipUri | null, flow: string): Verdict {
  const routes = request.routes();
  const next = ctx.poppedRoutes < routes.length - (ctx.lastRouteTaken ? 1 : 0) ? routes[ctx.poppedRoutes] : undefined;
  if (next === undefined) {
    const identity = flow === '' ? null : openFlow(env.keys, flow);
    if (identity !== null && aimAtFlow(ctx, env, identity)) return 'relay';
    // Without its connection a phone may still be reached by what its Contact says, but for one in a browser.
    return identity !== null && isWebSocket(identity.transport) ? flowGone : aimAt(ctx, env, target);
  }
  if (!next.loose) {
    if (hasHeaders(next)) return headersInRoute;
    ctx.appendedRoute = `Route: <${ctx.requestUri ?? request.requestUri}>\r\n`;
    ctx.requestUri = next.uri;
    ctx.poppedRoutes += 1;
  }
  return aimAt(ctx, env, next.sipUri);
}

/**
 * A request outside dialogs with a Route: to a phone by the flow token in our Path (RFC 3327, RFC 5626), or with us as
 * outbound proxy and nothing behind, which counts as no Route. Anything else would make us an open relay.
 */
export function followPreloadedRoute(ctx: ProxyContext, env: ProxyEnvironment): Verdict {
  const { request } = ctx;
  if (request.routeStart < 0) return 'continue';
  if (!request.routesAreWhole) return unreadRoutes;
  const routes = request.routes();
  let token = '';
  for (const route of routes) {
    const uri = route.sipUri;
    if (uri === null || !env.identity.means(uri)) return refuseRoute(env);
    if (token === '') token = uri.user;
  }
  ctx.poppedRoutes = routes.length;
  if (token.startsWith(sealedMark)) return followContact(ctx, env, token);
  // Some phones put their user into the Route of their outbound proxy.
  if (!looksLikeFlow(token)) return 'continue';
  const flow = openFlow(env.keys, token);
  if (flow === null || flow.tenantId === 0) return refuseRoute(env);
  const tenant = env.view.tenant(flow.tenantId);
  if (tenant === null || !tenant.enabled) return 'drop';
  if (env.draining) return draining;
  ctx.tenant = tenant;
  ctx.tenantId = tenant.id;
  if (!aimAtFlow(ctx, env, flow)) return flowGone;
  ctx.calleeFlow = `e${env.flows.forDialog(env.keys, token, flow)}`;
  return withinLimits(ctx, env) ? 'relay' : overLimit;
}

function refuseRoute(env: ProxyEnvironment): Verdict {
  env.counters.add('refused_route_total');
  return foreignRoute;
}

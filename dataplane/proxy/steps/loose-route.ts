/**
 * Route handling (RFC 3261 §16.4, §16.6 step 6): in-dialog requests by our keyed Record-Route, requests for a
 * phone by the flow token of our Path, and the preloaded Route of a phone that has us as outbound proxy.
 */
import type { SipMessage } from '../../sip/message.ts';
import type { SipUri } from '../../sip/uri.ts';
import { Address } from '../../transport/flow.ts';
import { familyOf, textOfAddress } from '../../routing/address.ts';
import { openFlow } from '../../security/flow-token.ts';
import { openDialogToken } from '../../security/tokens.ts';
import type { ProxyContext } from '../context.ts';
import type { ProxyEnvironment } from '../environment.ts';
import { reply, type Verdict } from '../verdict.ts';

const notHere = reply(404, 'Not Here');
const forgedDialog = reply(403, 'Unknown Dialog');
const foreignRoute = reply(403, 'Route Not Allowed');
const flowGone = reply(430, 'Flow Failed');
/** Record-Route puts at most two values of ours in a row; more are taken for a loop. */
const maxOwnRoutes = 4;

/**
 * A request inside a dialog: it must carry the Record-Route token that we gave this Call-ID, then goes on by its next
 * Route or its Request-URI. No Route of ours → 404; a token that is not ours → 403 (a To tag alone proves nothing).
 */
export function followDialog(ctx: ProxyContext, env: ProxyEnvironment): Verdict {
  const { request } = ctx;
  const routes = request.routes();
  let token = '';
  let strictUpstream = false;
  const uri = request.sipUri;
  if (uri !== null && uri.user !== '' && env.identity.means(uri)) {
    // A strict router put our Record-Route value into the Request-URI (§16.4): the real one is the last Route.
    token = uri.user;
    strictUpstream = true;
  }
  let own = 0;
  while (own < routes.length && own < maxOwnRoutes) {
    const route = routes[own]?.sipUri;
    if (!route || !env.identity.means(route)) break;
    if (token === '') token = route.user;
    own += 1;
  }
  if (token === '') return notHere;
  const tenantId = openDialogToken(env.keys, token, request.callId);
  if (tenantId < 0) {
    env.counters.add('refused_dialog_total');
    return forgedDialog;
  }
  ctx.tenantId = tenantId;
  ctx.tenant = env.view.tenant(tenantId);
  ctx.poppedRoutes = own;
  let target = uri;
  if (strictUpstream) {
    const last = routes.at(-1);
    if (last === undefined || own >= routes.length) return notHere;
    ctx.requestUri = last.uri;
    ctx.lastRouteTaken = true;
    target = last.sipUri;
  }
  return aimAlongRoute(ctx, env, request, target);
}

/** Sets the target from the first Route left over, else from `target`; strict next hops get RFC 2543 routing (§16.6 step 6). */
function aimAlongRoute(ctx: ProxyContext, env: ProxyEnvironment, request: SipMessage, target: SipUri | null): Verdict {
  const routes = request.routes();
  const next = ctx.poppedRoutes < routes.length - (ctx.lastRouteTaken ? 1 : 0) ? routes[ctx.poppedRoutes] : undefined;
  if (next === undefined) return aimAt(ctx, env, target);
  if (!next.loose) {
    ctx.appendedRoute = `Route: <${ctx.requestUri ?? request.requestUri}>\r\n`;
    ctx.requestUri = next.uri;
    ctx.poppedRoutes += 1;
  }
  return aimAt(ctx, env, next.sipUri);
}

function aimAt(ctx: ProxyContext, env: ProxyEnvironment, uri: SipUri | null): Verdict {
  if (uri === null || uri.host === '' || env.identity.means(uri)) return notHere;
  const transport = uri.transport === 'tcp' ? 'tcp' : 'udp';
  const port = uri.port === 0 ? 5060 : uri.port;
  const family = familyOf(uri.host);
  if (family !== 0) {
    ctx.fixedTarget = new Address(transport, family, uri.host, port, env.pickListener(transport, family), 0);
  } else {
    ctx.fixedHost = uri.host;
    ctx.fixedPort = port;
    ctx.fixedTransport = transport;
  }
  return 'relay';
}

/**
 * A request outside dialogs with a Route: to a phone by the flow token in our Path (RFC 3327, RFC 5626), or with us as
 * outbound proxy and nothing behind, which counts as no Route. Anything else would make us an open relay.
 */
export function followPreloadedRoute(ctx: ProxyContext, env: ProxyEnvironment): Verdict {
  const { request } = ctx;
  if (request.routeStart < 0) return 'continue';
  const routes = request.routes();
  let token = '';
  for (const route of routes) {
    const uri = route.sipUri;
    if (uri === null || !env.identity.means(uri)) {
      env.counters.add('refused_route_total');
      return foreignRoute;
    }
    if (token === '') token = uri.user;
  }
  ctx.poppedRoutes = routes.length;
  if (!token.startsWith('f')) return 'continue';
  const flow = openFlow(env.keys, token);
  if (flow === null) {
    env.counters.add('refused_route_total');
    return foreignRoute;
  }
  const tenant = env.view.tenant(flow.tenantId);
  if (tenant === null || !tenant.enabled) return 'drop';
  const { transport } = flow;
  if (transport !== 'udp' && transport !== 'tcp') return flowGone;
  const listener = env.publicListener(transport, flow.family);
  if (listener === null) return flowGone;
  ctx.tenant = tenant;
  ctx.tenantId = tenant.id;
  ctx.fixedTarget = new Address(transport, flow.family, textOfAddress(flow.address), flow.port, listener, flow.connection);
  return 'relay';
}

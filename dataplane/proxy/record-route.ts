/** The header lines by which later messages find us again: Via, Record-Route (RFC 3261 §16.6 step 4, 8) and Path (RFC 3327). */
import { makeBranch, makeDialogToken } from '../security/tokens.ts';
import { isSecure, isWebSocket, viaProtocol } from '../transport/flow.ts';
import type { Listener, Target } from '../transport/flow.ts';
import type { ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { isSips } from './secure-hop.ts';
import { onlyByFlow } from './reachability.ts';

/** The branch of attempt `attempt`: keyed over what the response brings back, so that any later process knows it as ours. */
export function branchFor(env: ProxyEnvironment, ctx: ProxyContext, attempt: number): string {
  const { request, flow } = ctx;
  const via = request.topVia;
  return makeBranch(env.keys, env.worker, attempt, {
    method: request.method, branch: via?.branch ?? '', sentBy: via?.sentBy ?? '', address: flow.address, port: flow.port,
    callId: request.callId, cseqNumber: request.cseqNumber,
  }, ctx.loopMark);
}

/** Our Via, naming the socket that this worker sends from. `parameters` follow the branch. */
export function viaLine(env: ProxyEnvironment, listener: Listener, target: Target, branch: string, parameters = ''): string {
  return `Via: SIP/2.0/${viaProtocol(listener.transport)} ${env.identity.hostPort(listener, target.address)};branch=${branch}${parameters}\r\n`;
}

/**
 * Record-Route for a request that may begin a dialog: one value with our keyed token, or two when the sides of the
 * dialog reach us differently (transport, family, address; RFC 5658). They name public addresses, never a worker's port.
 * The token carries the flow of a phone that cannot be reached by its Contact.
 */
export function recordRouteLines(env: ProxyEnvironment, ctx: ProxyContext, outgoing: Listener, target: Target): string {
  const { request, flow } = ctx;
  const token = makeDialogToken(env.keys, request.callId, request.fromTag, ctx.tenantId, ctx.calleeFlow === '' ? callerFlow(env, ctx) : ctx.calleeFlow, ctx.media?.recorded);
  // A sips Request-URI asks for sips in Record-Route and Path too (RFC 3261 §16.6 step 4).
  const secure = isSips(request);
  const far = publicOf(env, outgoing);
  const near = publicOf(env, flow.listener);
  const inner = routeUri(env, token, far, target.address, secure);
  // Nearly always both sides reach us alike: that is seen without a second URI, and without comparing long texts.
  if (near === far && env.identity.hostPort(near, flow.address) === env.identity.hostPort(far, target.address)) return `Record-Route: <${inner}>\r\n`;
  const outer = routeUri(env, token, near, flow.address, secure);
  return inner === outer ? `Record-Route: <${outer}>\r\n` : `Record-Route: <${inner}>\r\nRecord-Route: <${outer}>\r\n`;
}

function callerFlow(env: ProxyEnvironment, ctx: ProxyContext): `c${string}` | '' {
  if (!onlyByFlow(ctx.request, ctx.flow, env.forbidden.findText(ctx.flow.address) !== null)) return '';
  const token = env.flows.of(env.keys, ctx.flow, 0);
  return token === '' ? '' : `c${token}`;
}

const publicOf = (env: ProxyEnvironment, listener: Listener): Listener =>
  listener.backend ? (env.publicListener(listener.transport, listener.family) ?? listener) : listener;

/** A URI with that user by which `peer` reaches us through `listener`, a backend port's public one. */
export function ownUri(env: ProxyEnvironment, user: string, listener: Listener, peer: string): string {
  return routeUri(env, user, publicOf(env, listener), peer, false).slice(0, -';lr'.length);
}

/**
 * A URI of ours that `peer` reaches `listener` by. `transport=ws` stands for WebSocket with TLS and without (RFC 7118 §5.2.2);
 * a sips URI needs no transport for TLS (RFC 5630 §3.1).
 */
function routeUri(env: ProxyEnvironment, token: string, listener: Listener, peer: string, secure: boolean): string {
  const { transport } = listener;
  const hostPort = env.identity.hostPort(listener, peer);
  if (transport === 'udp') return `sip:${token}@${hostPort};lr`;
  const sips = secure && isSecure(transport);
  const named = isWebSocket(transport) ? ';transport=ws' : sips ? '' : `;transport=${transport}`;
  return `${sips ? 'sips' : 'sip'}:${token}@${hostPort}${named};lr`;
}

/**
 * Whether a phone that wants outbound (RFC 5626) sends to us first. `ob` in our Path says to its registrar that flows begin here;
 * without it that one has to answer 439 or to forget the flow (§6).
 */
const firstHopOfOutbound = ({ request }: ProxyContext): boolean => request.via(1) === null && /;\s*reg-id\s*=/i.test(request.header('contact') ?? '');

/**
 * Path for a REGISTER, with the sealed flow to the phone (RFC 3327, RFC 5626 §5.1); it names the address that the
 * registrar reaches us at. `Supported: path` goes with it: registrars such as Asterisk refuse a Path without it (420).
 */
export function pathLines(env: ProxyEnvironment, ctx: ProxyContext, outgoing: Listener, target: Target): string {
  const token = env.flows.of(env.keys, ctx.flow, ctx.tenantId);
  if (token === '') return '';
  const uri = routeUri(env, token, publicOf(env, outgoing), target.address, isSips(ctx.request)) + (firstHopOfOutbound(ctx) ? ';ob' : '');
  const supported = ctx.request.header('supported')?.toLowerCase() ?? '';
  return `Path: <${uri}>\r\n${/(^|[\s,])path([\s,]|$)/.test(supported) ? '' : 'Supported: path\r\n'}`;
}

/** Where a request goes that no rule routes: the flow of a phone, or the place that a URI names. */
import { canonicalAddress, parseAddress, textOfAddress } from '../contract/address.ts';
import type { FlowIdentity } from '../security/flow-token.ts';
import type { SipUri } from '../sip/uri.ts';
import { Address, defaultPort, isStream } from '../transport/flow.ts';
import { connectTransport } from '../transport/locate.ts';
import type { ProxyContext } from './context.ts';
import type { ProxyEnvironment } from './environment.ts';
import { ownerOfConnection } from './neighbours.ts';
import { reply, type Verdict } from './verdict.ts';
import { isOpened, targetRefused } from './wire-target.ts';

const notHere = reply(404, 'Not Here');
const noTransport = reply(500, 'Transport Not Supported');

const words = new Int32Array(4);

/** False when the flow is gone. */
export function aimAtFlow(ctx: ProxyContext, env: ProxyEnvironment, flow: FlowIdentity): boolean {
  const { transport, family, port } = flow;
  // The very socket that the phone's NAT knows; a later process may have other listeners.
  const own = env.listener(flow.listener);
  const listener = own !== null && own.transport === transport && own.family === family ? own : env.publicListener(transport, family);
  const address = textOfAddress(flow.address);
  const connection = isStream(transport) ? connectionOf(env, flow, address) : 0;
  if (listener === null || (isStream(transport) && connection === 0)) return false;
  ctx.fixedTarget = new Address(transport, family, address, port, listener, connection);
  return true;
}

/** Its number means nothing to a later process, its address does; what this worker has not may be a neighbour's. 0 = gone. */
function connectionOf(env: ProxyEnvironment, flow: FlowIdentity, address: string): number {
  const own = env.connectionTo(flow.transport, address, flow.port);
  return own === 0 && env.neighbours.has(ownerOfConnection(flow.connection)) ? flow.connection : own;
}

/**
 * Where a URI from the wire leads (RFC 3263 §4): maddr before host; a number at once, a name by DNS when the request leaves.
 * 403 for an address of a forbidden network.
 */
export function aimAt(ctx: ProxyContext, env: ProxyEnvironment, uri: SipUri | null): Verdict {
  if (uri === null || uri.host === '' || env.identity.means(uri)) return notHere;
  const secure = uri.scheme === 'sips';
  const named = connectTransport(uri.transport, secure);
  if (named === null) return noTransport;
  const host = uri.param('maddr') ?? uri.host;
  const family = parseAddress(host, words);
  if (family === 0) {
    ctx.fixedHost = host;
    ctx.fixedPort = uri.port;
    ctx.fixedTransport = named;
    ctx.fixedSecure = secure;
    return 'relay';
  }
  const transport = named !== '' ? named : secure ? 'tls' : env.hasListener('udp', family) ? 'udp' : 'tcp';
  const port = uri.port === 0 ? defaultPort(transport) : uri.port;
  const network = env.forbidden.find(family, words);
  if (network !== null && !isOpened(env, network, host, port)) return targetRefused;
  const address = family === 4 && host.includes(':') ? canonicalAddress(host) : host;
  ctx.fixedTarget = new Address(transport, family, address, port, env.pickListener(transport, family), 0);
  ctx.fixedOpen = named === '';
  return 'relay';
}

/**
 * Whether the other end of a flow can be reached by its Contact, or only by the flow itself: phones behind NAT and on TCP
 * connections (RFC 5626, RFC 6314). PURE.
 */
import { parseAddress } from '../contract/address.ts';
import { H } from '../sip/header-names.ts';
import type { SipMessage } from '../sip/message.ts';
import type { SipUri } from '../sip/uri.ts';
import { isWebSocket, type Flow } from '../transport/flow.ts';

/**
 * True when requests to the sender of a dialog-forming request have to take the flow it came by. Never for a sender with
 * another proxy before us: that one is in the Route set or does not want to be.
 * @param forbidden a Contact at the sender's address would not be followed (forbidden-targets.ts); that it was heard there is proved by the flow
 */
export function onlyByFlow(request: SipMessage, flow: Flow, forbidden = false): boolean {
  const contact = request.contact?.sipUri ?? null;
  if (contact === null) return false;
  const { host } = contact;
  // Nobody calls a WebSocket (RFC 7118 §5).
  if (!forbidden && !isWebSocket(flow.transport) && host === flow.address && portOf(contact) === flow.port && (flow.connection === 0 || contact.transport === flow.transport)) return false;
  const hidden = flow.connection !== 0
    || forbidden
    || host.endsWith('.invalid')
    // A phone that asks for rport listens where it sends from (RFC 3581 §3).
    || (host === flow.address && (request.topVia?.rport ?? -1) >= 0)
    || elsewhere(host, flow.address);
  return hidden && !request.has(H.recordRoute) && request.via(1) === null;
}

const portOf = ({ port, scheme }: SipUri): number => (port !== 0 ? port : scheme === 'sips' ? 5061 : 5060);

const words = new Int32Array(4);

/** A Contact of a private or loopback network that the sender's own address is not in. */
function elsewhere(contact: string, source: string): boolean {
  const realm = realmOf(contact);
  return (realm === 'private' || realm === 'loopback') && realm !== realmOf(source);
}

function realmOf(host: string): 'name' | 'public' | 'private' | 'loopback' {
  const family = parseAddress(host, words);
  if (family === 0) return 'name';
  const first = words[0] ?? 0;
  if (family === 6) {
    if (first === 0 && words[1] === 0 && words[2] === 0 && words[3] === 1) return 'loopback';
    // fc00::/7 and fe80::/10.
    return (first & 0xfe000000) === (0xfc000000 | 0) || (first & 0xffc00000) === (0xfe800000 | 0) ? 'private' : 'public';
  }
  if (first >>> 24 === 127) return 'loopback';
  return first >>> 24 === 10 || first >>> 20 === 0xac1 || first >>> 16 === 0xc0a8 || first >>> 16 === 0xa9fe || first >>> 22 === 0x191 ? 'private' : 'public';
}

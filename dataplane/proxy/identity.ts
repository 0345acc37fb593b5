/**
 * Who this node is on the wire: which Request-URIs and Routes mean us, and which address of ours a
 * given peer should see in Via, Record-Route and Path. A listener on a wildcard address has no
 * address of its own, so the one on the peer's network is taken. PURE: the interface list is passed in.
 */
import { canonicalAddress, isWildcard, parseAddress, parsePrefix, prefixHolds, type Prefix } from '../contract/address.ts';
import type { SipUri } from '../sip/uri.ts';
import type { Listener } from '../transport/flow.ts';

/** One address of this host. */
export interface InterfaceAddress {
  readonly family: 4 | 6;
  readonly address: string;
  /** `address/bits` of its network. */
  readonly cidr: string;
  readonly loopback: boolean;
}

interface LocalNetwork {
  readonly prefix: Prefix;
  readonly address: string;
  /** Who can use the address: 0 = this host, 1 = its link, 2 = others. */
  readonly reach: 0 | 1 | 2;
}

/** Peers whose own-address answer is kept; the cache starts over when it is full. */
const maxRememberedPeers = 10_000;

/** host or [host] for a URI. */
export const bracket = (host: string): string => (host.includes(':') ? `[${host}]` : host);

export class NodeIdentity {
  /** Ports that mean us, by host. */
  readonly #ours = new Map<string, Set<number>>();
  readonly #networks: LocalNetwork[] = [];
  /** By listener id, then peer address. */
  readonly #remembered: Map<string, string>[] = [];

  /**
   * @param listeners open listeners
   * @param names host names (lower case) that mean this node on any of its ports
   * @param interfaces addresses of this host
   */
  constructor(listeners: readonly Listener[], names: readonly string[], interfaces: readonly InterfaceAddress[]) {
    for (const one of interfaces) {
      const prefix = parsePrefix(one.cidr);
      if (prefix !== null) this.#networks.push({ prefix, address: one.address, reach: one.loopback ? 0 : linkLocal.test(one.address) ? 1 : 2 });
    }
    for (const listener of listeners) {
      this.#add(stripBrackets(listener.advertisedHost), listener.advertisedPort);
      for (const name of names) this.#add(name, listener.port, listener.advertisedPort);
      this.#add(listener.address, listener.port);
      if (!isWildcard(listener.address)) continue;
      for (const one of interfaces) {
        if (one.family === listener.family) this.#add(one.address, listener.port);
      }
    }
  }

  /** Whether a Request-URI or Route names this node (RFC 3261 §16.4); a URI without port means 5060, sips 5061. */
  means(uri: SipUri): boolean {
    return this.#isOwn(uri.host, uri);
  }

  /** Whether the maddr of a URI names this node, at the port that the URI says. */
  meansMaddr(uri: SipUri): boolean {
    const maddr = uri.param('maddr');
    return maddr !== null && this.#isOwn(stripBrackets(maddr.toLowerCase()), uri);
  }

  #isOwn(host: string, uri: SipUri): boolean {
    const port = uri.port !== 0 ? uri.port : uri.scheme === 'sips' ? 5061 : 5060;
    if (this.#has(host, port)) return true;
    // An IPv6 address has many spellings, and ours are kept in the canonical one.
    return host.includes(':') && this.#has(canonicalAddress(host), port);
  }

  #add(host: string, ...ports: readonly number[]): void {
    this.#ours.set(host, new Set([...(this.#ours.get(host) ?? []), ...ports]));
  }

  #has(host: string, port: number): boolean {
    return this.#ours.get(host)?.has(port) === true;
  }

  /**
   * `host:port` that a peer should use to reach `listener`: the advertised address, or for a wildcard
   * listener without one, this host's address on the peer's network (else the first that reaches beyond its link).
   */
  hostPort(listener: Listener, peer: string): string {
    if (listener.hostIsFixed) return listener.hostPort;
    let peers = this.#remembered[listener.id];
    if (peers === undefined) this.#remembered[listener.id] = peers = new Map();
    const known = peers.get(peer);
    if (known !== undefined) return known;
    const hostPort = `${bracket(this.#localAddress(listener.family, peer))}:${listener.advertisedPort}`;
    if (peers.size >= maxRememberedPeers) peers.clear();
    peers.set(peer, hostPort);
    return hostPort;
  }

  #localAddress(family: 4 | 6, peer: string): string {
    const words = new Int32Array(4);
    const peerFamily = parseAddress(peer, words);
    let best: LocalNetwork | null = null;
    let fallback: LocalNetwork | null = null;
    for (const network of this.#networks) {
      if (network.prefix.family !== family) continue;
      if (fallback === null || network.reach > fallback.reach) fallback = network;
      if (peerFamily === family && prefixHolds(network.prefix, words) && (best === null || network.prefix.bits > best.prefix.bits)) best = network;
    }
    return best?.address ?? fallback?.address ?? (family === 4 ? '127.0.0.1' : '::1');
  }
}

/** Addresses that mean nothing outside of their own link. */
const linkLocal = /^(fe[89ab]|169\.254\.)/;

const stripBrackets = (host: string): string => (host.startsWith('[') ? host.slice(1, -1) : host);

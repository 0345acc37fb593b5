/**
 * Networks that nothing from the wire may send this node to: a Route, a Request-URI, a Contact or a name in DNS is a
 * stranger's word, and would make the node talk to the network behind it. PURE.
 */
import { parseAddress, parsePrefix, prefixHolds, type Prefix } from '../contract/address.ts';
import type { ForbiddenSetting } from '../forbidden-setting.ts';
import type { Listener } from '../transport/flow.ts';
import type { InterfaceAddress } from './identity.ts';

/** Never a peer: this network, multicast, broadcast, link-local (metadata services of clouds). A connection to 0.0.0.0 reaches this host. */
const never = ['0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '255.255.255.255', '::', 'fe80::/10', 'ff00::/8'];
const loopback = ['127.0.0.0/8', '::1'];

const words = new Int32Array(4);
const embedded = new Int32Array(4);

export class ForbiddenTargets {
  readonly #forbidden: readonly Prefix[];
  readonly #allowed: readonly Prefix[];
  /** By first byte of an address: whether any such address is forbidden. All that most targets cost. */
  readonly #first4 = new Uint8Array(256);
  readonly #first6 = new Uint8Array(256);

  /**
   * @param listeners a node that listens or is advertised beyond loopback keeps strangers from its own host, too
   * @param interfaces addresses of this host
   */
  constructor({ standard, forbidden, allowed }: ForbiddenSetting, listeners: readonly Pick<Listener, 'address' | 'advertisedHost'>[], interfaces: readonly InterfaceAddress[]) {
    const outside = listeners.some(({ address, advertisedHost }) => !isLoopback(address) || !isLoopback(advertisedHost));
    const own = outside ? [...loopback, ...interfaces.map(({ address }) => address)] : [];
    this.#forbidden = prefixes([...(standard ? [...never, ...own] : []), ...forbidden]);
    this.#allowed = prefixes(allowed);
    for (const { family, words: [word], bits } of this.#forbidden) {
      const table = family === 4 ? this.#first4 : this.#first6;
      const from = word >>> 24;
      table.fill(1, from, from + (bits >= 8 ? 1 : 2 ** (8 - bits)));
      // IPv4 inside of IPv6.
      if (family === 4) this.#first6[0] = 1;
    }
  }

  /** The forbidden network that holds the address; null = there is none. */
  find(family: 4 | 6, address: Int32Array): Prefix | null {
    const table = family === 4 ? this.#first4 : this.#first6;
    return table[(address[0] ?? 0) >>> 24] === 0 ? null : this.#search(family, address);
  }

  /** The same for a numeric address as text; null also for a name. */
  findText(address: string): Prefix | null {
    // Most are IPv4, and their first number tells.
    let first = 0;
    let at = 0;
    for (; at < 3; at++) {
      const digit = address.charCodeAt(at) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      first = first * 10 + digit;
    }
    if (address.charCodeAt(at) === 46 && this.#first4[first] === 0) return null;
    const family = parseAddress(address, words);
    return family === 0 ? null : this.find(family, words);
  }

  #search(family: 4 | 6, address: Int32Array): Prefix | null {
    const found = this.#forbidden.find((prefix) => prefix.family === family && prefixHolds(prefix, address));
    if (found !== undefined) return this.#allowed.some((prefix) => prefix.family === family && prefixHolds(prefix, address)) ? null : found;
    // What a translator (NAT64, RFC 6052) or an old stack takes for the IPv4 address in its last word.
    if (family === 4 || address[1] !== 0 || address[2] !== 0 || (address[0] !== 0 && address[0] !== 0x0064ff9b)) return null;
    embedded[0] = address[3] ?? 0;
    return this.find(4, embedded);
  }
}

function prefixes(texts: readonly string[]): readonly Prefix[] {
  return texts.flatMap((text) => parsePrefix(text) ?? []);
}

function isLoopback(host: string): boolean {
  const bare = host.startsWith('[') ? host.slice(1, -1) : host;
  if (bare === 'localhost') return true;
  const family = parseAddress(bare, words);
  return prefixes(loopback).some((prefix) => prefix.family === family && prefixHolds(prefix, words));
}

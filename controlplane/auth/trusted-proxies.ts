/**
 * Reverse proxies whose word about a request's origin counts (SIGNALBOX_TRUST_PROXY). Everybody else's X-Forwarded-For,
 * -Host and -Proto are ignored: a client could otherwise give itself any address, host and scheme.
 */
import { BlockList, isIP } from 'node:net';

/** Longest X-Forwarded-For that is looked at, in addresses: more proxies than that do not stand in a row. */
const maxHops = 32;

export class TrustedProxies {
  private readonly list = new BlockList();
  readonly any: boolean;

  /** @param entries what `isProxyEntry` accepts */
  constructor(entries: readonly string[]) {
    this.any = entries.length > 0;
    for (const entry of entries) {
      const [address = '', bits] = entry.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.list.addAddress(address, family);
      else this.list.addSubnet(address, Number(bits), family);
    }
  }

  trusts(address: string): boolean {
    const family = isIP(address);
    return this.any && family !== 0 && this.list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }

  /** Who sent the request: the last address of `X-Forwarded-For` that is no trusted proxy, when a trusted one handed it on. */
  clientOf(remote: string, forwardedFor: string | undefined): string {
    if (forwardedFor === undefined || !this.trusts(remote)) return remote;
    let client = remote;
    for (const entry of forwardedFor.split(',').slice(-maxHops).reverse()) {
      const address = entry.trim();
      if (isIP(address) === 0) return client;
      client = address;
      if (!this.trusts(address)) return client;
    }
    return client;
  }
}

/** An IPv4 or IPv6 address, or a prefix of one in CIDR form. */
export function isProxyEntry(text: string): boolean {
  const [address = '', bits, more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || more !== undefined) return false;
  return bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

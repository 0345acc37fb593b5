import { isIP, SocketAddress } from 'node:net';
import { bytesOfAddress } from '../contract/address.ts';

/**
 * One spelling for an address literal, so that it can be compared and be a key: brackets off, IPv6 in its
 * canonical form, IPv4-mapped IPv6 as IPv4. A zone (`%eth0`) stays. Anything else comes back in lower case.
 */
export const normalizeAddress = (text: string): string => {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (isIP(bare) !== 6) return bare.toLowerCase();
  const percent = bare.indexOf('%');
  const zone = percent < 0 ? '' : bare.slice(percent);
  const address = percent < 0 ? bare : bare.slice(0, percent);
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  if (canonical.startsWith('::ffff:') && canonical.includes('.')) return canonical.slice(7);
  return canonical + zone;
};

/** What counts as one source for caps: an IPv4 address, or the /64 of an IPv6 address, as one host has all of that. */
export const networkOf = (address: string): string => {
  if (!address.includes(':')) return address;
  const [bare = '', zone = ''] = address.split('%');
  const bytes = bytesOfAddress(bare);
  return bytes === null ? address : `${Buffer.from(bytes.subarray(0, 8)).toString('hex')}%${zone}`;
};

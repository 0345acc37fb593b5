/** struct sockaddr_in and sockaddr_in6 as Linux has them, to and from text. Pure. */
import { bytesOfAddress, textOfAddress } from '../contract/address.ts';
import { constants } from './calls.ts';

type Family = 4 | 6;

/** An address without brackets or zone, and a port. */
interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export const socketAddressBytes = (family: Family): number => (family === 4 ? 16 : 28);

/**
 * Writes an address and port.
 * @param into at least `socketAddressBytes` long
 * @returns false = the text is no address of this family
 */
export function writeSocketAddress(into: Buffer, family: Family, { address, port }: Endpoint): boolean {
  const bytes = bytesOfAddress(address);
  // A zone needs its number, which callers that meet zones write themselves.
  if (bytes === null || address.includes('%') || bytes.length !== (family === 4 ? 4 : 16)) return false;
  into.fill(0, 0, socketAddressBytes(family));
  // Linux runs little-endian on both architectures that are served.
  into.writeUInt16LE(family === 4 ? constants.inet : constants.inet6, 0);
  into.writeUInt16BE(port, 2);
  into.set(bytes, family === 4 ? 4 : 8);
  return true;
}

/** Reads what the kernel wrote; IPv6 in its canonical form (RFC 5952). */
export function readSocketAddress(from: Buffer, family: Family): Endpoint {
  const address = family === 4 ? from.subarray(4, 8) : from.subarray(8, 24);
  return { address: textOfAddress(address), port: from.readUInt16BE(2) };
}

/** Addresses of this host, as the identity of the node needs them. */
import { networkInterfaces } from 'node:os';
import type { InterfaceAddress } from '../proxy/identity.ts';

export function interfaceAddresses(): InterfaceAddress[] {
  const found: InterfaceAddress[] = [];
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { family, address, cidr, internal } of addresses ?? []) {
      if (cidr !== null) found.push({ family: family === 'IPv6' ? 6 : 4, address, cidr, loopback: internal });
    }
  }
  return found;
}

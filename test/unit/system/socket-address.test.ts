import { isIPv6, SocketAddress } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSocketAddress, writeSocketAddress } from '../../../dataplane/system/socket-address.ts';

const bytes = (): Buffer => Buffer.alloc(28, 0xee);

describe('socket addresses', () => {
  test('IPv4 as the kernel has it: family, port and address', () => {
    const into = bytes();
    expect(writeSocketAddress(into, 4, { address: '192.0.2.1', port: 5060 })).toBe(true);
    expect(into.subarray(0, 16)).toEqual(Buffer.from([2, 0, 0x13, 0xc4, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
    expect(readSocketAddress(into, 4)).toEqual({ address: '192.0.2.1', port: 5060 });
  });

  test('IPv6: no flow label, no scope', () => {
    const into = bytes();
    expect(writeSocketAddress(into, 6, { address: '2001:db8::1', port: 1 })).toBe(true);
    expect(into).toEqual(Buffer.from([10, 0, 0, 1, 0, 0, 0, 0, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]));
  });

  test.each([[4, '2001:db8::1'], [6, '192.0.2.1'], [4, 'phone.example'], [4, ''], [6, '::1%lo']] as const)('family %d does not take %s', (family, address) => {
    expect(writeSocketAddress(bytes(), family, { address, port: 1 })).toBe(false);
  });

  test('IPv6 comes back in the canonical form that Node writes', () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      const text = groups.map((value) => value.toString(16)).join(':');
      const canonical = new SocketAddress({ address: text, family: 'ipv6' }).address;
      // Node writes IPv4 inside of IPv6 with dots; such addresses never come in over sockets that carry IPv6 only.
      fc.pre(!canonical.includes('.') && isIPv6(canonical));
      const into = bytes();
      expect(writeSocketAddress(into, 6, { address: canonical, port: 7 })).toBe(true);
      expect(readSocketAddress(into, 6)).toEqual({ address: canonical, port: 7 });
    }), { numRuns: 500 });
  });
});

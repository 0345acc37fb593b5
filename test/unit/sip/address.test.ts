import { isIPv4, isIPv6 } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isIpv4, isIpv6 } from '../../../dataplane/sip/address.ts';

describe('isIpv4', () => {
  it.each(['0.0.0.0', '192.0.2.1', '255.255.255.255'])('%s is one', (text) => expect(isIpv4(text)).toBe(true));
  it.each(['', '1.2.3', '1.2.3.4.5', '256.1.1.1', '1..2.3', '1.2.3.', '.1.2.3', 'a.b.c.d', '1.2.3.4567', '0001.2.3.4', '1.2.3.4 '])(
    '%s is none', (text) => expect(isIpv4(text)).toBe(false),
  );
});

describe('isIpv6', () => {
  it.each(['::', '::1', '2001:db8::', '2001:DB8::1', '1:2:3:4:5:6:7:8', '::ffff:192.0.2.1', '2001:db8::192.0.2.1', '1:2:3:4:5:6:7::'])(
    '%s is one', (text) => expect(isIpv6(text)).toBe(true),
  );
  it.each(['', ':', ':1', '1:', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', ':::', '2001:db8:::192.0.2.1', '1::2::3', '12345::', 'g::',
    '::1.2.3', '::1.2.3.4:5', '1:2:3:4:5:6:7:1.2.3.4', 'fe80::1%eth0', `${'1:'.repeat(30)}1`])(
    '%s is none', (text) => expect(isIpv6(text)).toBe(false),
  );

  it('agrees with the platform on addresses and on near misses', () => {
    const near = fc.array(fc.constantFrom(':', '::', '1', 'ab', 'ffff', '.', '192.0.2.1', '0'), { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(fc.property(fc.oneof(fc.ipV6(), near), (text) => isIpv6(text) === isIPv6(text)), { numRuns: 2_000 });
    fc.assert(fc.property(fc.oneof(fc.ipV4(), near), (text) => isIpv4(text) === isIPv4(text)), { numRuns: 1_000 });
  });
});

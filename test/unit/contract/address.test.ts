import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress, parsePrefix } from '../../../dataplane/contract/address.ts';

describe('addresses', () => {
  it.each([
    ['192.0.2.1', 4, [0xc0000201]],
    ['255.255.255.255', 4, [0xffffffff]],
    ['::', 6, [0, 0, 0, 0]],
    ['::1', 6, [0, 0, 0, 1]],
    ['2001:db8::a:b', 6, [0x20010db8, 0, 0, 0x000a000b]],
    ['2001:DB8:1:2:3:4:5:6', 6, [0x20010db8, 0x00010002, 0x00030004, 0x00050006]],
    ['::ffff:192.0.2.1', 6, [0, 0, 0xffff, 0xc0000201]],
    ['1:2:3:4:5:6:7::', 6, [0x00010002, 0x00030004, 0x00050006, 0x00070000]],
  ])('%s', (text, family, words) => {
    expect(parseAddress(text)).toEqual({ family, words });
  });

  it.each(['', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '1.2.3.', ':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', 'g::1',
    '12345::1', '[::1]', '::1%eth0', '1.2.3.4::', '::1.2.3', 'a'.repeat(60)])('%s is none', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it('are those that the system knows', () => {
    fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      expect(parseAddress(text)?.family).toBe(isIP(text));
    }));
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('0', '1', '2', '5', '9', 'a', 'f', ':', '::', '.'), maxLength: 16 }), (text) => {
      expect(parseAddress(text)?.family ?? 0).toBe(isIP(text));
    }), { numRuns: 2_000 });
  });
});

describe('prefixes', () => {
  it('have the length that is written, or all bits', () => {
    expect(parsePrefix('10.0.0.0/8')).toEqual({ family: 4, words: [0x0a000000], length: 8 });
    expect(parsePrefix('10.1.2.3')?.length).toBe(32);
    expect(parsePrefix('2001:db8::/32')?.length).toBe(32);
    expect(parsePrefix('::/0')?.length).toBe(0);
  });

  it.each(['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/8/8', '/8', '10.0.0.0/-1', 'x/8'])('%s is none', (text) => {
    expect(parsePrefix(text)).toBeNull();
  });
});

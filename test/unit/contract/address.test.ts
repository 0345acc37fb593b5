import { isIP } from 'node:net';
import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { bytesOfAddress, familyOf, isIpv6, literalFamily, maskOf, parseAddress, parsePrefix, textOfAddress } from '../../../dataplane/contract/address.ts';

const words = new Int32Array(4);

describe('parseAddress', () => {
  it.each([
    ['0.0.0.0', 4], ['255.255.255.255', 4], ['::', 6], ['::1', 6], ['2001:DB8:8:100::17', 6], ['1:2:3:4:5:6:7:8', 6],
    ['1:2:3:4:5:6:7::', 6], ['::2:3:4:5:6:7:8', 6], ['64:ff9b::192.0.2.33', 6], ['::ffff:192.0.2.1', 4], ['::ffff:c000:201', 4], ['fe80::1%eth0', 6],
  ] as const)('%s is IPv%i', (text, family) => {
    expect(familyOf(text)).toBe(family);
  });

  it.each([
    '', '1', '1.2.3', '1.2.3.4.5', '256.0.0.1', '1.2.3.', '.1.2.3', '1..2.3', '0001.2.3.4', 'a.b.c.d', 'example.com', ':', ':::', '1::2::3',
    '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '12345::', 'g::', '::1:', ':1::', '1.2.3.4::', '::1.2.3', '::1.2.3.4:5', '%eth0', '1.2.3.4%lo',
    '1:2:3:4:5:6:7:1.2.3.4', `::${'0'.repeat(80)}`,
  ])('%j is none', (text) => {
    expect(familyOf(text)).toBe(0);
  });

  it('reads the words of IPv4', () => {
    expect(parseAddress('192.0.2.33', words)).toBe(4);
    expect([...words]).toEqual([0xc0000221 | 0, 0, 0, 0]);
  });

  it('normalises IPv4-mapped addresses', () => {
    parseAddress('::ffff:192.0.2.33', words);
    expect([...words]).toEqual([0xc0000221 | 0, 0, 0, 0]);
  });

  it('agrees with an independent parser on every IPv6 spelling', () => {
    fc.assert(fc.property(fc.ipV6(), (text) => {
      const reference = ipaddr.IPv6.parse(text);
      if (reference.isIPv4MappedAddress()) return;
      expect(parseAddress(text, words)).toBe(6);
      const parts = reference.parts;
      expect([...words].map((word) => word >>> 0)).toEqual([0, 2, 4, 6].map((i) => (((parts[i] ?? 0) << 16) | (parts[i + 1] ?? 0)) >>> 0));
    }));
  });

  it('never throws and never takes arbitrary text for more than it is', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef:.%/g')), maxLength: 50 }), (text) => {
      const bare = text.includes(':') ? text.split('%')[0] ?? '' : text;
      if (parseAddress(text, words) !== 0) expect(ipaddr.isValid(bare)).toBe(true);
    }));
  });
});

describe('parsePrefix', () => {
  it('clears host bits', () => {
    expect(parsePrefix('192.0.2.77/24')).toEqual({ family: 4, words: [0xc0000200 | 0, 0, 0, 0], bits: 24 });
    expect(parsePrefix('2001:db8:ffff::1/33')).toEqual({ family: 6, words: [0x20010db8, 0x80000000 | 0, 0, 0], bits: 33 });
  });

  it.each(['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/8/8', '/8', '10.0.0.0/-1', 'x/8', 'fe80::1%eth0/64'])('%s is none', (text) => {
    expect(parsePrefix(text)).toBeNull();
  });

  it('takes a bare address with all bits and the whole of a family', () => {
    expect(parsePrefix('192.0.2.77')?.bits).toBe(32);
    expect(parsePrefix('2001:db8::1')?.bits).toBe(128);
    expect(parsePrefix('0.0.0.0/0')).toEqual({ family: 4, words: [0, 0, 0, 0], bits: 0 });
    expect(parsePrefix('::ffff:192.0.2.0/120')).toEqual({ family: 4, words: [0xc0000200 | 0, 0, 0, 0], bits: 24 });
  });

  it.each(['192.0.2.0/33', '::/129', '192.0.2.0/', '192.0.2.0/-1', '192.0.2.0/a', '/24', 'example/24', '::ffff:192.0.2.0/90'])('refuses %s', (text) => {
    expect(parsePrefix(text)).toBeNull();
  });

  it('makes masks of every length', () => {
    expect([maskOf(-5), maskOf(0), maskOf(1), maskOf(31), maskOf(32), maskOf(99)]).toEqual([0, 0, 0x80000000 | 0, -2, -1, -1]);
  });
});

describe('addresses as bytes', () => {
  it('come back as the same address', () => {
    fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const bytes = bytesOfAddress(text);
      if (bytes === null) throw new Error(text);
      const again = new Int32Array(4);
      expect(parseAddress(textOfAddress(bytes), again)).toBe(parseAddress(text, words));
      expect([...again]).toEqual([...words]);
    }));
  });

  it('are in network order, and null for a name', () => {
    expect(bytesOfAddress('192.0.2.33')).toEqual(Uint8Array.of(192, 0, 2, 33));
    expect(bytesOfAddress('pbx.example')).toBeNull();
    expect(textOfAddress(Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1))).toBe('2001:db8::1');
  });
});

describe('literals', () => {
  it.each(['::1', '2001:DB8::1', '::ffff:192.0.2.1', '1:2:3:4:5:6:7::'])('%s is IPv6', (text) => {
    expect(isIpv6(text)).toBe(true);
  });

  it.each(['fe80::1%eth0', '[::1]', ':::', '2001:db8:::192.0.2.1', '192.0.2.1', `${'1:'.repeat(30)}1`])('%s is no IPv6 literal', (text) => {
    expect(isIpv6(text)).toBe(false);
  });

  it('are those that the system knows, near misses included', () => {
    const near = fc.array(fc.constantFrom(':', '::', '1', '01', 'ab', 'ffff', '.', '192.0.2.1', '0'), { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), near), (text) => {
      expect(literalFamily(text)).toBe(isIP(text));
    }), { numRuns: 2_000 });
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SipHasher, siphash24, sipKey } from '../../../dataplane/security/siphash.ts';

const key = sipKey(Uint8Array.from({ length: 16 }, (_, i) => i));

/** First 16 of the reference implementation's vectors (vectors_sip64): input 00, 00 01, ... of length 0 to 15. */
const vectors = [
  '310e0edd47db6f72', 'fd67dc93c539f874', '5a4fa9d909806c0d', '2d7efbd796666785', 'b7877127e09427cf', '8da699cd64557618', 'cee3fe586e46c9cb', '37d1018bf50002ab',
  '6224939a79f5f593', 'b0e4a90bdf82009e', 'f3b9dd94c5bb5d7a', 'a7ad6b22462fb3f4', 'fbe50e86bc8f1e75', '903d84c02756ea14', 'eef27a8e90ca23f7', 'e545be4961ca29a1',
];

const MASK = (1n << 64n) - 1n;
const rotate = (x: bigint, bits: bigint): bigint => ((x << bits) | (x >> (64n - bits))) & MASK;

/** The paper's pseudo-code in 64-bit arithmetic. */
function reference(keyBytes: Uint8Array, input: Uint8Array): bigint {
  const read = (bytes: Uint8Array, at: number): bigint => new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at, true);
  const [k0, k1] = [read(keyBytes, 0), read(keyBytes, 8)];
  let [v0, v1, v2, v3] = [k0 ^ 0x736f6d6570736575n, k1 ^ 0x646f72616e646f6dn, k0 ^ 0x6c7967656e657261n, k1 ^ 0x7465646279746573n];
  const round = (): void => {
    v0 = (v0 + v1) & MASK; v1 = rotate(v1, 13n) ^ v0; v0 = rotate(v0, 32n);
    v2 = (v2 + v3) & MASK; v3 = rotate(v3, 16n) ^ v2;
    v0 = (v0 + v3) & MASK; v3 = rotate(v3, 21n) ^ v0;
    v2 = (v2 + v1) & MASK; v1 = rotate(v1, 17n) ^ v2; v2 = rotate(v2, 32n);
  };
  const padded = new Uint8Array((input.length & ~7) + 8);
  padded.set(input);
  padded[padded.length - 1] = input.length & 255;
  for (let at = 0; at < padded.length; at += 8) {
    const m = read(padded, at);
    v3 ^= m; round(); round(); v0 ^= m;
  }
  v2 ^= 0xffn;
  round(); round(); round(); round();
  return v0 ^ v1 ^ v2 ^ v3;
}

const bigEndian = (high: number, low: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

describe('SipHash-2-4', () => {
  it('gives the vectors of the reference', () => {
    const hasher = new SipHasher();
    vectors.forEach((vector, length) => {
      hasher.reset();
      for (let i = 0; i < length; i++) hasher.addByte(i);
      hasher.digest(key);
      const bytes = Buffer.alloc(8);
      bytes.writeInt32LE(hasher.low, 0);
      bytes.writeInt32LE(hasher.high, 4);
      expect(bytes.toString('hex')).toBe(vector);
    });
  });

  it('agrees with 64-bit arithmetic for any key and input', () => {
    const hasher = new SipHasher();
    fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.uint8Array({ maxLength: 300 }), (keyBytes, input) => {
      hasher.reset();
      hasher.addText(Buffer.from(input).toString('latin1'));
      hasher.digest(sipKey(keyBytes));
      return bigEndian(hasher.high, hasher.low) === reference(keyBytes, input);
    }), { numRuns: 1_000 });
  });

  it('is written as base64url of its eight bytes, most significant first', () => {
    fc.assert(fc.property(fc.string(), (text) => {
      const latin1 = Buffer.from(text, 'latin1');
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64BE(reference(Uint8Array.from({ length: 16 }, (_, i) => i), new Uint8Array(latin1)));
      return siphash24(key, latin1.toString('latin1')) === bytes.toString('base64url');
    }));
  });

  it('forgets the longer input before', () => {
    const long = siphash24(key, 'x'.repeat(500));
    expect(siphash24(key, 'x')).toBe(siphash24(key, 'x'));
    expect(siphash24(key, 'x'.repeat(500))).toBe(long);
  });

  it('tells fields apart, takes integers, bounds its input', () => {
    const hasher = new SipHasher();
    const fields = (...texts: string[]): string => {
      hasher.reset();
      for (const text of texts) hasher.addField(text);
      hasher.addInt(-2);
      hasher.digest(key);
      return hasher.text();
    };
    expect(fields('ab', 'c')).not.toBe(fields('a', 'bc'));
    expect(fields('ab', 'c')).toBe(fields('ab', 'c'));
    hasher.reset();
    expect(() => hasher.addText('x'.repeat(65_530))).toThrow(RangeError);
    expect(() => sipKey(new Uint8Array(15))).toThrow(RangeError);
  });
});

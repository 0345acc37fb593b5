import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRow } from '../../../dataplane/contract/decode.ts';
import { limits } from '../../../dataplane/contract/limits.ts';
import { openSecret, sealingKeyId, sealSecret } from '../../../dataplane/contract/sealed.ts';
import { validRows } from './rows.ts';

const key = (id: number, byte: number) => ({ id, key: Buffer.alloc(32, byte).toString('base64url') });
const old = key(1, 1);
const fresh = key(2, 2);

describe('a sealed secret', () => {
  it('opens with the key that sealed it, whatever it says', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (plain, name) => {
      expect(openSecret([old], name, sealSecret([old], name, plain))).toEqual({ ok: true, value: plain });
    }));
  });

  it('is sealed with the key that signs, which is the first and not always the newest, and opens with others that are there', () => {
    expect(sealSecret([fresh, old], 'a', 'x')).toMatch(/^2\./);
    expect(sealingKeyId(sealSecret([old, fresh], 'a', 'x'))).toBe(1);
    expect(sealingKeyId('no secret')).toBeNaN();
    expect(openSecret([fresh, old], 'a', sealSecret([old], 'a', 'x'))).toEqual({ ok: true, value: 'x' });
    expect(openSecret([fresh], 'a', sealSecret([old], 'a', 'x'))).toEqual({ ok: false, error: 'is sealed with cluster key 1, which is not here' });
  });

  it('is the same for the same input, so that saving again is no change', () => {
    expect(sealSecret([old], 'a', 'x')).toBe(sealSecret([old], 'a', 'x'));
    expect(new Set([sealSecret([old], 'a', 'x'), sealSecret([old], 'a', 'y'), sealSecret([old], 'b', 'x')]).size).toBe(3);
  });

  it('opens for no other row, with no other key, and with no bit changed', () => {
    const sealed = sealSecret([old], 'a', 'secret');
    expect(openSecret([old], 'b', sealed).ok).toBe(false);
    expect(openSecret([key(1, 9)], 'a', sealed).ok).toBe(false);
    const bytes = Buffer.from(sealed.slice(2), 'base64url');
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(openSecret([old], 'a', `1.${changed.toString('base64url')}`).ok).toBe(false);
    }
  });

  it.each(['', '1', '.x', '1.', '1.AAAA', 'x.AAAA', sealSecret([old], 'a', '').slice(0, 20)])('is not %j', (text) => {
    expect(openSecret([old], 'a', text).ok).toBe(false);
  });

  it('of the largest private key fits a certificate row', () => {
    const sealed = sealSecret([old], 'acme', 'x'.repeat(limits.privateKeyBytes));
    expect(decodeRow('certificate', 'acme', { ...validRows.certificate, key: sealed }).ok).toBe(true);
  });

  it('cannot be made without a key', () => {
    expect(() => sealSecret([], 'a', 'x')).toThrow(RangeError);
  });
});

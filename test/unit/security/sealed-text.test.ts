import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../../dataplane/security/key-ring.ts';
import { maxSealedBytes, openText, sealText } from '../../../dataplane/security/sealed-text.ts';

const key = (id: number): { id: number; key: Uint8Array } => ({ id, key: new Uint8Array(32).fill(id) });
const ring = new KeyRing([key(1)]);
const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 300 });

describe('sealed text', () => {
  it('opens what it sealed, for the same kind and binding only', () => {
    fc.assert(fc.property(latin1, latin1, (text, bound) => {
      const token = sealText(ring, 'v', bound, text);
      // One byte at least stands behind the check value.
      expect(openText(ring, 'v', bound, token)).toBe(text === '' ? null : text);
      expect(openText(ring, 'r', bound, token)).toBeNull();
      expect(openText(ring, 'v', `${bound}x`, token)).toBeNull();
    }));
  });

  it('uses characters only that a user part, a parameter and a Call-ID may have', () => {
    fc.assert(fc.property(latin1, (text) => {
      expect(sealText(ring, 'c', '', text)).toMatch(/^~sbc[A-Za-z0-9_-]+$/);
    }));
  });

  it('gives the same token for the same text, and shows nothing of it', () => {
    const token = sealText(ring, 'c', '', 'sip:1001@10.0.0.5:5060');
    expect(sealText(ring, 'c', '', 'sip:1001@10.0.0.5:5060')).toBe(token);
    expect(Buffer.from(token.slice(4), 'base64url').toString('latin1')).not.toContain('10.0.0.5');
  });

  it('refuses a token with any character changed', () => {
    const token = sealText(ring, 'i', '', 'call-1@host');
    for (let at = 4; at < token.length - 1; at++) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      expect(openText(ring, 'i', '', changed)).toBeNull();
    }
  });

  it('opens under an older key that is still in force, and not after that', () => {
    const token = sealText(ring, 'c', '', 'x');
    expect(openText(new KeyRing([key(2), key(1)]), 'c', '', token)).toBe('x');
    expect(openText(new KeyRing([key(2)]), 'c', '', token)).toBeNull();
  });

  it('has the form that it had in every version: tokens in dialogs and Call-IDs outlive an upgrade', () => {
    const known = new KeyRing([{ id: 7, key: new Uint8Array(32).map((_, i) => i) }]);
    for (const [kind, bound, text, token] of [
      ['v', 'z9hG4bKabc', '1SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK1', '~sbvB60VnVv15QgXwR0xaVOUpNEMpM3taX53VDCu3Eeq8OZ2G7x0h2jSUcQUx4ev-besWD0'],
      ['c', '', '9 f \xe9 sip:1001@10.0.0.5:5060', '~sbcB6ey3K9e7nSvAFtZ3tGYSAcAkqfuBXa78dl18jdNZz0KW7v9Q75IYTk'],
    ] as const) {
      expect(sealText(known, kind, bound, text)).toBe(token);
      expect(openText(known, kind, bound, token)).toBe(text);
    }
  });

  it('seals nothing longer than its bound', () => {
    expect(sealText(ring, 'v', '', 'x'.repeat(maxSealedBytes))).not.toBe('');
    expect(sealText(ring, 'v', '', 'x'.repeat(maxSealedBytes + 1))).toBe('');
  });
});

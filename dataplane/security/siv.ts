/**
 * What flow-token.ts and sealed-text.ts seal with: AES-128-CTR whose counter block is the text's check value, an HMAC-SHA-256
 * cut short (the SIV construction). The same text always gives the same bytes, and nobody without the key reads or makes them.
 */
import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyRing } from './key-ring.ts';

const blockBytes = 16;

/**
 * @param purpose whose keys of the ring are taken
 * @param checkBytes length of the check value, at most 16
 * @param head latin1 text that is checked but not sealed, so that it must be the same at opening; '' = none
 * @returns key id, check value, sealed text
 */
export function sealBytes({ signing }: KeyRing, purpose: 'flow' | 'text', checkBytes: number, head: string, plain: Uint8Array): Buffer {
  const { seal, check } = signing[purpose];
  const value = checkValue(check, checkBytes, head, plain);
  return Buffer.concat([Buffer.of(signing.id), value, keystream(seal, value, plain)]);
}

/** The text in sealed bytes; null when they are forged, damaged, of another head or a key no longer in force, or hold none. */
export function openBytes(ring: KeyRing, purpose: 'flow' | 'text', checkBytes: number, head: string, bytes: Uint8Array): Buffer | null {
  if (bytes.length <= 1 + checkBytes) return null;
  const keys = ring.keys.find(({ id }) => id === bytes[0]);
  if (keys === undefined) return null;
  const { seal, check } = keys[purpose];
  const value = bytes.subarray(1, 1 + checkBytes);
  const plain = keystream(seal, value, bytes.subarray(1 + checkBytes));
  return timingSafeEqual(value, checkValue(check, checkBytes, head, plain)) ? plain : null;
}

function checkValue(key: Uint8Array, bytes: number, head: string, plain: Uint8Array): Buffer {
  const hmac = createHmac('sha256', key);
  if (head !== '') hmac.update(head, 'latin1');
  return hmac.update(plain).digest().subarray(0, bytes);
}

/** A check value shorter than a block is filled up with zeros. */
function keystream(key: Uint8Array, value: Uint8Array, text: Uint8Array): Buffer {
  let counter = value;
  if (value.length < blockBytes) {
    counter = new Uint8Array(blockBytes);
    counter.set(value);
  }
  // Counter mode keeps nothing back for `final`.
  return createCipheriv('aes-128-ctr', key, counter).update(text);
}

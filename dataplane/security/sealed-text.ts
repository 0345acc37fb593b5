/**
 * Text of others that we put into messages sealed and open when it comes back, in this process, a later one or another node
 * (topology hiding, Contacts that we stand in for). Deterministic: the same text always gives the same token, so that
 * retransmissions and refreshes look the same.
 */
import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyRing } from './key-ring.ts';

/** What a token is for; none passes for another. `v` Vias, `r` routes, `c` a Contact, `i` a Call-ID. */
export type SealedKind = 'v' | 'r' | 'c' | 'i';

/** Every token begins with it: one search tells that a message has none. Its characters may stand in user parts, parameters and Call-IDs. */
export const sealedMark = '~sb';

/** Longest text that is sealed; a token is a third longer. */
export const maxSealedBytes = 4_096;
const checkBytes = 12;

/**
 * Seals latin1 text (AES-128-CTR with the check value as its counter block: the SIV construction of flow-token.ts).
 * @param bound further text that must be the same at opening, '' = none
 * @returns `~sb`, the kind, and base64url of key id, check value and sealed text; '' above `maxSealedBytes`
 */
export function sealText(ring: KeyRing, kind: SealedKind, bound: string, text: string): string {
  if (text.length > maxSealedBytes) return '';
  const plain = Buffer.from(text, 'latin1');
  const { id, textSeal, textCheck } = ring.signing;
  const check = checkValue(textCheck, kind, bound, plain);
  return `${sealedMark}${kind}${Buffer.concat([Buffer.of(id), check, keystream(textSeal, check, plain)]).toString('base64url')}`;
}

/** The text in a token of that kind; null when it is forged, damaged, bound to something else or of a key no longer in force. */
export function openText(ring: KeyRing, kind: SealedKind, bound: string, token: string): string | null {
  const head = sealedMark.length + 1;
  if (!token.startsWith(sealedMark) || token[head - 1] !== kind || token.length > 2 * maxSealedBytes) return null;
  const bytes = Buffer.from(token.slice(head), 'base64url');
  if (bytes.length <= 1 + checkBytes) return null;
  const key = ring.keys.find(({ id }) => id === bytes[0]);
  if (key === undefined) return null;
  const check = bytes.subarray(1, 1 + checkBytes);
  const plain = keystream(key.textSeal, check, bytes.subarray(1 + checkBytes));
  return timingSafeEqual(check, checkValue(key.textCheck, kind, bound, plain)) ? plain.toString('latin1') : null;
}

function checkValue(key: Uint8Array, kind: string, bound: string, plain: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${kind}${bound.length} ${bound}\n`, 'latin1').update(plain).digest().subarray(0, checkBytes);
}

function keystream(key: Uint8Array, check: Uint8Array, text: Uint8Array): Buffer {
  const counter = Buffer.alloc(16);
  counter.set(check);
  const cipher = createCipheriv('aes-128-ctr', key, counter);
  return Buffer.concat([cipher.update(text), cipher.final()]);
}

/**
 * Text of others that we put into messages sealed and open when it comes back, in this process, a later one or another node
 * (topology hiding, Contacts that we stand in for). Deterministic: the same text always gives the same token, so that
 * retransmissions and refreshes look the same.
 */
import type { KeyRing } from './key-ring.ts';
import { openBytes, sealBytes } from './siv.ts';

/** What a token is for; none passes for another. `v` Vias, `r` routes, `c` a Contact, `i` a Call-ID. */
export type SealedKind = 'v' | 'r' | 'c' | 'i';

/** Every token begins with it: one search tells that a message has none. Its characters may stand in user parts, parameters and Call-IDs. */
export const sealedMark = '~sb';

/** Longest text that is sealed; a token is a third longer. */
export const maxSealedBytes = 4_096;
const checkBytes = 12;

/**
 * Seals latin1 text.
 * @param bound further text that must be the same at opening, '' = none
 * @returns `~sb`, the kind, and base64url of key id, check value and sealed text; '' above `maxSealedBytes`
 */
export function sealText(ring: KeyRing, kind: SealedKind, bound: string, text: string): string {
  if (text.length > maxSealedBytes) return '';
  const bytes = sealBytes(ring, 'text', checkBytes, headOf(kind, bound), Buffer.from(text, 'latin1'));
  return `${sealedMark}${kind}${bytes.toString('base64url')}`;
}

/** The text in a token of that kind; null when it is forged, damaged, bound to something else or of a key no longer in force. */
export function openText(ring: KeyRing, kind: SealedKind, bound: string, token: string): string | null {
  const head = sealedMark.length + 1;
  if (!token.startsWith(sealedMark) || token[head - 1] !== kind || token.length > 2 * maxSealedBytes) return null;
  const plain = openBytes(ring, 'text', checkBytes, headOf(kind, bound), Buffer.from(token.slice(head), 'base64url'));
  return plain === null ? null : plain.toString('latin1');
}

/** Id of the key that sealed a token of `sealText`. */
export const keyIdOf = (token: string): number => Buffer.from(token.slice(sealedMark.length + 1, sealedMark.length + 3), 'base64url')[0] ?? -1;

const headOf = (kind: SealedKind, bound: string): string => `${kind}${bound.length} ${bound}\n`;

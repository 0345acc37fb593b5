/** Integer hashing for tables and rendezvous choice. The same on every node and in every version: affinity rests on it. */

/** MurmurHash3's 32-bit finaliser: a bijection in which each input bit moves about half of the output bits. */
export function mix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** 32-bit hash of a text's UTF-16 units (FNV-1a, then mixed so that all bits are good). Signed. */
export function hashText(text: string): number {
  let h = 0x811c9dc5 | 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix32(h);
}

/** Salt of a destination for `rendezvousCost`; fixed by its id, so it survives every configuration change. */
export function saltOf(id: number): number {
  return mix32(Math.imul(id, 0x9e3779b1) ^ 0x5bd1e995);
}

/** A number in (0, 1) for a key, independent of which destination `rendezvousCost` gives the key to. */
export function uniformOf(key: number): number {
  return ((mix32(Math.imul(key, 0x9e3779b1) ^ 0x2545f491) >>> 0) + 0.5) / 4_294_967_296;
}

/**
 * Weighted rendezvous (highest random weight): the candidate with the least cost wins the key, each with a chance
 * in proportion to its weight; taking one away moves its own keys only. Weight 0 costs Infinity.
 */
export function rendezvousCost(key: number, salt: number, weight: number): number {
  const uniform = ((mix32(Math.imul(key ^ salt, 0x9e3779b1) + salt) >>> 0) + 0.5) / 4_294_967_296;
  return -Math.log(uniform) / weight;
}

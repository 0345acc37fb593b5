/**
 * Which bindings exist, and where their phones are, for every SIP worker to ask: a tenant at its limit may refresh what it has,
 * and a call from a phone's place is not a stranger's (proxy/proven.ts). One set of 64-bit hashes
 * in a SharedArrayBuffer; the main thread alone writes, workers read. The hash is keyed, by a secret of the process that lies
 * in the buffer too: names are the phones' own words, and one made to collide would pass the limit, take another tenant's
 * binding out of the set, or make every look-up long. PURE.
 */
import { SipHasher, sipKey, type SipKey } from '../security/siphash.ts';

/** A binding of the table has two names: its own and its phone's. */
const slots = 1_048_576;
const mask = slots - 1;
/** More removed entries than that and the set is written anew. */
const maxRemoved = slots / 8;
const free = 0;
const removed = 1;

const setBytes = slots * 8;
const keyBytes = 16;
const hasher = new SipHasher();

/**
 * Memory for the set of one process.
 * @param secret 16 random bytes
 */
export function newKnownBindings(secret: Uint8Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(setBytes + keyBytes);
  new Uint8Array(buffer, setBytes).set(secret);
  return buffer;
}

export class KnownBindings {
  /** Pairs of words; the first is 0 = free, 1 = removed, else half of a hash. */
  readonly #words: Int32Array;
  readonly #key: SipKey;
  #used = 0;
  #removed = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer, 0, slots * 2);
    this.#key = sipKey(new Uint8Array(buffer, setBytes));
  }

  has(key: string): boolean {
    this.#hash(key);
    return this.#find(hasher.high, hasher.low) >= 0;
  }

  /** Main thread only. `keys` lists what is to be in the set, should it have to be written anew. */
  add(key: string, keys: Iterable<string>): void {
    // A table that is nearly full would make every look-up long.
    if (this.#used >= slots * 0.75) return;
    if (this.#removed > maxRemoved) this.#rewrite(keys);
    this.#insert(key);
  }

  /** Main thread only. */
  delete(key: string): void {
    this.#hash(key);
    const at = this.#find(hasher.high, hasher.low);
    if (at < 0) return;
    Atomics.store(this.#words, at, removed);
    this.#used -= 1;
    this.#removed += 1;
  }

  /** Leaves the hash in `hasher`; its first word is never 0 or 1, which mean something else. */
  #hash(key: string): void {
    hasher.reset();
    hasher.addText(key);
    hasher.digest(this.#key);
    if (hasher.high === free || hasher.high === removed) hasher.high = 2;
  }

  #find(first: number, second: number): number {
    for (let slot = second & mask, left = slots; left > 0; slot = (slot + 1) & mask, left--) {
      const held = Atomics.load(this.#words, slot * 2);
      if (held === free) return -1;
      if (held === first && Atomics.load(this.#words, slot * 2 + 1) === second) return slot * 2;
    }
    return -1;
  }

  #insert(key: string): void {
    this.#hash(key);
    const { high: first, low: second } = hasher;
    if (this.#find(first, second) >= 0) return;
    for (let slot = second & mask; ; slot = (slot + 1) & mask) {
      const held = Atomics.load(this.#words, slot * 2);
      if (held !== free && held !== removed) continue;
      if (held === removed) this.#removed -= 1;
      Atomics.store(this.#words, slot * 2 + 1, second);
      Atomics.store(this.#words, slot * 2, first);
      this.#used += 1;
      return;
    }
  }

  /** A worker that looks meanwhile may miss one: its phone is asked to come again in a second. */
  #rewrite(keys: Iterable<string>): void {
    this.#words.fill(free);
    this.#used = 0;
    this.#removed = 0;
    for (const key of keys) this.#insert(key);
  }
}

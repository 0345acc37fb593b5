/**
 * Which bindings exist, for every SIP worker to ask: a tenant at its limit may refresh what it has. One set of 64-bit hashes
 * in a SharedArrayBuffer; the main thread alone writes, workers read. PURE.
 */
import { hashText, mix32 } from '../routing/hash.ts';

const slots = 524_288;
const mask = slots - 1;
/** More removed entries than that and the set is written anew. */
const maxRemoved = slots / 4;
const free = 0;
const removed = 1;

/** Memory for the set of one process. */
export const newKnownBindings = (): SharedArrayBuffer => new SharedArrayBuffer(slots * 8);

export class KnownBindings {
  /** Pairs of words; the first is 0 = free, 1 = removed, else half of a hash. */
  readonly #words: Int32Array;
  #used = 0;
  #removed = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  has(key: string): boolean {
    return this.#find(firstHash(key), secondHash(key)) >= 0;
  }

  /** Main thread only. `keys` lists what is to be in the set, should it have to be written anew. */
  add(key: string, keys: Iterable<string>): void {
    // A table that is nearly full would make every look-up long.
    if (this.#used >= slots * 0.75) return;
    if (this.#removed > maxRemoved) this.#rewrite(keys);
    this.#insert(firstHash(key), secondHash(key));
  }

  /** Main thread only. */
  delete(key: string): void {
    const at = this.#find(firstHash(key), secondHash(key));
    if (at < 0) return;
    Atomics.store(this.#words, at, removed);
    this.#used -= 1;
    this.#removed += 1;
  }

  #find(first: number, second: number): number {
    for (let slot = second & mask, left = slots; left > 0; slot = (slot + 1) & mask, left--) {
      const held = Atomics.load(this.#words, slot * 2);
      if (held === free) return -1;
      if (held === first && Atomics.load(this.#words, slot * 2 + 1) === second) return slot * 2;
    }
    return -1;
  }

  #insert(first: number, second: number): void {
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
    for (const key of keys) this.#insert(firstHash(key), secondHash(key));
  }
}

/** Never 0 or 1, which mean something else. */
function firstHash(key: string): number {
  const hash = hashText(key);
  return hash === free || hash === removed ? 2 : hash;
}

const secondHash = (key: string): number => mix32(hashText(`\n${key}`) ^ 0x3c6ef372);

import type { Keyed, KeyMaker } from './keys.ts';

/**
 * Transactions by key: chained buckets of a fixed number, linked through the transactions themselves. It never grows,
 * so no message waits for a table of 100,000 entries to be copied, and entries cost no memory of their own.
 */
export class TransactionTable<T extends Keyed<T>> {
  readonly #buckets: (T | null)[];
  readonly #mask: number;
  #size = 0;

  /** @param expected entries at the most; more only make the chains longer. */
  constructor(expected: number) {
    let buckets = 1_024;
    while (buckets < expected / 2 && buckets < 1_048_576) buckets *= 2;
    this.#buckets = new Array<T | null>(buckets).fill(null);
    this.#mask = buckets - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** The newest entry with the key, null = none. */
  find(key: KeyMaker): T | null {
    const { first, second } = key;
    for (let entry = this.#buckets[first & this.#mask] ?? null; entry !== null; entry = entry.nextInBucket) {
      if (entry.keyFirst === first && entry.keySecond === second) return entry;
    }
    return null;
  }

  /** The keys of all entries, two words each. */
  keys(): Int32Array {
    const keys = new Int32Array(2 * this.#size);
    let at = 0;
    for (const bucket of this.#buckets) {
      for (let entry = bucket; entry !== null; entry = entry.nextInBucket) {
        keys[at++] = entry.keyFirst;
        keys[at++] = entry.keySecond;
      }
    }
    return keys;
  }

  /** Adds an entry that is in no table. */
  add(entry: T): void {
    const bucket = entry.keyFirst & this.#mask;
    entry.nextInBucket = this.#buckets[bucket] ?? null;
    this.#buckets[bucket] = entry;
    this.#size++;
  }

  /** Removes this very entry; false = it is not here. */
  remove(entry: T): boolean {
    const bucket = entry.keyFirst & this.#mask;
    let before: T | null = null;
    for (let at = this.#buckets[bucket] ?? null; at !== null; at = at.nextInBucket) {
      if (at === entry) {
        if (before === null) this.#buckets[bucket] = entry.nextInBucket;
        else before.nextInBucket = entry.nextInBucket;
        entry.nextInBucket = null;
        this.#size--;
        return true;
      }
      before = at;
    }
    return false;
  }
}

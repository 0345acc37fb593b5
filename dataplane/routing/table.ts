/**
 * A persistent hash table: readers keep the version they hold, a changed version shares all but the few buckets
 * that differ. Extendible hashing: a directory of pointers to small Maps; a Map that grows too big splits, and only
 * then the directory may double. One changed row in 100,000 copies one Map of at most `bucketSize` entries and the
 * directory (a few thousand pointers).
 */
import { hashText, mix32 } from './hash.ts';

export type TableKey = string | number;

const bucketSize = 64;
const maxDepth = 20;

interface Bucket<K extends TableKey, V> {
  readonly entries: Map<K, V>;
  /** Leading hash bits that all entries share; the directory points here from every slot with those low bits. */
  readonly depth: number;
  /** Token of the draft that made it and may still change it; only ever compared. */
  readonly owner: object | null;
}

function hashKey(key: TableKey): number {
  return typeof key === 'string' ? hashText(key) : mix32(key);
}

/** One version of the table. Never changes. */
export class Table<K extends TableKey, V> {
  readonly size: number;
  readonly depth: number;
  readonly directory: readonly Bucket<K, V>[];

  constructor(directory: readonly Bucket<K, V>[], depth: number, size: number) {
    this.directory = directory;
    this.depth = depth;
    this.size = size;
  }

  static empty<K extends TableKey, V>(): Table<K, V> {
    return new Table<K, V>([{ entries: new Map(), depth: 0, owner: null }], 0, 0);
  }

  get(key: K): V | undefined {
    const directory = this.directory;
    // Most tables fit in one bucket: no hash needed.
    const slot = directory.length === 1 ? 0 : hashKey(key) & (directory.length - 1);
    return (directory[slot] as Bucket<K, V>).entries.get(key);
  }

  /** Every entry once, in no particular order. */
  *entries(): Generator<readonly [K, V]> {
    for (const [slot, bucket] of this.directory.entries()) {
      if (slot < 2 ** bucket.depth) yield* bucket.entries;
    }
  }

  *values(): Generator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  /**
   * Calls `visit` for every key whose value differs (by identity) between `before` and this version, with undefined
   * for absent. Shared buckets are passed over, so the cost is that of the changes plus one pass over the directory.
   */
  changesSince(before: Table<K, V>, visit: (key: K, was: V | undefined, is: V | undefined) => void): void {
    const slots = Math.max(this.directory.length, before.directory.length);
    for (let slot = 0; slot < slots; slot++) {
      const is = this.directory[slot & (this.directory.length - 1)] as Bucket<K, V>;
      const was = before.directory[slot & (before.directory.length - 1)] as Bucket<K, V>;
      if (is === was) continue;
      // A bucket that several slots point to is compared entry by entry at the one slot its entry hashes to.
      for (const [key, value] of was.entries) {
        if ((hashKey(key) & (slots - 1)) !== slot) continue;
        const now = is.entries.get(key);
        if (now !== value) visit(key, value, now);
      }
      for (const [key, value] of is.entries) {
        if ((hashKey(key) & (slots - 1)) === slot && !was.entries.has(key)) visit(key, undefined, value);
      }
    }
  }
}

/** A version in the making: copies what it touches, once. Not to be used after `finish`. */
export class TableDraft<K extends TableKey, V> {
  private readonly base: Table<K, V>;
  /** Not the draft itself: buckets outlive drafts and must not keep former versions alive. */
  private readonly token = {};
  private directory: Bucket<K, V>[] | null = null;
  private depth: number;
  private size: number;

  constructor(base: Table<K, V>) {
    this.base = base;
    this.depth = base.depth;
    this.size = base.size;
  }

  get(key: K): V | undefined {
    if (this.directory === null) return this.base.get(key);
    return (this.directory[this.slotOf(key)] as Bucket<K, V>).entries.get(key);
  }

  set(key: K, value: V): void {
    for (;;) {
      const bucket = this.own(this.slotOf(key));
      if (bucket.entries.size < bucketSize || bucket.depth >= maxDepth || bucket.entries.has(key)) {
        if (!bucket.entries.has(key)) this.size += 1;
        bucket.entries.set(key, value);
        return;
      }
      this.split(key, bucket);
    }
  }

  /** Returns whether the key was there. */
  delete(key: K): boolean {
    if (this.get(key) === undefined) return false;
    this.own(this.slotOf(key)).entries.delete(key);
    this.size -= 1;
    return true;
  }

  /** The new version; the base itself when nothing was touched. An emptied table gives its memory back. */
  finish(): Table<K, V> {
    if (this.directory === null) return this.base;
    if (this.size === 0) return Table.empty();
    const finished = new Table<K, V>(this.directory, this.depth, this.size);
    this.directory = null;
    return finished;
  }

  private slotOf(key: K): number {
    return hashKey(key) & (2 ** this.depth - 1);
  }

  /** The bucket at a slot, copied unless this draft made it. */
  private own(slot: number): Bucket<K, V> {
    this.directory ??= this.base.directory.slice();
    const bucket = this.directory[slot] as Bucket<K, V>;
    if (bucket.owner === this.token) return bucket;
    const copy: Bucket<K, V> = { entries: new Map(bucket.entries), depth: bucket.depth, owner: this.token };
    this.point(slot, copy);
    return copy;
  }

  /** Makes every slot that shares the bucket's hash bits point to it. */
  private point(slot: number, bucket: Bucket<K, V>): void {
    const directory = this.directory as Bucket<K, V>[];
    const stride = 2 ** bucket.depth;
    for (let at = slot & (stride - 1); at < directory.length; at += stride) directory[at] = bucket;
  }

  private split(key: K, bucket: Bucket<K, V>): void {
    if (bucket.depth === this.depth) {
      this.directory = (this.directory as Bucket<K, V>[]).concat(this.directory as Bucket<K, V>[]);
      this.depth += 1;
    }
    const depth = bucket.depth + 1;
    const bit = 2 ** bucket.depth;
    const low: Bucket<K, V> = { entries: new Map(), depth, owner: this.token };
    const high: Bucket<K, V> = { entries: new Map(), depth, owner: this.token };
    for (const [other, value] of bucket.entries) {
      ((hashKey(other) & bit) === 0 ? low : high).entries.set(other, value);
    }
    const slot = hashKey(key) & (bit - 1);
    this.point(slot, low);
    this.point(slot | bit, high);
  }
}

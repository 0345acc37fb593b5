/** Numbers (DIDs) of a view: the exact number, else the longest prefix. */
import type { NumberRow } from '../contract/rows.ts';
import type { BigTable } from './big-table.ts';
import { placeHash, startHash, textHash } from './packed-base.ts';
import type { PackedNumbers } from './packed-tables.ts';

const exactSpace = 0;
const prefixSpace = 1;
/** Longer prefixes than that are in no table (contract/limits.ts, numberLength). */
export const longestPrefix = 64;

/** Hashes of the first n characters of the number at hand, at index n. */
export const prefixHashes = new Int32Array(longestPrefix + 1);

/** Fills `prefixHashes`; returns the longest prefix that need be looked for. */
export function hashPrefixes(user: string): number {
  const longest = Math.min(user.length, longestPrefix);
  let hash = startHash;
  prefixHashes[0] = hash;
  for (let length = 1; length <= longest; length++) {
    hash = textHash(user, length - 1, length, hash);
    prefixHashes[length] = hash;
  }
  return longest;
}

export class NumberTable implements PackedNumbers {
  readonly rows: BigTable<'number'>;

  constructor(rows: BigTable<'number'>) {
    this.rows = rows;
  }

  get size(): number {
    return this.rows.size;
  }

  get(pattern: string): NumberRow | undefined {
    return this.rows.get(pattern);
  }

  values(): Iterable<NumberRow> {
    return this.rows.values();
  }

  find(user: string): NumberRow | null {
    const { rows } = this;
    // No pattern holds a star but at its end: a dialled one must not be taken for it.
    if (rows.size === 0 || user.length > longestPrefix || user.includes('*')) return rows.size === 0 ? null : this.findPrefix(user);
    const exact = this.look(user, exactSpace, user, user.length, textHash(user, 0, user.length));
    return exact ?? this.findPrefix(user);
  }

  private findPrefix(user: string): NumberRow | null {
    const { rows } = this;
    for (let length = hashPrefixes(user); length >= 0; length--) {
      if (!rows.measured(length)) continue;
      const found = this.look(rows.overlay.size === 0 ? '' : `${user.slice(0, length)}*`, prefixSpace, user, length, prefixHashes[length] as number);
      if (found !== null) return found;
    }
    return null;
  }

  private look(key: string, space: number, user: string, length: number, textHashed: number): NumberRow | null {
    const { base, overlay } = this.rows;
    if (overlay.size > 0) {
      const changed = overlay.get(key);
      if (changed !== undefined) return changed;
    }
    if (base.size === 0) return null;
    const hash = placeHash(textHashed, space);
    const slot = base.seek(base.home(hash), hash, space, user, 0, length);
    return slot < 0 ? null : base.row(base.record(slot));
  }
}

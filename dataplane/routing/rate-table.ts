/** Price lists of a view: of each dispatcher set the longest prefix of a number, cheapest set first. */
import type { RateRow } from '../contract/rows.ts';
import { BigTable, BigTableDraft } from './big-table.ts';
import { hashPrefixes, longestPrefix, prefixHashes } from './number-table.ts';
import { placeHash, type PackedBase } from './packed-base.ts';
import { ratedSets, type PackedRates, type PricedSets } from './packed-tables.ts';
import { Table, TableDraft } from './table.ts';

/** What the overlay says of a set under one prefix; price -1 = its row is gone. */
interface Change {
  readonly set: number;
  readonly price: number;
}

const unchanged: readonly Change[] = [];
/** Prefixes of the number at hand that a table may hold, longest first. */
const candidates = { hashes: new Int32Array(longestPrefix), lengths: new Int32Array(longestPrefix), slots: new Uint32Array(longestPrefix) };
const priced: PricedSets = { count: 0, sets: [], prices: [], prefixLengths: [] };

/** The part of a key that a look-up knows. */
const prefixOf = (key: string): string => key.slice(0, key.lastIndexOf('/'));

export class RateTable implements PackedRates {
  readonly rows: BigTable<'rate'>;
  /** The overlay by `table/prefix`. */
  readonly changes: Table<string, readonly Change[]>;

  constructor(rows: BigTable<'rate'> = BigTable.empty('rate'), changes: Table<string, readonly Change[]> = Table.empty()) {
    this.rows = rows;
    this.changes = changes;
  }

  get size(): number {
    return this.rows.size;
  }

  find(table: number, user: string): PricedSets {
    priced.count = 0;
    if (this.rows.size === 0) return priced;
    const longest = hashPrefixes(user);
    let record = this.longestPacked(table, user, longest);
    if (this.changes.size === 0) {
      const { base } = this.rows;
      for (; record !== 0 && priced.count < ratedSets; record = base.next(record)) take(base.x(record), base.y(record), base.textLength(record));
    } else {
      this.merge(table, user, longest, record);
    }
    sort();
    return priced;
  }

  /** The first packed record of the longest prefix of a number; all others hang on it. */
  private longestPacked(table: number, user: string, longest: number): number {
    const { base, measures } = this.rows;
    if (base.size === 0) return 0;
    let lengths = 0;
    // Slots of all lengths in one loop of independent reads: the processor waits for them together.
    for (let length = longest; length > 0; length--) {
      if (((measures[length >>> 5] as number) & (1 << (length & 31))) === 0) continue;
      const hash = placeHash(prefixHashes[length] as number, table);
      candidates.hashes[lengths] = hash;
      candidates.lengths[lengths] = length;
      candidates.slots[lengths++] = base.slots[base.home(hash)] as number;
    }
    for (let i = 0; i < lengths; i++) {
      if (candidates.slots[i] === 0) continue;
      const hash = candidates.hashes[i] as number;
      const slot = base.seek(base.home(hash), hash, table, user, 0, candidates.lengths[i] as number);
      if (slot >= 0) return base.record(slot);
    }
    return 0;
  }

  /** Takes packed rows and those of the overlay, from the longest prefix to the shortest. */
  private merge(table: number, user: string, longest: number, first: number): void {
    const { base } = this.rows;
    let record = first;
    for (let length = longest; length > 0 && priced.count < ratedSets; length--) {
      if (!this.rows.measured(length)) continue;
      const changed = this.changes.get(`${table}/${user.slice(0, length)}`) ?? unchanged;
      for (const { set, price } of changed) if (price >= 0) take(set, price, length);
      for (; record !== 0 && base.textLength(record) === length; record = base.next(record)) {
        const set = base.x(record);
        if (!changed.some((change) => change.set === set)) take(set, base.y(record), length);
      }
    }
  }
}

export class RateDraft {
  private readonly before: RateTable;
  private readonly rows: BigTableDraft<'rate'>;
  private changes: TableDraft<string, readonly Change[]>;

  constructor(before: RateTable) {
    this.before = before;
    this.rows = new BigTableDraft(before.rows);
    this.changes = new TableDraft(before.changes);
  }

  /** Goes on from a packed table: whatever was there is forgotten. */
  rebase(base: PackedBase<'rate'>): void {
    this.rows.rebase(base);
    this.changes = new TableDraft(Table.empty());
  }

  put(key: string, row: RateRow | null): void {
    this.rows.put(key, row);
    const prefix = prefixOf(key);
    const set = Number(key.slice(prefix.length + 1));
    const others = (this.changes.get(prefix) ?? unchanged).filter((change) => change.set !== set);
    if (this.rows.changes(key)) others.push({ set, price: row === null ? -1 : row.price });
    if (others.length === 0) this.changes.delete(prefix);
    else this.changes.set(prefix, others);
  }

  finish(): RateTable {
    const rows = this.rows.finish();
    return rows === this.before.rows ? this.before : new RateTable(rows, this.changes.finish());
  }
}

/** Takes a set in unless a longer prefix of it has come before. */
function take(set: number, price: number, prefixLength: number): void {
  const { count, sets } = priced;
  for (let i = 0; i < count; i++) if (sets[i] === set) return;
  if (count === ratedSets) return;
  sets[count] = set;
  priced.prices[count] = price;
  priced.prefixLengths[count] = prefixLength;
  priced.count = count + 1;
}

/** By insertion: a handful of sets, and nothing allocated. */
function sort(): void {
  const { count, sets, prices, prefixLengths } = priced;
  for (let i = 1; i < count; i++) {
    const set = sets[i] as number;
    const price = prices[i] as number;
    const length = prefixLengths[i] as number;
    let at = i;
    for (; at > 0 && ((prices[at - 1] as number) > price || (prices[at - 1] === price && (sets[at - 1] as number) > set)); at--) {
      sets[at] = sets[at - 1] as number;
      prices[at] = prices[at - 1] as number;
      prefixLengths[at] = prefixLengths[at - 1] as number;
    }
    sets[at] = set;
    prices[at] = price;
    prefixLengths[at] = length;
  }
}

/** Price lists of a view: of each dispatcher set the longest prefix of a number, cheapest set first. */
import type { RateRow } from '../contract/rows.ts';
import { BigTable, BigTableDraft } from './big-table.ts';
import { hashPrefixes, prefixHashes } from './number-table.ts';
import { placeHash, type PackedBase } from './packed-base.ts';
import { ratedSets, type PackedRates, type PricedSets } from './packed-tables.ts';
import { Table, TableDraft } from './table.ts';

/** What the overlay says of a set under one prefix; price -1 = its row is gone. */
interface Change {
  readonly set: number;
  readonly price: number;
}

const unchanged: readonly Change[] = [];
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
    const { rows, changes } = this;
    priced.count = 0;
    if (rows.size === 0) return priced;
    for (let length = hashPrefixes(user); length > 0 && priced.count < ratedSets; length--) {
      if (!rows.measured(length)) continue;
      const changed = changes.size === 0 ? unchanged : changes.get(`${table}/${user.slice(0, length)}`) ?? unchanged;
      for (const { set, price } of changed) if (price >= 0) take(set, price, length);
      takePacked(rows.base, table, user, length, changed);
    }
    sort();
    return priced;
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

function takePacked(base: PackedBase<'rate'>, table: number, user: string, length: number, changed: readonly Change[]): void {
  if (base.size === 0) return;
  const hash = placeHash(prefixHashes[length] as number, table);
  for (let slot = base.seek(base.home(hash), hash, table, user, 0, length); slot >= 0; slot = base.seek(base.after(slot), hash, table, user, 0, length)) {
    const record = base.record(slot);
    const set = base.x(record);
    if (changed.length === 0 || !changed.some((change) => change.set === set)) take(set, base.y(record), length);
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

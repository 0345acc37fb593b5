/**
 * What routing asks of the big tables. Behind each stands a packed base in a SharedArrayBuffer, which all workers read, and
 * a small overlay of what changed since it was packed; whoever asks sees one table. A ConfigView holds one version of each
 * (`view.tables.domains`, `.numbers`, `.rates`); versions never change. Look-ups allocate nothing on repeated keys.
 */
import type { DomainRow, NumberRow } from '../contract/rows.ts';
import type { BigTableName } from './packed-kinds.ts';

/** A whole table, packed: what the main thread hands to the workers. Posted by reference. */
export interface PackedTable {
  readonly table: BigTableName;
  readonly buffer: SharedArrayBuffer;
}

/** What a look-up of a number gives. */
export type NumberFound = NumberRow;

/** Domains by name. */
export interface PackedDomains {
  /** Wildcards included. */
  readonly size: number;
  /** The row of that very name (`sip.example`, `*.example`); undefined = none. */
  get(name: string): DomainRow | undefined;
  /** The domain of a host (lower case): exact, else the longest `*.suffix`. Disabled ones included: they hide shorter wildcards. */
  find(host: string): DomainRow | null;
  /** Every row once, in no particular order. Makes an object a row: for lists and reports only. */
  values(): Iterable<DomainRow>;
}

/** Numbers (DIDs) by pattern. */
export interface PackedNumbers {
  readonly size: number;
  get(pattern: string): NumberRow | undefined;
  /** The row of a dialled user part: the exact number, else the longest prefix (`+49*` holds `+49` too). Disabled ones included. */
  find(user: string): NumberRow | null;
  values(): Iterable<NumberRow>;
}

/** What `PackedRates.find` came upon. One shared record that the next look-up overwrites: read it at once. */
export interface PricedSets {
  /** Places 0 to count - 1 of the lists are of this look-up, cheapest first, equal prices by set number. */
  count: number;
  readonly sets: number[];
  /** Millionths of a unit. */
  readonly prices: number[];
  /** Length of the prefix that gave the price. */
  readonly prefixLengths: number[];
}

/** Price lists: which dispatcher sets carry a number, and for how much. */
export interface PackedRates {
  readonly size: number;
  /**
   * The sets of rate table `table` that have a prefix of `user`: of each set its longest prefix counts. At most
   * `ratedSets` sets, those with the longest prefixes.
   */
  find(table: number, user: string): PricedSets;
}

/** Sets that one look-up of a rate table considers. */
export const ratedSets = 64;

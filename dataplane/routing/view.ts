/** The configuration as a worker sees it: immutable, swapped whole; a message reads the reference once. */
import type { AliasRow, CertificateRow, DomainRow, NodeRow, RuleRow, SettingRow, TableName, TenantRow, TrunkRow } from '../contract/rows.ts';
import { findAlias } from './alias.ts';
import type { Destination } from './destination.ts';
import type { DispatcherSet } from './dispatcher-set.ts';
import type { DomainTable } from './domain-table.ts';
import type { NumberTable } from './number-table.ts';
import type { NumberFound, PricedSets } from './packed-tables.ts';
import type { PrefixTree } from './prefix-tree.ts';
import type { RateTable } from './rate-table.ts';
import type { RouteSet, RuleIndex } from './rules.ts';
import type { Table } from './table.ts';

/** All that a view consists of; only build.ts makes one. */
export interface ViewTables {
  /** null = none came yet; the default applies. */
  readonly setting: SettingRow | null;
  readonly tenants: Table<number, TenantRow>;
  readonly domains: DomainTable;
  readonly routeSets: Table<number, RouteSet>;
  /** Rules by route set, whether its own row is there or not. */
  readonly ruleIndexes: Table<number, RuleIndex>;
  readonly rules: Table<number, RuleRow>;
  readonly sets: Table<number, DispatcherSet>;
  /** Destinations by set, by id, whether the set's own row is there or not. */
  readonly members: Table<number, readonly Destination[]>;
  readonly destinations: Table<number, Destination>;
  readonly trunks: Table<string, TrunkRow>;
  /** Enabled trunks only. */
  readonly sources: PrefixTree<TrunkRow>;
  readonly nodes: Table<string, NodeRow>;
  readonly certificates: Table<string, CertificateRow>;
  /** By wire key. */
  readonly rates: RateTable;
  readonly numbers: NumberTable;
  readonly aliases: Table<string, AliasRow>;
}

export class ConfigView {
  readonly epoch: string;
  readonly rev: number;
  readonly setting: SettingRow;
  readonly tables: ViewTables;

  constructor(tables: ViewTables, setting: SettingRow, epoch: string, rev: number) {
    this.tables = tables;
    this.setting = setting;
    this.epoch = epoch;
    this.rev = rev;
  }

  tenant(id: number): TenantRow | null {
    return this.tables.tenants.get(id) ?? null;
  }

  /** The domain of a host (lower case): exact, else the longest `*.suffix`. Disabled ones included. */
  domain(host: string): DomainRow | null {
    return this.tables.domains.find(host);
  }

  /** The enabled trunk with the longest prefix over a numeric source address. */
  trunk(sourceAddress: string): TrunkRow | null {
    return this.tables.sources.find(sourceAddress);
  }

  /** The alias of a dialled address (host in lower case), null when there is none. */
  alias(user: string, host: string): AliasRow | null {
    return findAlias(this.tables.aliases, user, host);
  }

  /** The number (DID) that holds a dialled user part: exact, else the longest prefix. Disabled ones included. */
  number(user: string): NumberFound | null {
    return this.tables.numbers.find(user);
  }

  /** The sets of a rate table that carry a number, cheapest first. The record is overwritten by the next look-up. */
  rates(table: number, user: string): PricedSets {
    return this.tables.rates.find(table, user);
  }

  routeSet(number: number): RouteSet | null {
    return this.tables.routeSets.get(number) ?? null;
  }

  set(id: number): DispatcherSet | null {
    return this.tables.sets.get(id) ?? null;
  }

  /** A destination by its own id; null also while its set is missing. */
  destination(id: number): Destination | null {
    const destination = this.tables.destinations.get(id);
    return destination === undefined || this.tables.sets.get(destination.setId) === undefined ? null : destination;
  }

  node(id: string): NodeRow | null {
    return this.tables.nodes.get(id) ?? null;
  }

  sets(): Iterable<DispatcherSet> {
    return this.tables.sets.values();
  }

  /** Rows by wire table. */
  get counts(): Readonly<Record<TableName, number>> {
    const { tables } = this;
    return {
      setting: tables.setting === null ? 0 : 1,
      tenant: tables.tenants.size,
      certificate: tables.certificates.size,
      dispatcherSet: tables.sets.size,
      destination: tables.destinations.size,
      routeSet: tables.routeSets.size,
      rule: tables.rules.size,
      rate: tables.rates.size,
      domain: tables.domains.size,
      number: tables.numbers.size,
      alias: tables.aliases.size,
      trunk: tables.trunks.size,
      node: tables.nodes.size,
    };
  }
}

/** Makes the next ConfigView out of the last one and row changes. Cost follows the changes, not the configuration. */
import { defaultSetting } from '../contract/rows.ts';
import type {
  AliasRow, CertificateRow, DestinationRow, DispatcherSetRow, NodeRow, RouteSetRow, RowOp, RuleRow, SettingRow, TenantRow, TrunkRow,
} from '../contract/rows.ts';
import { parsePrefix } from '../contract/address.ts';
import { BigTable, BigTableDraft } from './big-table.ts';
import { Destination } from './destination.ts';
import { DispatcherSet } from './dispatcher-set.ts';
import { DomainTable } from './domain-table.ts';
import { NumberTable } from './number-table.ts';
import { PackedBase } from './packed-base.ts';
import { packedKinds } from './packed-kinds.ts';
import type { PackedTable } from './packed-tables.ts';
import { PrefixTree } from './prefix-tree.ts';
import { RateDraft, RateTable } from './rate-table.ts';
import { RuleDraft } from './rule-draft.ts';
import { RouteSet, RuleIndex } from './rules.ts';
import { Table, TableDraft } from './table.ts';
import { ConfigView } from './view.ts';
import type { ViewTables } from './view.ts';

/** A view without any row; epoch '' and revision 0. */
export function emptyView(): ConfigView {
  const tables: ViewTables = {
    setting: null,
    tenants: Table.empty(),
    domains: new DomainTable(BigTable.empty('domain')),
    routeSets: Table.empty(),
    ruleIndexes: Table.empty(),
    rules: Table.empty(),
    sets: Table.empty(),
    members: Table.empty(),
    destinations: Table.empty(),
    trunks: Table.empty(),
    sources: new PrefixTree(),
    nodes: Table.empty(),
    certificates: Table.empty(),
    rates: new RateTable(),
    numbers: new NumberTable(BigTable.empty('number')),
    aliases: Table.empty(),
  };
  return new ConfigView(tables, defaultSetting, '', 0);
}

/** The view after all of `ops`, in their order; `view` stays as it is. An op for a row that is not there removes nothing. */
export function applyOps(view: ConfigView, ops: Iterable<RowOp>, epoch: string, rev: number): ConfigView {
  const draft = new ViewDraft(view);
  for (const op of ops) draft.apply(op);
  return draft.commit(epoch, rev);
}

/** A view in the making, for building in slices: any number of `apply` calls, then one `commit`. */
export class ViewDraft {
  private readonly base: ViewTables;
  private setting: SettingRow | null;
  private readonly tenants: TableDraft<number, TenantRow>;
  private readonly domains: BigTableDraft<'domain'>;
  private readonly routeSetRows = new Map<number, RouteSetRow | null>();
  private readonly ruleDrafts = new Map<number, RuleDraft>();
  private readonly rules: TableDraft<number, RuleRow>;
  private readonly setRows = new Map<number, DispatcherSetRow | null>();
  private readonly memberChanges = new Map<number, Map<number, Destination | null>>();
  private readonly destinations: TableDraft<number, Destination>;
  private readonly trunks: TableDraft<string, TrunkRow>;
  private sources: PrefixTree<TrunkRow>;
  private readonly nodes: TableDraft<string, NodeRow>;
  private readonly certificates: TableDraft<string, CertificateRow>;
  private readonly rates: RateDraft;
  private readonly numbers: BigTableDraft<'number'>;
  private readonly aliases: TableDraft<string, AliasRow>;

  constructor(view: ConfigView) {
    const base = view.tables;
    this.base = base;
    this.setting = base.setting;
    this.tenants = new TableDraft(base.tenants);
    this.domains = new BigTableDraft(base.domains.rows);
    this.rules = new TableDraft(base.rules);
    this.destinations = new TableDraft(base.destinations);
    this.trunks = new TableDraft(base.trunks);
    this.sources = base.sources;
    this.nodes = new TableDraft(base.nodes);
    this.certificates = new TableDraft(base.certificates);
    this.rates = new RateDraft(base.rates);
    this.numbers = new BigTableDraft(base.numbers.rows);
    this.aliases = new TableDraft(base.aliases);
  }

  /** Goes on from a packed table: rows of it that came before are forgotten. @throws RangeError when it is none of this layout */
  rebase({ table, buffer }: PackedTable): void {
    switch (table) {
      case 'domain': this.domains.rebase(new PackedBase(packedKinds.domain, buffer)); break;
      case 'number': this.numbers.rebase(new PackedBase(packedKinds.number, buffer)); break;
      case 'rate': this.rates.rebase(new PackedBase(packedKinds.rate, buffer)); break;
    }
  }

  apply(op: RowOp): void {
    switch (op.table) {
      case 'setting': this.setting = op.row; break;
      case 'tenant': put(this.tenants, Number(op.key), op.row); break;
      case 'dispatcherSet': this.setRows.set(Number(op.key), op.row); break;
      case 'destination': this.applyDestination(Number(op.key), op.row); break;
      case 'routeSet': this.routeSetRows.set(Number(op.key), op.row); break;
      case 'rule': this.applyRule(Number(op.key), op.row); break;
      case 'domain': this.domains.put(op.key, op.row); break;
      case 'trunk': this.applyTrunk(op.key, op.row); break;
      case 'node': put(this.nodes, op.key, op.row); break;
      case 'certificate': put(this.certificates, op.key, op.row); break;
      case 'rate': this.rates.put(op.key, op.row); break;
      case 'number': this.numbers.put(op.key, op.row); break;
      case 'alias': put(this.aliases, op.key, op.row); break;
    }
  }

  /** The finished view. The draft must not be used again. */
  commit(epoch: string, rev: number): ConfigView {
    const members = new TableDraft(this.base.members);
    const sets = new TableDraft(this.base.sets);
    this.commitSets(members, sets);
    const ruleIndexes = new TableDraft(this.base.ruleIndexes);
    const routeSets = new TableDraft(this.base.routeSets);
    this.commitRouteSets(ruleIndexes, routeSets);
    const domains = this.domains.finish();
    const numbers = this.numbers.finish();
    const tables: ViewTables = {
      setting: this.setting,
      tenants: this.tenants.finish(),
      domains: domains === this.base.domains.rows ? this.base.domains : new DomainTable(domains),
      routeSets: routeSets.finish(),
      ruleIndexes: ruleIndexes.finish(),
      rules: this.rules.finish(),
      sets: sets.finish(),
      members: members.finish(),
      destinations: this.destinations.finish(),
      trunks: this.trunks.finish(),
      sources: this.sources,
      nodes: this.nodes.finish(),
      certificates: this.certificates.finish(),
      rates: this.rates.finish(),
      numbers: numbers === this.base.numbers.rows ? this.base.numbers : new NumberTable(numbers),
      aliases: this.aliases.finish(),
    };
    return new ConfigView(tables, this.setting ?? defaultSetting, epoch, rev);
  }

  private applyTrunk(key: string, row: TrunkRow | null): void {
    const before = this.trunks.get(key);
    if (before !== undefined && before.enabled) {
      for (const source of before.sources) {
        const prefix = parsePrefix(source);
        if (prefix !== null) this.sources = this.sources.without(prefix, key);
      }
    }
    put(this.trunks, key, row);
    if (row === null || !row.enabled) return;
    for (const source of row.sources) {
      const prefix = parsePrefix(source);
      if (prefix !== null) this.sources = this.sources.with(prefix, row);
    }
  }

  private applyDestination(id: number, row: DestinationRow | null): void {
    const before = this.destinations.get(id);
    const destination = row === null ? null : new Destination(row);
    if (before !== undefined && before.setId !== destination?.setId) this.membersOf(before.setId).set(id, null);
    if (destination !== null) this.membersOf(destination.setId).set(id, destination);
    put(this.destinations, id, destination);
  }

  private membersOf(set: number): Map<number, Destination | null> {
    const changes = this.memberChanges.get(set) ?? new Map<number, Destination | null>();
    this.memberChanges.set(set, changes);
    return changes;
  }

  private applyRule(id: number, row: RuleRow | null): void {
    const before = this.rules.get(id);
    if (before !== undefined) this.rulesOf(before.routeSet).remove(before);
    if (row !== null) this.rulesOf(row.routeSet).add(row);
    put(this.rules, id, row);
  }

  private rulesOf(routeSet: number): RuleDraft {
    const draft = this.ruleDrafts.get(routeSet) ?? new RuleDraft(this.base.ruleIndexes.get(routeSet) ?? RuleIndex.empty);
    this.ruleDrafts.set(routeSet, draft);
    return draft;
  }

  private commitSets(members: TableDraft<number, readonly Destination[]>, sets: TableDraft<number, DispatcherSet>): void {
    for (const [id, changes] of this.memberChanges) {
      const list = (members.get(id) ?? []).filter((destination) => !changes.has(destination.id));
      for (const destination of changes.values()) if (destination !== null) list.push(destination);
      put(members, id, list.length === 0 ? null : list.sort((a, b) => a.id - b.id));
    }
    for (const id of new Set([...this.memberChanges.keys(), ...this.setRows.keys()])) {
      const changed = this.setRows.get(id);
      const row = changed === undefined ? sets.get(id)?.row ?? null : changed;
      put(sets, id, row === null ? null : new DispatcherSet(row, members.get(id) ?? []));
    }
  }

  private commitRouteSets(indexes: TableDraft<number, RuleIndex>, routeSets: TableDraft<number, RouteSet>): void {
    for (const [number, draft] of this.ruleDrafts) {
      const index = draft.finish();
      put(indexes, number, index.size === 0 ? null : index);
    }
    for (const number of new Set([...this.ruleDrafts.keys(), ...this.routeSetRows.keys()])) {
      const changed = this.routeSetRows.get(number);
      const row = changed === undefined ? routeSets.get(number)?.row ?? null : changed;
      put(routeSets, number, row === null ? null : new RouteSet(row, indexes.get(number) ?? RuleIndex.empty));
    }
  }
}

function put<K extends string | number, V>(table: TableDraft<K, V>, key: K, value: V | null): void {
  if (value === null) table.delete(key);
  else table.set(key, value);
}

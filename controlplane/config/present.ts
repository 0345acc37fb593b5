/** Stored rows → what the REST API shows. Pure. */
import { algorithmNames } from '../../dataplane/contract/algorithms.ts';
import { defaultSetting } from '../../dataplane/contract/rows.ts';
import type { RateRow, TableName } from '../../dataplane/contract/rows.ts';
import type {
  Alias, Destination, DestinationLive, DispatcherSet, Domain, NumberItem, Rate, RouteSet, Rule, Setting, Tenant, Trunk,
} from '../contract/index.ts';
import type { Stored } from './stored.ts';

/** What nodes say about a destination, by its id. */
export type LiveOf = (destination: number) => readonly DestinationLive[];
export const nothingLive: LiveOf = () => [];

function kept({ note, version, createdAtMs, updatedAtMs }: Stored<TableName>) {
  return { externalId: note.externalId, comment: note.comment, version, createdAtMs, updatedAtMs };
}

export function presentTenant(stored: Stored<'tenant'>): Tenant {
  return { ...stored.row, ...kept(stored) };
}

export function presentDomain(stored: Stored<'domain'>, tenant: string): Domain {
  return { ...stored.row, tenant, ...kept(stored) };
}

export function presentTrunk(stored: Stored<'trunk'>, tenant: string): Trunk {
  return { ...stored.row, sources: [...stored.row.sources], tenant, ...kept(stored) };
}

export function presentNumber(stored: Stored<'number'>, tenant: string): NumberItem {
  return { ...stored.row, tenant, ...kept(stored) };
}

export function presentAlias(stored: Stored<'alias'>, tenant: string): Alias {
  return { ...stored.row, tenant, ...kept(stored) };
}

export function presentRate({ prefix, set, price }: RateRow): Rate {
  return { prefix, set, price: price / 1_000_000 };
}

export function presentRouteSetHead(stored: Stored<'routeSet'>, tenant: string | null) {
  const { failover } = stored.row;
  return { ...stored.row, tenant, failover: { ...failover, on: [...failover.on] }, ...kept(stored) };
}

export function presentRule(stored: Stored<'rule'>): Rule {
  const { methods, sets, prices, windows, routeSet: _owner, position: _place, ...row } = stored.row;
  return {
    ...row, methods: [...methods], sets: [...sets], prices: prices.map((millionths) => millionths / 1_000_000),
    windows: windows.map((window) => ({ ...window, days: [...window.days] })), comment: stored.note.comment,
  };
}

/** `rules` in the order of their positions. */
export function presentRouteSet(stored: Stored<'routeSet'>, rules: readonly Stored<'rule'>[], tenant: string | null): RouteSet {
  return { ...presentRouteSetHead(stored, tenant), rules: rules.map(presentRule) };
}

export function presentDestination(stored: Stored<'destination'>, live: LiveOf): Destination {
  return { ...stored.row, attrs: { ...stored.row.attrs }, ...kept(stored), live: [...live(stored.row.id)] };
}

export function presentDispatcherSet(stored: Stored<'dispatcherSet'>, destinations: readonly Stored<'destination'>[], tenant: string | null, live: LiveOf): DispatcherSet {
  const { probing } = stored.row;
  return {
    ...stored.row, tenant, algorithmName: algorithmNames[stored.row.algorithm], probing: { ...probing, codes: [...probing.codes] },
    destinations: destinations.map((destination) => presentDestination(destination, live)), ...kept(stored),
  };
}

/** null = never written: the defaults, version 0. */
export function presentSetting(stored: Stored<'setting'> | null): Setting {
  const row = stored?.row ?? defaultSetting;
  const media = { ...row.media, rtpengines: row.media.rtpengines.map((instance) => ({ ...instance })) };
  return { ...row, scanners: [...row.scanners], media, version: stored?.version ?? 0, updatedAtMs: stored?.updatedAtMs ?? 0 };
}

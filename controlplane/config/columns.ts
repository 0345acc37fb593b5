/**
 * Database columns ↔ wire rows, one pair a table. Pure. What stands in the database was decoded before it
 * was written (ConfigWriter is the only door), so JSON columns are taken for what they are.
 */
import { dispatcherSetDefaults, ruleDefaults, settingDefaults, tenantPolicyDefaults, trunkDefaults } from '../../dataplane/contract/rows.ts';
import type {
  AdminState, Affinity, Algorithm, DestinationRow, DispatcherSetRow, DomainRow, RouteSetRow, RuleMatch, RuleRow,
  SettingRow, TenantRow, TrunkRow,
} from '../../dataplane/contract/rows.ts';

export interface TenantColumns {
  readonly id: number; readonly key: string; readonly name: string; readonly enabled: boolean;
  readonly limits: unknown; readonly policies: unknown;
}
export function compileTenant(c: TenantColumns): TenantRow {
  return {
    id: c.id, key: c.key, name: c.name, enabled: c.enabled,
    limits: c.limits as TenantRow['limits'], policies: { ...tenantPolicyDefaults, ...c.policies as TenantRow['policies'] },
  };
}

export interface DomainColumns {
  readonly name: string; readonly tenantId: number; readonly routeSetId: number; readonly enabled: boolean; readonly did: string;
}
export function compileDomain(c: DomainColumns): DomainRow {
  return { name: c.name, tenant: c.tenantId, routeSet: c.routeSetId, enabled: c.enabled, did: c.did };
}

export interface TrunkColumns {
  readonly key: string; readonly name: string; readonly tenantId: number; readonly routeSetId: number;
  readonly enabled: boolean; readonly sources: readonly string[];
}
export function compileTrunk(c: TrunkColumns): TrunkRow {
  return { key: c.key, name: c.name, tenant: c.tenantId, routeSet: c.routeSetId, enabled: c.enabled, sources: c.sources, ...trunkDefaults };
}

export interface RouteSetColumns {
  readonly number: number; readonly name: string; readonly tenantId: number | null; readonly family: string; readonly failover: unknown;
}
export function compileRouteSet(c: RouteSetColumns): RouteSetRow {
  return {
    number: c.number, name: c.name, tenant: c.tenantId, family: c.family as RouteSetRow['family'],
    failover: c.failover as RouteSetRow['failover'],
  };
}

export interface RuleColumns {
  readonly id: number; readonly routeSet: number; readonly position: number; readonly match: unknown;
  readonly methods: readonly string[]; readonly sets: readonly number[]; readonly strip: number; readonly prepend: string;
}
export function compileRule(c: RuleColumns): RuleRow {
  return {
    id: c.id, routeSet: c.routeSet, position: c.position, match: c.match as RuleMatch,
    methods: c.methods, sets: c.sets, ...ruleDefaults, strip: c.strip, prepend: c.prepend,
  };
}

export interface DispatcherSetColumns {
  readonly id: number; readonly name: string; readonly tenantId: number | null; readonly algorithm: number;
  readonly affinity: string; readonly affinityAll: boolean; readonly probing: unknown;
}
export function compileDispatcherSet(c: DispatcherSetColumns): DispatcherSetRow {
  return {
    id: c.id, name: c.name, tenant: c.tenantId, algorithm: c.algorithm as Algorithm, affinity: c.affinity as Affinity,
    affinityAll: c.affinityAll, ...dispatcherSetDefaults, probing: c.probing as DispatcherSetRow['probing'],
  };
}

export interface DestinationColumns {
  readonly id: number; readonly setId: number; readonly uri: string; readonly rank: number; readonly weight: number;
  readonly admin: string; readonly attrs: unknown;
}
export function compileDestination(c: DestinationColumns): DestinationRow {
  return {
    id: c.id, set: c.setId, uri: c.uri, rank: c.rank, weight: c.weight, admin: c.admin as AdminState,
    attrs: c.attrs as DestinationRow['attrs'],
  };
}

export interface SettingColumns {
  readonly unknownDomain: string; readonly requireToMatch: boolean; readonly scanners: readonly string[]; readonly methods: string;
}
export function compileSetting(c: SettingColumns): SettingRow {
  return {
    unknownDomain: c.unknownDomain === 'drop' ? 'drop' : c.unknownDomain === '403' ? 403 : 404,
    requireToMatch: c.requireToMatch, scanners: c.scanners, methods: c.methods as SettingRow['methods'], ...settingDefaults,
  };
}

/**
 * Database columns ↔ wire rows, one pair a table. Pure. What stands in the database was decoded before it
 * was written (ConfigWriter is the only door), so JSON columns are taken for what they are.
 */
import type {
  AdminState, Affinity, AliasRow, Algorithm, CertificateRow, DestinationRow, DispatcherSetRow, DomainRow, NumberRow, RateRow, RouteSetRow, RuleMatch,
  RuleRow, SettingRow, TenantRow, TrunkRow,
} from '../../dataplane/contract/rows.ts';

export interface TenantColumns {
  readonly id: number; readonly key: string; readonly name: string; readonly enabled: boolean;
  readonly limits: unknown; readonly policies: unknown;
}
export function compileTenant(c: TenantColumns): TenantRow {
  return {
    id: c.id, key: c.key, name: c.name, enabled: c.enabled,
    limits: c.limits as TenantRow['limits'], policies: c.policies as TenantRow['policies'],
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
  readonly enabled: boolean; readonly sources: readonly string[]; readonly strip: number; readonly prepend: string;
}
export function compileTrunk(c: TrunkColumns): TrunkRow {
  return {
    key: c.key, name: c.name, tenant: c.tenantId, routeSet: c.routeSetId, enabled: c.enabled, sources: c.sources, strip: c.strip, prepend: c.prepend,
  };
}

export interface NumberColumns {
  readonly pattern: string; readonly tenantId: number; readonly routeSetId: number; readonly enabled: boolean;
}
export function compileNumber(c: NumberColumns): NumberRow {
  return { pattern: c.pattern, tenant: c.tenantId, routeSet: c.routeSetId, enabled: c.enabled };
}

export interface AliasColumns {
  readonly alias: string; readonly target: string; readonly tenantId: number; readonly enabled: boolean;
}
export function compileAlias(c: AliasColumns): AliasRow {
  return { alias: c.alias, target: c.target, tenant: c.tenantId, enabled: c.enabled };
}

export interface CertificateColumns {
  readonly name: string; readonly names: readonly string[]; readonly chain: string; readonly key: string;
}
export function compileCertificate(c: CertificateColumns): CertificateRow {
  return { name: c.name, names: c.names, chain: c.chain, key: c.key };
}

/** A price is a BIGINT, which drivers give as text or bigint; it is below 2^53. */
export interface RateColumns {
  readonly tableNumber: number; readonly prefix: string; readonly setId: number; readonly price: unknown;
}
export function compileRate(c: RateColumns): RateRow {
  return { table: c.tableNumber, prefix: c.prefix, set: c.setId, price: Number(c.price) };
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
  readonly prices: unknown; readonly windows: unknown; readonly rates: number; readonly enumSuffix: string;
}
export function compileRule(c: RuleColumns): RuleRow {
  return {
    id: c.id, routeSet: c.routeSet, position: c.position, match: c.match as RuleMatch,
    methods: c.methods, sets: c.sets, strip: c.strip, prepend: c.prepend,
    prices: c.prices as RuleRow['prices'], windows: c.windows as RuleRow['windows'], rates: c.rates, enumSuffix: c.enumSuffix,
  };
}

export interface DispatcherSetColumns {
  readonly id: number; readonly name: string; readonly tenantId: number | null; readonly algorithm: number;
  readonly affinity: string; readonly affinityAll: boolean; readonly hashOn: string; readonly slowStartMs: number;
  readonly registration: string; readonly probing: unknown;
}
export function compileDispatcherSet(c: DispatcherSetColumns): DispatcherSetRow {
  return {
    id: c.id, name: c.name, tenant: c.tenantId, algorithm: c.algorithm as Algorithm, affinity: c.affinity as Affinity,
    affinityAll: c.affinityAll, hashOn: c.hashOn, slowStartMs: c.slowStartMs, registration: c.registration as DispatcherSetRow['registration'],
    probing: c.probing as DispatcherSetRow['probing'],
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
  readonly tls: unknown; readonly registration: unknown; readonly keepAlive: unknown; readonly media: unknown;
}
export function compileSetting(c: SettingColumns): SettingRow {
  return {
    unknownDomain: c.unknownDomain === 'drop' ? 'drop' : c.unknownDomain === '403' ? 403 : 404,
    requireToMatch: c.requireToMatch, scanners: c.scanners, methods: c.methods as SettingRow['methods'],
    tls: c.tls as SettingRow['tls'], registration: c.registration as SettingRow['registration'], keepAlive: c.keepAlive as SettingRow['keepAlive'],
    media: c.media as SettingRow['media'],
  };
}

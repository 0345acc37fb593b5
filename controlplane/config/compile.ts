/**
 * Request bodies → wire rows, with the defaults that a PUT takes for what it leaves out. Pure: names are
 * resolved to ids by the caller, and whether the values are acceptable is the decoders' business.
 */
import { algorithmOf } from '../../dataplane/contract/algorithms.ts';
import { defaultSetting, dispatcherSetDefaults, ruleDefaults, tenantPolicyDefaults, trunkDefaults } from '../../dataplane/contract/rows.ts';
import type {
  AliasRow, Algorithm, DestinationRow, DispatcherSetRow, DomainRow, NumberRow, RouteSetRow, RuleRow, SettingRow, TenantRow, TrunkRow,
} from '../../dataplane/contract/rows.ts';
import type {
  AliasBody, DestinationBody, DispatcherSetBody, DomainBody, NumberBody, RouteSetBody, RuleBody, SettingBody, TenantBody, TrunkBody,
} from '../contract/index.ts';
import type { Note } from './stored.ts';

export function noteOf(body: { readonly comment?: string; readonly externalId?: string | null }): Note {
  return { comment: body.comment ?? '', externalId: body.externalId ?? null };
}

export function tenantRow(id: number, key: string, body: TenantBody): TenantRow {
  return {
    id, key, name: body.name ?? key, enabled: body.enabled ?? true,
    limits: { calls: body.limits?.calls ?? 0, cps: body.limits?.cps ?? 0, registrations: body.limits?.registrations ?? 0 },
    policies: {
      media: body.policies?.media ?? 'relay', topologyHiding: body.policies?.topologyHiding ?? false, digest: body.policies?.digest ?? false,
      redirects: body.policies?.redirects ?? tenantPolicyDefaults.redirects, hideCallId: body.policies?.hideCallId ?? tenantPolicyDefaults.hideCallId,
      latching: body.policies?.latching ?? tenantPolicyDefaults.latching,
    },
  };
}

export function domainRow(name: string, tenant: number, body: DomainBody): DomainRow {
  return { name, tenant, routeSet: body.routeSet, enabled: body.enabled ?? true, did: body.did ?? '' };
}

export function trunkRow(key: string, tenant: number, body: TrunkBody): TrunkRow {
  return {
    key, name: body.name ?? key, tenant, routeSet: body.routeSet, enabled: body.enabled ?? true, sources: body.sources,
    strip: body.strip ?? trunkDefaults.strip, prepend: body.prepend ?? trunkDefaults.prepend,
  };
}

export function numberRow(pattern: string, tenant: number, body: NumberBody): NumberRow {
  return { pattern, tenant, routeSet: body.routeSet, enabled: body.enabled ?? true };
}

export function aliasRow(alias: string, tenant: number, body: AliasBody): AliasRow {
  return { alias, target: body.target, tenant, enabled: body.enabled ?? true };
}

export function routeSetRow(number: number, tenant: number | null, body: RouteSetBody): RouteSetRow {
  return {
    number, name: body.name ?? '', tenant, family: body.family ?? 'prefer',
    failover: {
      frMs: body.failover?.frMs ?? 5_000, frInviteMs: body.failover?.frInviteMs ?? 30_000,
      on: body.failover?.on ?? ['timeout', 'transport', 500, 503], maxAttempts: body.failover?.maxAttempts ?? 3,
    },
  };
}

export function ruleRow(id: number, routeSet: number, position: number, body: RuleBody): RuleRow {
  return {
    id, routeSet, position, match: body.match, methods: body.methods ?? [], strip: body.strip ?? 0, prepend: body.prepend ?? '',
    ...pricedSets(body),
    windows: (body.windows ?? []).map(({ timezone, days, from, to }) => ({ timezone, days: days ?? everyDay, from: from ?? '00:00', to: to ?? '24:00' })),
    rates: body.rates ?? ruleDefaults.rates, enumSuffix: body.enumSuffix ?? ruleDefaults.enumSuffix,
  };
}

const everyDay = [1, 2, 3, 4, 5, 6, 7];

/** Prices stand beside their sets or in a list of their own; a list that does not fit is the decoder's to refuse. */
function pricedSets({ sets = [], prices = [] }: RuleBody): Pick<RuleRow, 'sets' | 'prices'> {
  const beside = sets.flatMap((one) => (typeof one === 'number' ? [] : [one.price]));
  return { sets: sets.map((one) => (typeof one === 'number' ? one : one.set)), prices: [...beside, ...prices].map(toMillionths) };
}

/** A price of the API as the wire has it. */
export const toMillionths = (price: number): number => Math.round(price * 1_000_000);
/** Whether it can be kept as it is. */
export const isPrice = (price: number): boolean => toMillionths(price) / 1_000_000 === price;

export function dispatcherSetRow(id: number, tenant: number | null, body: DispatcherSetBody): DispatcherSetRow {
  const mode = body.probing?.mode ?? 'always';
  return {
    id, name: body.name ?? '', tenant, algorithm: readAlgorithm(body.algorithm ?? 4), affinity: body.affinity ?? 'aor', affinityAll: body.affinityAll ?? false,
    hashOn: body.hashOn ?? dispatcherSetDefaults.hashOn, slowStartMs: body.slowStartMs ?? dispatcherSetDefaults.slowStartMs,
    registration: body.registration ?? dispatcherSetDefaults.registration,
    probing: {
      mode, intervalMs: body.probing?.intervalMs ?? 30_000, timeoutMs: body.probing?.timeoutMs ?? 2_000,
      downAfter: body.probing?.downAfter ?? 2, upAfter: body.probing?.upAfter ?? 2, codes: body.probing?.codes ?? [200],
      from: body.probing?.from ?? '',
      // A destination that is never probed, or only once it failed, would otherwise never be used.
      useUnknown: body.probing?.useUnknown ?? mode !== 'always',
    },
  };
}

/** By number or name; the schema let no other word pass. */
function readAlgorithm(choice: NonNullable<DispatcherSetBody['algorithm']>): Algorithm {
  return typeof choice === 'number' ? choice : algorithmOf(choice) ?? 4;
}

export function destinationRow(id: number, set: number, body: DestinationBody): DestinationRow {
  return {
    id, set, uri: body.uri, rank: body.rank ?? 1, weight: body.weight ?? 1, admin: body.admin ?? 'enabled', attrs: body.attrs ?? {},
  };
}

export function settingRow(body: SettingBody): SettingRow {
  return {
    unknownDomain: body.unknownDomain ?? defaultSetting.unknownDomain, requireToMatch: body.requireToMatch ?? defaultSetting.requireToMatch,
    scanners: body.scanners ?? defaultSetting.scanners, methods: body.methods ?? defaultSetting.methods,
    tls: { ...defaultSetting.tls, ...body.tls }, registration: { ...defaultSetting.registration, ...body.registration },
    keepAlive: { ...defaultSetting.keepAlive, ...body.keepAlive },
    media: {
      ...defaultSetting.media, ...body.media,
      rtpengines: (body.media?.rtpengines ?? []).map(({ address, weight = 1, enabled = true }) => ({ address, weight, enabled })),
    },
  };
}

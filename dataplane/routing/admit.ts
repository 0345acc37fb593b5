/** Pipeline step 8: whose request it is. Trunk by source, else domain by Request-URI host (design 02). */
import type { AliasRow, DomainRow, TenantRow, TrunkRow } from '../contract/rows.ts';
import { aliasHost, aliasUser } from './alias.ts';
import type { NumberFound } from './packed-tables.ts';
import type { RouteQuery } from './query.ts';
import type { Recorder } from './recorder.ts';
import type { RouteSet } from './rules.ts';
import type { ConfigView } from './view.ts';

export type Refusal = 'unknown-domain' | 'to-mismatch' | 'no-number' | 'no-route-set' | 'no-rule' | 'no-destination';

export interface Refused {
  readonly ok: false;
  readonly refuse: Refusal;
  readonly detail: string;
}

/** Whose request it is, and the address that it is for by now. */
export class Admitted {
  /** The trunk it came from, or null. */
  readonly trunk: TrunkRow | null;
  /** The number (DID) that gave tenant and route set to a call from a trunk, or null. */
  readonly number: NumberFound | null;
  /** The domain it is for; null when a trunk decided. */
  readonly domain: DomainRow | null;
  /** The alias that was followed to that domain, or null. */
  readonly alias: AliasRow | null;
  readonly tenant: TenantRow;
  readonly routeSet: RouteSet;
  /** Dialled user and host after the trunk's or the alias's rewriting. */
  readonly user: string;
  readonly host: string;

  constructor(
    trunk: TrunkRow | null, number: NumberFound | null, domain: DomainRow | null, alias: AliasRow | null,
    tenant: TenantRow, routeSet: RouteSet, user: string, host: string,
  ) {
    this.trunk = trunk;
    this.number = number;
    this.domain = domain;
    this.alias = alias;
    this.tenant = tenant;
    this.routeSet = routeSet;
    this.user = user;
    this.host = host;
  }

  /** Told apart from a refusal. */
  get ok(): true {
    return true;
  }
}

// Frozen constants: a flood of strangers must not make garbage.
const refusals = {
  noDomain: Object.freeze({ ok: false, refuse: 'unknown-domain', detail: 'no such domain' }),
  domainDisabled: Object.freeze({ ok: false, refuse: 'unknown-domain', detail: 'the domain is disabled' }),
  tenantDisabled: Object.freeze({ ok: false, refuse: 'unknown-domain', detail: 'the tenant is disabled' }),
  noTenant: Object.freeze({ ok: false, refuse: 'unknown-domain', detail: 'the domain has no tenant' }),
  toMismatch: Object.freeze({ ok: false, refuse: 'to-mismatch', detail: 'To and Request-URI name different hosts' }),
  numberDisabled: Object.freeze({ ok: false, refuse: 'no-number', detail: 'the number is disabled' }),
  numberTenant: Object.freeze({ ok: false, refuse: 'no-number', detail: 'the tenant of the number is missing or disabled' }),
  noRouteSet: Object.freeze({ ok: false, refuse: 'no-route-set', detail: 'the route set does not exist' }),
} as const satisfies Record<string, Refused>;

/**
 * Finds tenant and route set of a request outside dialogs. A disabled trunk, tenant or domain counts as unknown; a
 * disabled exact domain is not caught by a wildcard. A call from a trunk belongs to the tenant of its number; without a
 * number to the trunk's own. With `requireToMatch` the To host must be the Request-URI's, REGISTER and trunks excepted.
 */
export function admit(view: ConfigView, q: RouteQuery, recorder: Recorder | null): Admitted | Refused {
  const trunk = view.trunk(q.sourceAddress);
  if (trunk !== null) {
    const tenant = view.tenant(trunk.tenant);
    if (tenant !== null && tenant.enabled) {
      recorder?.add('source', 'matched', `${q.sourceAddress} belongs to trunk ${trunk.key} (${trunk.name})`);
      return fromTrunk(view, trunk, tenant, q, recorder);
    }
    recorder?.add('source', 'skipped', `${q.sourceAddress} belongs to trunk ${trunk.key}, whose tenant is ${tenant === null ? 'missing' : 'disabled'}`);
  } else {
    recorder?.add('source', 'skipped', q.sourceAddress === '' ? 'no source is given: a stranger, who is of no trunk' : `${q.sourceAddress} belongs to no trunk`);
  }
  if (view.setting.requireToMatch && q.toHost !== q.host && q.method !== 'REGISTER') {
    recorder?.add('domain', 'refused', `To names ${q.toHost}, the Request-URI ${q.host}`);
    return refusals.toMismatch;
  }
  const alias = view.alias(q.user, q.host);
  if (alias === null) return atDomain(view, q.user, q.host, null, recorder);
  recorder?.add('alias', 'matched', `alias ${alias.alias} leads to ${alias.target}`);
  return atDomain(view, aliasUser(alias, q.user), aliasHost(alias), alias, recorder);
}

/** As `admit` for an address that something else than the Request-URI gave (ENUM): aliases and trunks are not asked. */
export function admitAddress(view: ConfigView, user: string, host: string, recorder: Recorder | null): Admitted | Refused {
  return atDomain(view, user, host, null, recorder);
}

function fromTrunk(view: ConfigView, trunk: TrunkRow, tenant: TenantRow, q: RouteQuery, recorder: Recorder | null): Admitted | Refused {
  // A REGISTER's Request-URI has no number.
  const dialled = q.method === 'REGISTER' || (trunk.strip === 0 && trunk.prepend === '') ? q.user : trunk.prepend + q.user.slice(trunk.strip);
  if (recorder !== null && dialled !== q.user) recorder.add('source', 'info', `the trunk's own rewriting makes ${q.user} ${dialled}`);
  const number = dialled === '' ? null : view.number(dialled);
  if (number === null) {
    if (recorder !== null && view.tables.numbers.size > 0) recorder.add('number', 'skipped', `${dialled === '' ? 'an empty user part' : dialled} is no number of a tenant; the trunk's own route set ${trunk.routeSet} serves`);
    const fallback = entrust(view, tenant, trunk.routeSet, recorder);
    return fallback === null ? refusals.noRouteSet : new Admitted(trunk, null, null, null, tenant, fallback, dialled, q.host);
  }
  if (!number.enabled) {
    recorder?.add('number', 'refused', `number ${number.pattern} holds ${dialled} and is disabled`);
    return refusals.numberDisabled;
  }
  const owner = view.tenant(number.tenant);
  if (owner === null || !owner.enabled) {
    recorder?.add('number', 'refused', `number ${number.pattern} holds ${dialled}; its tenant ${number.tenant} is ${owner === null ? 'missing' : 'disabled'}`);
    return refusals.numberTenant;
  }
  recorder?.add('number', 'matched', `number ${number.pattern} holds ${dialled}`);
  const routeSet = entrust(view, owner, number.routeSet, recorder);
  return routeSet === null ? refusals.noRouteSet : new Admitted(trunk, number, null, null, owner, routeSet, dialled, q.host);
}

function atDomain(view: ConfigView, user: string, host: string, alias: AliasRow | null, recorder: Recorder | null): Admitted | Refused {
  const domain = view.domain(host);
  if (domain === null) {
    recorder?.add('domain', 'refused', `${host} is no domain of ours, neither by name nor by a wildcard`);
    return refusals.noDomain;
  }
  const via = domain.name === host ? `domain ${domain.name}` : `wildcard ${domain.name}, which holds ${host},`;
  if (!domain.enabled) {
    recorder?.add('domain', 'refused', `${via} is disabled`);
    return refusals.domainDisabled;
  }
  const tenant = view.tenant(domain.tenant);
  if (tenant === null) {
    recorder?.add('tenant', 'refused', `${via} names tenant ${domain.tenant}, which does not exist here`);
    return refusals.noTenant;
  }
  recorder?.add('domain', 'matched', `${via} found`);
  if (!tenant.enabled) {
    recorder?.add('tenant', 'refused', `tenant ${tenant.key} is disabled`);
    return refusals.tenantDisabled;
  }
  const routeSet = entrust(view, tenant, domain.routeSet, recorder);
  return routeSet === null ? refusals.noRouteSet : new Admitted(null, null, domain, alias, tenant, routeSet, user, host);
}

function entrust(view: ConfigView, tenant: TenantRow, number: number, recorder: Recorder | null): RouteSet | null {
  const routeSet = view.routeSet(number);
  if (recorder !== null) {
    if (routeSet === null) recorder.add('rule', 'refused', `route set ${number} does not exist here`);
    else recorder.add('tenant', 'matched', `tenant ${tenant.key} (${tenant.name}), route set ${number}`);
  }
  return routeSet;
}

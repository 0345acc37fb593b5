/** Pipeline step 8: whose request it is. Trunk by source, else domain by Request-URI host (design 02). */
import type { DomainRow, TenantRow, TrunkRow } from '../contract/rows.ts';
import type { RouteQuery } from './query.ts';
import type { Recorder } from './recorder.ts';
import type { RouteSet } from './rules.ts';
import type { ConfigView } from './view.ts';

export type Refusal = 'unknown-domain' | 'to-mismatch' | 'no-route-set' | 'no-rule' | 'no-destination';

export interface Refused {
  readonly ok: false;
  readonly refuse: Refusal;
  readonly detail: string;
}

export interface Admitted {
  readonly ok: true;
  /** The trunk it came from, or null. */
  readonly trunk: TrunkRow | null;
  /** The domain it is for; null when a trunk decided. */
  readonly domain: DomainRow | null;
  readonly tenant: TenantRow;
  readonly routeSet: RouteSet;
}

// Frozen constants: a flood of strangers must not make garbage.
const refusals = {
  noDomain: Object.freeze({ ok: false, refuse: 'unknown-domain', detail: 'no such domain' }),
  domainDisabled: Object.freeze({ ok: false, refuse: 'unknown-domain', detail: 'the domain is disabled' }),
  tenantDisabled: Object.freeze({ ok: false, refuse: 'unknown-domain', detail: 'the tenant is disabled' }),
  noTenant: Object.freeze({ ok: false, refuse: 'unknown-domain', detail: 'the domain has no tenant' }),
  toMismatch: Object.freeze({ ok: false, refuse: 'to-mismatch', detail: 'To and Request-URI name different hosts' }),
  noRouteSet: Object.freeze({ ok: false, refuse: 'no-route-set', detail: 'the route set does not exist' }),
} as const satisfies Record<string, Refused>;

/**
 * Finds tenant and route set of a request outside dialogs. A disabled trunk, tenant or domain counts as unknown; a
 * disabled exact domain is not caught by a wildcard. With `requireToMatch` the To host must be the Request-URI's,
 * REGISTER and trunks excepted.
 */
export function admit(view: ConfigView, q: RouteQuery, recorder: Recorder | null): Admitted | Refused {
  const trunk = view.trunk(q.sourceAddress);
  if (trunk !== null) {
    const tenant = view.tenant(trunk.tenant);
    if (tenant !== null && tenant.enabled) {
      recorder?.add('source', 'matched', `${q.sourceAddress} belongs to trunk ${trunk.key} (${trunk.name})`);
      return entrust(view, trunk, null, tenant, trunk.routeSet, recorder);
    }
    recorder?.add('source', 'skipped', `${q.sourceAddress} belongs to trunk ${trunk.key}, whose tenant is ${tenant === null ? 'missing' : 'disabled'}`);
  } else {
    recorder?.add('source', 'skipped', `${q.sourceAddress} belongs to no trunk`);
  }
  if (view.setting.requireToMatch && q.toHost !== q.host && q.method !== 'REGISTER') {
    recorder?.add('domain', 'refused', `To names ${q.toHost}, the Request-URI ${q.host}`);
    return refusals.toMismatch;
  }
  const domain = view.domain(q.host);
  if (domain === null) {
    recorder?.add('domain', 'refused', `${q.host} is no domain of ours, neither by name nor by a wildcard`);
    return refusals.noDomain;
  }
  const via = domain.name === q.host ? `domain ${domain.name}` : `wildcard ${domain.name}, which holds ${q.host},`;
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
  return entrust(view, null, domain, tenant, domain.routeSet, recorder);
}

function entrust(
  view: ConfigView, trunk: TrunkRow | null, domain: DomainRow | null, tenant: TenantRow, number: number, recorder: Recorder | null,
): Admitted | Refused {
  const routeSet = view.routeSet(number);
  if (routeSet === null) {
    recorder?.add('rule', 'refused', `route set ${number} does not exist here`);
    return refusals.noRouteSet;
  }
  recorder?.add('tenant', 'matched', `tenant ${tenant.key} (${tenant.name}), route set ${number}`);
  return { ok: true, trunk, domain, tenant, routeSet };
}

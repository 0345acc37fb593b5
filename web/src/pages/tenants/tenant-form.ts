import type { Tenant, TenantBody } from '../../../../controlplane/contract/index.ts';

/** What the tenant form edits; same paths as the API's body, plus the key. */
export interface TenantValues extends Record<string, unknown> {
  key: string;
  name: string;
  enabled: boolean;
  limits: { calls: number | string; cps: number | string; registrations: number | string };
  policies: { media: Tenant['policies']['media']; latching: Tenant['policies']['latching']; topologyHiding: boolean; hideCallId: boolean; redirects: 'pass' | 'block' | 'recurse' };
  externalId: string;
  comment: string;
}

/** Form values of a tenant, or those of a new one. */
export function tenantValues(tenant: Tenant | null): TenantValues {
  return {
    key: tenant?.key ?? '',
    name: tenant?.name ?? '',
    enabled: tenant?.enabled ?? true,
    limits: tenant?.limits ?? { calls: 0, cps: 0, registrations: 0 },
    policies: {
      media: tenant?.policies.media ?? 'relay',
      latching: tenant?.policies.latching ?? 'default',
      topologyHiding: tenant?.policies.topologyHiding ?? false,
      hideCallId: tenant?.policies.hideCallId ?? false,
      redirects: tenant?.policies.redirects ?? 'pass',
    },
    externalId: tenant?.externalId ?? '',
    comment: tenant?.comment ?? '',
  };
}

/** The body of PUT (new) or PATCH /tenants/{key}. An emptied number means "unlimited". */
export function tenantBody(values: TenantValues): TenantBody {
  const { calls, cps, registrations } = values.limits;
  return {
    name: values.name,
    enabled: values.enabled,
    limits: { calls: Number(calls), cps: Number(cps), registrations: Number(registrations) },
    policies: values.policies,
    externalId: values.externalId === '' ? null : values.externalId,
    comment: values.comment,
  };
}

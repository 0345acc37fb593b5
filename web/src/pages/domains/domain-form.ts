import type { Domain, DomainBody } from '../../../../controlplane/contract/index.ts';

export interface DomainValues extends Record<string, unknown> {
  name: string;
  tenant: string | null;
  routeSet: string | null;
  enabled: boolean;
  did: string;
  externalId: string;
  comment: string;
}

/** Form values of a domain, or those of a new one (of `tenant`, when the list was filtered to it). */
export function domainValues(domain: Domain | null, tenant: string | undefined): DomainValues {
  return {
    name: domain?.name ?? '',
    tenant: domain?.tenant ?? tenant ?? null,
    routeSet: domain === null ? null : String(domain.routeSet),
    enabled: domain?.enabled ?? true,
    did: domain?.did ?? '',
    externalId: domain?.externalId ?? '',
    comment: domain?.comment ?? '',
  };
}

/** The body of PUT (new) or PATCH /domains/{name}. Fields left empty are left out, so that the API names them as missing. */
export function domainBody(values: DomainValues): DomainBody {
  const body: Partial<DomainBody> = {
    enabled: values.enabled,
    did: values.did,
    externalId: values.externalId === '' ? null : values.externalId,
    comment: values.comment,
  };
  if (values.tenant !== null) body.tenant = values.tenant;
  if (values.routeSet !== null) body.routeSet = Number(values.routeSet);
  return body as DomainBody;
}

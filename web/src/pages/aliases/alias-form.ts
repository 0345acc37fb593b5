import type { Alias, AliasBody } from '../../../../controlplane/contract/index.ts';

export interface AliasValues extends Record<string, unknown> {
  alias: string;
  target: string;
  tenant: string | null;
  enabled: boolean;
  externalId: string;
  comment: string;
}

/** Form values of an alias, or those of a new one (of `tenant`, when the list was filtered to it). */
export function aliasValues(alias: Alias | null, tenant: string | undefined): AliasValues {
  return {
    alias: alias?.alias ?? '',
    target: alias?.target ?? '',
    tenant: alias?.tenant ?? tenant ?? null,
    enabled: alias?.enabled ?? true,
    externalId: alias?.externalId ?? '',
    comment: alias?.comment ?? '',
  };
}

/** The body of PUT (new) or PATCH /aliases/{alias}. A tenant that was not chosen is left out, so that the API names it as missing. */
export function aliasBody(values: AliasValues): AliasBody {
  const body: Partial<AliasBody> = {
    target: values.target.trim(),
    enabled: values.enabled,
    externalId: values.externalId === '' ? null : values.externalId,
    comment: values.comment,
  };
  if (values.tenant !== null) body.tenant = values.tenant;
  return body as AliasBody;
}

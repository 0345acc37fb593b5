import type { Trunk, TrunkBody } from '../../../../controlplane/contract/index.ts';

export interface TrunkValues extends Record<string, unknown> {
  key: string;
  name: string;
  tenant: string | null;
  routeSet: string | null;
  enabled: boolean;
  sources: string[];
  strip: number | string;
  prepend: string;
  externalId: string;
  comment: string;
}

/** Form values of a trunk, or those of a new one (of `tenant`, when the list was filtered to it). */
export function trunkValues(trunk: Trunk | null, tenant: string | undefined): TrunkValues {
  return {
    key: trunk?.key ?? '',
    name: trunk?.name ?? '',
    tenant: trunk?.tenant ?? tenant ?? null,
    routeSet: trunk === null ? null : String(trunk.routeSet),
    enabled: trunk?.enabled ?? true,
    sources: trunk?.sources ?? [],
    strip: trunk?.strip ?? 0,
    prepend: trunk?.prepend ?? '',
    externalId: trunk?.externalId ?? '',
    comment: trunk?.comment ?? '',
  };
}

/** The body of PUT (new) or PATCH /trunks/{key}. Fields left empty are left out, so that the API names them as missing. */
export function trunkBody(values: TrunkValues): TrunkBody {
  const body: Partial<TrunkBody> = {
    name: values.name,
    enabled: values.enabled,
    sources: values.sources,
    strip: Number(values.strip),
    prepend: values.prepend.trim(),
    externalId: values.externalId === '' ? null : values.externalId,
    comment: values.comment,
  };
  if (values.tenant !== null) body.tenant = values.tenant;
  if (values.routeSet !== null) body.routeSet = Number(values.routeSet);
  return body as TrunkBody;
}

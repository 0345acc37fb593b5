import type { NumberBody, NumberItem } from '../../../../controlplane/contract/index.ts';

export interface NumberValues extends Record<string, unknown> {
  pattern: string;
  tenant: string | null;
  routeSet: string | null;
  enabled: boolean;
  externalId: string;
  comment: string;
}

/** Form values of a number, or those of a new one (of `tenant`, when the list was filtered to it). */
export function numberValues(number: NumberItem | null, tenant: string | undefined): NumberValues {
  return {
    pattern: number?.pattern ?? '',
    tenant: number?.tenant ?? tenant ?? null,
    routeSet: number === null ? null : String(number.routeSet),
    enabled: number?.enabled ?? true,
    externalId: number?.externalId ?? '',
    comment: number?.comment ?? '',
  };
}

/** The body of PUT (new) or PATCH /numbers/{pattern}. Fields left empty are left out, so that the API names them as missing. */
export function numberBody(values: NumberValues): NumberBody {
  const body: Partial<NumberBody> = {
    enabled: values.enabled,
    externalId: values.externalId === '' ? null : values.externalId,
    comment: values.comment,
  };
  if (values.tenant !== null) body.tenant = values.tenant;
  if (values.routeSet !== null) body.routeSet = Number(values.routeSet);
  return body as NumberBody;
}

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { limits } from '../../dataplane/contract/limits.ts';
import { keptFields, SetNumber, Slug, writtenFields } from './fields.ts';
import { writeFields } from './query.ts';

export const DomainName = Type.String({ minLength: 1, maxLength: limits.domainLength });
const Did = Type.String({ maxLength: limits.slugLength, description: "Kamailio's domain id; empty = the domain's own name" });

export const DomainBody = Type.Object({
  tenant: Slug,
  routeSet: SetNumber,
  enabled: Type.Optional(Type.Boolean()),
  did: Type.Optional(Did),
  ...writtenFields,
}, { additionalProperties: false });
export type DomainBody = Static<typeof DomainBody>;

const domainFields = {
  name: DomainName,
  tenant: Slug,
  routeSet: SetNumber,
  enabled: Type.Boolean(),
  did: Did,
  ...keptFields,
};
export const Domain = Type.Object(domainFields, { additionalProperties: false });
export type Domain = Static<typeof Domain>;
export const DomainWritten = Type.Object({ ...domainFields, ...writeFields }, { additionalProperties: false });
export type DomainWritten = Static<typeof DomainWritten>;

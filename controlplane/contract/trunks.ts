import { Type } from 'typebox';
import type { Static } from 'typebox';
import { limits } from '../../dataplane/contract/limits.ts';
import { keptFields, Name, SetNumber, Slug, writtenFields } from './fields.ts';
import { writeFields } from './query.ts';

const Sources = Type.Array(Type.String({ minLength: 1, maxLength: 49 }), {
  minItems: 1, maxItems: limits.prefixesPerTrunk, description: 'Addresses or CIDR prefixes, IPv4 or IPv6',
});

const Strip = Type.Integer({ minimum: 0, maximum: limits.userPartLength, description: 'Characters taken off the dialled user before its number is looked up' });
const Prepend = Type.String({ maxLength: limits.userPartLength, description: 'Put in front of what is left' });

export const TrunkBody = Type.Object({
  name: Type.Optional(Name),
  tenant: Slug,
  routeSet: SetNumber,
  enabled: Type.Optional(Type.Boolean()),
  sources: Sources,
  strip: Type.Optional(Strip),
  prepend: Type.Optional(Prepend),
  ...writtenFields,
}, { additionalProperties: false });
export type TrunkBody = Static<typeof TrunkBody>;

const trunkFields = {
  key: Slug, name: Name, tenant: Slug, routeSet: SetNumber, enabled: Type.Boolean(), sources: Sources,
  strip: Strip, prepend: Prepend, ...keptFields,
};
export const Trunk = Type.Object(trunkFields, { additionalProperties: false });
export type Trunk = Static<typeof Trunk>;
export const TrunkWritten = Type.Object({ ...trunkFields, ...writeFields }, { additionalProperties: false });
export type TrunkWritten = Static<typeof TrunkWritten>;

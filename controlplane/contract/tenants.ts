import { Type } from 'typebox';
import type { Static } from 'typebox';
import { keptFields, Name, Slug, writtenFields } from './fields.ts';
import { writeFields } from './query.ts';

const upTo = (maximum: number) => Type.Integer({ minimum: 0, maximum, description: '0 = unlimited' });
const bounds = { calls: upTo(10_000_000), cps: upTo(1_000_000), registrations: upTo(100_000_000) };
const Redirects = Type.Union([Type.Literal('pass'), Type.Literal('block'), Type.Literal('recurse')], {
  description: 'A 3xx of a destination: to the caller, ended as 480, or its Contacts are tried here',
});
const Media = Type.Union([Type.Literal('relay'), Type.Literal('direct'), Type.Literal('auto')]);
const Latching = Type.Union([Type.Literal('default'), Type.Literal('strict'), Type.Literal('sdp'), Type.Literal('loose')], {
  description: "Where relayed media of an end may come from: strict = only the address in its SDP, sdp = the hosts that SDP and signalling name, loose = anywhere, default = as the settings say",
});

export const TenantBody = Type.Object({
  name: Type.Optional(Name),
  enabled: Type.Optional(Type.Boolean()),
  limits: Type.Optional(Type.Object({
    calls: Type.Optional(bounds.calls), cps: Type.Optional(bounds.cps), registrations: Type.Optional(bounds.registrations),
  }, { additionalProperties: false })),
  policies: Type.Optional(Type.Object({
    media: Type.Optional(Media), topologyHiding: Type.Optional(Type.Boolean()), digest: Type.Optional(Type.Boolean()),
    redirects: Type.Optional(Redirects), hideCallId: Type.Optional(Type.Boolean({ description: 'Topology hiding replaces Call-IDs too' })),
    latching: Type.Optional(Latching),
  }, { additionalProperties: false })),
  ...writtenFields,
}, { additionalProperties: false });
export type TenantBody = Static<typeof TenantBody>;

const tenantFields = {
  id: Type.Integer(),
  key: Slug,
  name: Name,
  enabled: Type.Boolean(),
  limits: Type.Object(bounds, { additionalProperties: false }),
  policies: Type.Object({
    media: Media, topologyHiding: Type.Boolean(), digest: Type.Boolean(), redirects: Redirects, hideCallId: Type.Boolean(), latching: Latching,
  }, { additionalProperties: false }),
  ...keptFields,
};
export const Tenant = Type.Object(tenantFields, { additionalProperties: false });
export type Tenant = Static<typeof Tenant>;
export const TenantWritten = Type.Object({ ...tenantFields, ...writeFields }, { additionalProperties: false });
export type TenantWritten = Static<typeof TenantWritten>;

export const TenantListItem = Type.Object({
  ...tenantFields,
  domainCount: Type.Integer(), trunkCount: Type.Integer(), routeSetCount: Type.Integer(), dispatcherSetCount: Type.Integer(),
}, { additionalProperties: false });
export type TenantListItem = Static<typeof TenantListItem>;

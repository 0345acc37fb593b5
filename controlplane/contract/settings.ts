import { Type } from 'typebox';
import type { Static } from 'typebox';
import { limits } from '../../dataplane/contract/limits.ts';
import { writeFields } from './query.ts';

const setting = {
  unknownDomain: Type.Union([Type.Literal('drop'), Type.Literal(403), Type.Literal(404)]),
  requireToMatch: Type.Boolean(),
  scanners: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: limits.scannerPatterns }),
  methods: Type.Union([Type.Literal('any'), Type.Literal('iana'), Type.Literal('strict')], {
    description: 'any = unknown methods pass too; iana = every registered one; strict = REGISTER, INVITE, ACK, BYE, CANCEL, OPTIONS',
  }),
};
const tls = {
  clientCertificates: Type.Union([Type.Literal('off'), Type.Literal('request'), Type.Literal('require')]),
  ca: Type.String({ maxLength: limits.caBytes, description: "PEM roots for the certificates of clients and destinations, beside the system's" }),
  minVersion: Type.Union([Type.Literal('TLSv1.2'), Type.Literal('TLSv1.3')]),
  verifyDestinations: Type.Boolean({ description: 'Destinations over TLS must show a certificate that fits their host' }),
};
const registration = {
  perSecond: Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'REGISTERs a second that a node relays, 0 = no limit' }),
  spreadPercent: Type.Integer({ minimum: 0, maximum: 90, description: 'Granted expiries are shortened by up to so many percent' }),
};
const keepAlive = {
  method: Type.Union([Type.Literal('off'), Type.Literal('crlf'), Type.Literal('options')]),
  intervalMs: Type.Integer({ minimum: 5_000, maximum: 600_000 }),
};
const instance = {
  address: Type.String({ minLength: 1, maxLength: limits.domainLength + 6, description: 'host:port of its ng protocol (UDP), IPv6 in brackets' }),
  weight: Type.Integer({ minimum: 0, maximum: limits.weight, description: 'Share of new calls, 0 = only when no other is left' }),
  enabled: Type.Boolean({ description: 'false = no new calls' }),
};
const pool = { maxItems: limits.rtpengines, description: 'What nodes with the media engine rtpengine use' };
const media = {
  idleMs: Type.Integer({ minimum: 10_000, maximum: 3_600_000, description: 'Without a packet either way for so long the media of a call ends' }),
  exhausted: Type.Union([Type.Literal('refuse'), Type.Literal('direct')], { description: 'When no ports or engine are left: refuse = 503, direct = the SDP passes as it came' }),
  latching: Type.Union([Type.Literal('strict'), Type.Literal('sdp'), Type.Literal('loose')], {
    description: 'Where media of an end may come from: strict = only the address in its SDP, sdp = the hosts that SDP and signalling name, loose = anywhere',
  }),
};

/** /settings/global: behaviour of every node. */
export const SettingBody = Type.Object({
  unknownDomain: Type.Optional(setting.unknownDomain),
  requireToMatch: Type.Optional(setting.requireToMatch),
  scanners: Type.Optional(setting.scanners),
  methods: Type.Optional(setting.methods),
  tls: Type.Optional(Type.Object({
    clientCertificates: Type.Optional(tls.clientCertificates), ca: Type.Optional(tls.ca), minVersion: Type.Optional(tls.minVersion),
    verifyDestinations: Type.Optional(tls.verifyDestinations),
  }, { additionalProperties: false })),
  registration: Type.Optional(Type.Object({
    perSecond: Type.Optional(registration.perSecond), spreadPercent: Type.Optional(registration.spreadPercent),
  }, { additionalProperties: false })),
  keepAlive: Type.Optional(Type.Object({
    method: Type.Optional(keepAlive.method), intervalMs: Type.Optional(keepAlive.intervalMs),
  }, { additionalProperties: false })),
  media: Type.Optional(Type.Object({
    rtpengines: Type.Optional(Type.Array(Type.Object({
      address: instance.address, weight: Type.Optional(instance.weight), enabled: Type.Optional(instance.enabled),
    }, { additionalProperties: false }), pool)),
    idleMs: Type.Optional(media.idleMs), exhausted: Type.Optional(media.exhausted), latching: Type.Optional(media.latching),
  }, { additionalProperties: false })),
}, { additionalProperties: false });
export type SettingBody = Static<typeof SettingBody>;

const settingFields = {
  ...setting,
  tls: Type.Object(tls, { additionalProperties: false }),
  registration: Type.Object(registration, { additionalProperties: false }),
  keepAlive: Type.Object(keepAlive, { additionalProperties: false }),
  media: Type.Object({ rtpengines: Type.Array(Type.Object(instance, { additionalProperties: false }), pool), ...media }, { additionalProperties: false }),
  version: Type.Integer(), updatedAtMs: Type.Integer(),
};
export const Setting = Type.Object(settingFields, { additionalProperties: false });
export type Setting = Static<typeof Setting>;
export const SettingWritten = Type.Object({ ...settingFields, ...writeFields }, { additionalProperties: false });
export type SettingWritten = Static<typeof SettingWritten>;

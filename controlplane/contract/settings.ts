import { Type } from 'typebox';
import type { Static } from 'typebox';
import { limits } from '../../dataplane/contract/limits.ts';
import { writeFields } from './query.ts';

const setting = {
  unknownDomain: Type.Union([Type.Literal('drop'), Type.Literal(403), Type.Literal(404)]),
  requireToMatch: Type.Boolean(),
  scanners: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: limits.scannerPatterns }),
  methods: Type.Union([Type.Literal('any'), Type.Literal('iana'), Type.Literal('strict')]),
};
/** /settings/global: behaviour of every node. */
export const SettingBody = Type.Object({
  unknownDomain: Type.Optional(setting.unknownDomain),
  requireToMatch: Type.Optional(setting.requireToMatch),
  scanners: Type.Optional(setting.scanners),
  methods: Type.Optional(setting.methods),
}, { additionalProperties: false });
export type SettingBody = Static<typeof SettingBody>;

const settingFields = { ...setting, version: Type.Integer(), updatedAtMs: Type.Integer() };
export const Setting = Type.Object(settingFields, { additionalProperties: false });
export type Setting = Static<typeof Setting>;
export const SettingWritten = Type.Object({ ...settingFields, ...writeFields }, { additionalProperties: false });
export type SettingWritten = Static<typeof SettingWritten>;

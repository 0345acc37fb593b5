/** /cluster-keys: what the nodes seal tokens and certificates' keys with; never the keys themselves. */
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { writeFields } from './query.ts';

export const ClusterKeyState = Type.Union([Type.Literal('announced'), Type.Literal('signing'), Type.Literal('replaced')], {
  description: 'announced = nodes have it and open with it; signing = new tokens and certificates are sealed under it; replaced = it opens what it sealed',
});
export type ClusterKeyState = Static<typeof ClusterKeyState>;

export const ClusterKeyItem = Type.Object({
  id: Type.Integer(),
  state: ClusterKeyState,
  createdAtMs: Type.Integer(),
  signsFromMs: Type.Integer({ description: 'In use since, or from then on' }),
  replacedAtMs: Type.Union([Type.Integer(), Type.Null()], { description: 'null = it has not been replaced' }),
  certificates: Type.Integer({ description: 'Certificates whose private keys are sealed under it' }),
}, { additionalProperties: false });
export type ClusterKeyItem = Static<typeof ClusterKeyItem>;

/** GET /cluster-keys is a plain array, newest first. */
export const ClusterKeyList = Type.Array(ClusterKeyItem);
export type ClusterKeyList = Static<typeof ClusterKeyList>;

export const ClusterKeyBody = Type.Object({
  signsInMs: Type.Optional(Type.Integer({
    minimum: 5_000, maximum: 86_400_000, default: 60_000, description: 'How long nodes only open with it: they must have it before others seal with it',
  })),
}, { additionalProperties: false });
export type ClusterKeyBody = Static<typeof ClusterKeyBody>;

/** POST /cluster-keys/reseal */
export const CertificatesResealed = Type.Object({
  resealed: Type.Array(Type.String(), { description: 'Names of the certificates that were sealed anew' }),
  unreadable: Type.Array(Type.Object({ name: Type.String(), reason: Type.String() }, { additionalProperties: false }), { description: 'Those that no key opens; save them again' }),
  ...writeFields,
}, { additionalProperties: false });
export type CertificatesResealed = Static<typeof CertificatesResealed>;

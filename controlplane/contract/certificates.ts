import { Type } from 'typebox';
import type { Static } from 'typebox';
import { limits } from '../../dataplane/contract/limits.ts';
import { Comment, Slug } from './fields.ts';
import { writeFields } from './query.ts';

/** PUT /certificates/{name}: checked when it is saved; the key is sealed and never shown again. */
export const CertificateBody = Type.Object({
  chain: Type.String({ minLength: 1, maxLength: limits.certificateChainBytes, description: 'PEM: the certificate itself, then its issuers in order' }),
  key: Type.String({ minLength: 1, maxLength: limits.privateKeyBytes, description: 'PEM, not encrypted; RSA of 2048 to 8192 bits, EC P-256, P-384, P-521 or Ed25519' }),
  comment: Type.Optional(Comment),
}, { additionalProperties: false });
export type CertificateBody = Static<typeof CertificateBody>;

export const CertificateWarning = Type.Object({ code: Type.Union([Type.Literal('expiring'), Type.Literal('expired'), Type.Literal('same-name')]), message: Type.String() }, { additionalProperties: false });
export type CertificateWarning = Static<typeof CertificateWarning>;

const certificateFields = {
  name: Slug,
  /** Whom it is shown for, in lower case. */
  names: Type.Array(Type.String()),
  /** PEM. */
  chain: Type.String(),
  subject: Type.String(),
  issuer: Type.String(),
  notBeforeMs: Type.Integer(),
  notAfterMs: Type.Integer(),
  fingerprint: Type.String({ description: 'SHA-256' }),
  keyType: Type.String(),
  warnings: Type.Array(CertificateWarning),
  comment: Comment,
  version: Type.Integer(),
  createdAtMs: Type.Integer(),
  updatedAtMs: Type.Integer(),
};
export const Certificate = Type.Object(certificateFields, { additionalProperties: false });
export type Certificate = Static<typeof Certificate>;
export const CertificateWritten = Type.Object({ ...certificateFields, ...writeFields }, { additionalProperties: false });
export type CertificateWritten = Static<typeof CertificateWritten>;

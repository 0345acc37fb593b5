/**
 * Makes X.509 certificates (RFC 5280) with ECDSA keys: the self-signed one of a node that has no other, and those of the
 * tests. Node reads certificates but cannot write them; this is the little DER (X.690) that takes. The clock is passed in.
 */
import { createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { bytesOfAddress } from '../contract/address.ts';

/** PEM texts. */
export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateWish {
  /** Common name of the subject, up to 64 characters. */
  readonly commonName: string;
  /** Subject alternative names: DNS names, IP addresses (without brackets) and `sip:` URIs. */
  readonly names: readonly string[];
  readonly nowMs: number;
  /** Days that it is good for, from an hour ago on. */
  readonly days: number;
  /** Who signs; without one it signs itself. */
  readonly issuer?: CertificateAndKey;
  /** May sign others. */
  readonly authority?: boolean;
}

const oid = { commonName: '550403', ecdsaWithSha256: '2a8648ce3d040302', subjectAltName: '551d11', basicConstraints: '551d13' } as const;
const tag = { boolean: 1, integer: 2, bits: 3, octets: 4, oid: 6, utf8: 12, utcTime: 23, generalizedTime: 24, sequence: 48, set: 49 } as const;
const hourMs = 3_600_000;

/** A fresh P-256 key with its certificate. Throws for an issuer that is no PEM. */
export function makeCertificate(wish: CertificateWish): CertificateAndKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = nameOf(wish.commonName);
  const algorithm = sequence(der(tag.oid, hex(oid.ecdsaWithSha256)));
  const from = wish.nowMs - hourMs;
  const extensions = [
    extension(oid.basicConstraints, true, sequence(...(wish.authority === true ? [der(tag.boolean, Buffer.of(0xff))] : []))),
    ...(wish.names.length === 0 ? [] : [extension(oid.subjectAltName, false, sequence(...wish.names.map(alternativeName)))]),
  ];
  const body = sequence(
    der(0xa0, der(tag.integer, Buffer.of(2))),
    // Positive and never zero.
    der(tag.integer, Buffer.concat([Buffer.of(0x40), randomBytes(15)])),
    algorithm,
    wish.issuer === undefined ? subject : subjectOf(wish.issuer.cert),
    sequence(time(from), time(from + wish.days * 24 * hourMs)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, wish.issuer === undefined ? privateKey : createPrivateKey(wish.issuer.key));
  const certificate = sequence(body, algorithm, der(tag.bits, Buffer.of(0), signature));
  return { cert: pem('CERTIFICATE', certificate), key: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
}

/** One value: tag, length, content (X.690 §8.1). */
function der(tagByte: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 128) return Buffer.concat([Buffer.of(tagByte, body.length), body]);
  const length = hex(body.length.toString(16).padStart(body.length > 0xff ? (body.length > 0xffff ? 6 : 4) : 2, '0'));
  return Buffer.concat([Buffer.of(tagByte, 0x80 | length.length), length, body]);
}

const sequence = (...content: readonly Uint8Array[]): Buffer => der(tag.sequence, ...content);
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

const nameOf = (commonName: string): Buffer =>
  sequence(der(tag.set, sequence(der(tag.oid, hex(oid.commonName)), der(tag.utf8, Buffer.from(commonName.slice(0, 64))))));

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(der(tag.oid, hex(id)), ...(critical ? [der(tag.boolean, Buffer.of(0xff))] : []), der(tag.octets, value));

/** GeneralName (RFC 5280 §4.2.1.6): context tags 2 = DNS name, 6 = URI, 7 = address. */
function alternativeName(name: string): Buffer {
  const address = bytesOfAddress(name);
  if (address !== null) return der(0x87, address);
  return der(name.startsWith('sip:') ? 0x86 : 0x82, Buffer.from(name));
}

/** Two digits of the year until 2049 (RFC 5280 §4.1.2.5). */
function time(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
  return text < '2050' ? der(tag.utcTime, Buffer.from(text.slice(2))) : der(tag.generalizedTime, Buffer.from(text));
}

/** The subject of a certificate that `makeCertificate` made. */
function subjectOf(certificate: string): Buffer {
  return nameOf(new X509Certificate(certificate).subject.replace(/^CN=/, ''));
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** What people want to know of a certificate, read from the certificate itself. PURE. */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { limits } from '../../dataplane/contract/limits.ts';
import { isHost, isHostName } from '../../dataplane/contract/target.ts';

export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SHA-256, upper-case hex with colons. */
  readonly fingerprint: string;
  /** `RSA 2048`, `EC P-256`, `Ed25519`. */
  readonly keyType: string;
}

export function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    subject: oneLine(certificate.subject), issuer: oneLine(certificate.issuer),
    notBeforeMs: Date.parse(certificate.validFrom), notAfterMs: Date.parse(certificate.validTo),
    fingerprint: certificate.fingerprint256, keyType: keyTypeOf(certificate.publicKey),
  };
}

const curves: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

export function keyTypeOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  switch (asymmetricKeyType) {
    case 'rsa': case 'rsa-pss': return `RSA ${asymmetricKeyDetails?.modulusLength ?? 0}`;
    case 'ec': return `EC ${curves[asymmetricKeyDetails?.namedCurve ?? ''] ?? asymmetricKeyDetails?.namedCurve ?? ''}`;
    case 'ed25519': return 'Ed25519';
    default: return asymmetricKeyType ?? 'unknown';
  }
}

/**
 * The names that it may be shown for, in lower case: DNS names, addresses and SIP domains (`URI:sip:`, RFC 5922 §7.1) of its
 * subjectAltName; only without any of these its CN (RFC 6125 §6.4.4). What is no host name is left out.
 */
export function namesOf({ subject, subjectAltName }: X509Certificate): readonly string[] {
  const alternatives = (subjectAltName ?? '').split(', ').flatMap((entry) => {
    const [, kind = '', value = ''] = /^(DNS|IP Address|URI:sip):([^@"]+)$/i.exec(entry) ?? [];
    return kind === '' ? [] : [value.toLowerCase()];
  });
  const common = alternatives.length > 0 ? [] : subject.split('\n').flatMap((line) => (line.startsWith('CN=') ? [line.slice(3).toLowerCase()] : []));
  return [...new Set([...alternatives, ...common])].filter(isShown).slice(0, limits.namesPerCertificate);
}

const isShown = (name: string): boolean => (name.startsWith('*.') ? isHostName(name.slice(2)) : isHost(name));

/** `CN=a\nO=b` → `CN=a, O=b`. */
export const oneLine = (name: string): string => name.split('\n').join(', ').slice(0, 512);

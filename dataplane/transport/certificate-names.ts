/** Whom a certificate is for (RFC 5922 §7): host names, addresses and SIP domains in its subjectAltName, else its CN. */
import { isIP } from 'node:net';
import { X509Certificate } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';
import { unbracket } from '../listen-setting.ts';

/**
 * Whether `certificate` is one of `name` (DNS name or IP address). A wildcard covers one label: RFC 5922 §7.2 takes none, but
 * the certificates of many trunk providers have no other name.
 */
export function fitsName(certificate: X509Certificate | undefined, name: string): boolean {
  if (certificate === undefined) return false;
  const host = unbracket(name);
  if (isIP(host) !== 0) return certificate.checkIP(host) !== undefined;
  return sipDomains(certificate).includes(host.toLowerCase()) || certificate.checkHost(host) !== undefined;
}

/** Domains of `URI:sip:` entries without user part (RFC 5922 §7.1). */
function sipDomains({ subjectAltName }: X509Certificate): string[] {
  return (subjectAltName ?? '').split(', ').flatMap((entry) => (/^URI:sip:[^@]+$/i.test(entry) ? [entry.slice('URI:sip:'.length).toLowerCase()] : []));
}

/** As `checkServerIdentity` of node:tls: why the other end is not `name`, undefined when it is. */
export function nameMismatch(name: string, { raw }: PeerCertificate): Error | undefined {
  const certificate = new X509Certificate(raw);
  if (fitsName(certificate, name)) return undefined;
  return new NameMismatch(`the certificate is not one of ${name}: it names ${certificate.subjectAltName ?? certificate.subject}`);
}

class NameMismatch extends Error {
  readonly code = 'ERR_TLS_CERT_ALTNAME_INVALID';
}

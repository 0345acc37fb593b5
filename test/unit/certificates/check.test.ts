import { describe, expect, it } from 'vitest';
import { X509Certificate } from 'node:crypto';
import { checkCertificate } from '../../../controlplane/certificates/check.ts';
import { expiryOf } from '../../../controlplane/certificates/expiry.ts';
import { factsOf, namesOf } from '../../../controlplane/certificates/facts.ts';
import { authority, encrypted, issue, rsaKey } from '../../harness/certificate-authority.ts';
import type { IssuedCertificate } from '../../harness/certificate-authority.ts';

/** What is made below becomes valid at the second it is made in. */
const now = Date.now() + 3_600_000;
const day = 86_400_000;
const host = ['subjectAltName=DNS:sip.acme.example,DNS:*.ACME.example,IP:192.0.2.1,URI:sip:acme.example,email:a@acme.example'];
const root = issue({ subject: 'Root', extensions: authority });
const middle = issue({ subject: 'Middle', extensions: authority, issuer: root });
const leaf = issue({ subject: 'sip.acme.example', extensions: host, issuer: middle });
const other = issue({ subject: 'other.example', extensions: ['subjectAltName=DNS:other.example'], issuer: root });

/** `pointer: message` of each fault; [] = it is good. */
function faults(chain: string, key: string, at = now): string[] {
  const checked = checkCertificate(chain, key, at);
  return checked.ok ? [] : checked.error.map(({ pointer, message }) => `${pointer} ${message}`);
}
const alone = (certificate: IssuedCertificate, at = now): string[] => faults(certificate.cert, certificate.key, at);

describe('a certificate that can serve', () => {
  it('is kept in plain form, with the names it is for', () => {
    const checked = checkCertificate(`some words\n${leaf.cert}\r\nBag Attributes: none\n${middle.cert}${root.cert}`, leaf.key, now);
    expect(checked).toMatchObject({ ok: true, value: { names: ['sip.acme.example', '*.acme.example', '192.0.2.1', 'acme.example'], key: leaf.key } });
    expect(checked.ok && checked.value.chain).toBe(leaf.cert + middle.cert + root.cert);
  });

  it('has facts for people', () => {
    expect(factsOf(new X509Certificate(leaf.cert))).toMatchObject({ subject: 'CN=sip.acme.example', issuer: 'CN=Middle', keyType: 'EC P-256', fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/) });
  });

  it.each([
    ['RSA of 2048 bits', rsaKey(2_048), 'RSA 2048'],
    ['EC P-384', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'], 'EC P-384'],
    ['Ed25519', ['-algorithm', 'ED25519'], 'Ed25519'],
  ])('may have a key of %s', (_name, key, keyType) => {
    const made = issue({ subject: 'a.example', key });
    expect(alone(made)).toEqual([]);
    expect(factsOf(new X509Certificate(made.cert)).keyType).toBe(keyType);
  });

  it('is for its CN only when nothing else names it', () => {
    expect(namesOf(new X509Certificate(issue({ subject: 'Plain.example' }).cert))).toEqual(['plain.example']);
    expect(namesOf(new X509Certificate(other.cert))).toEqual(['other.example']);
  });

  it('may name TLS servers among its uses', () => {
    expect(alone(issue({ subject: 'a.example', extensions: ['extendedKeyUsage=clientAuth,serverAuth'] }))).toEqual([]);
  });
});

describe('a certificate is refused with the reason', () => {
  it('when it is no PEM', () => {
    expect(faults('AAAA', 'BBBB')).toEqual([
      '/chain holds no certificate: it must be PEM text with -----BEGIN CERTIFICATE----- blocks, the certificate itself first, then its issuers',
      '/key must be a private key as PEM text (-----BEGIN PRIVATE KEY-----)',
    ]);
    const damaged = leaf.cert.replace(/\n[A-Za-z0-9+/]{64}\n/, '\nAAAA\n');
    expect(faults(leaf.cert + damaged, leaf.key)).toEqual(['/chain certificate 2 of the chain cannot be read: its text is damaged']);
    expect(faults(leaf.cert, '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n')).toEqual(['/key cannot be read: its text is damaged or of an unknown kind']);
  });

  it('when the key is that of another', () => {
    expect(faults(leaf.cert, other.key)).toEqual(['/key is not the key of the certificate CN=sip.acme.example: their public keys differ']);
  });

  it('when the key is encrypted, or stands in the chain', () => {
    expect(faults(leaf.cert, encrypted(leaf.key))).toEqual([expect.stringContaining('/key is encrypted with a password: send it decrypted')]);
    expect(faults(leaf.cert + leaf.key, leaf.key)).toEqual(['/chain holds a private key: send it as key, never as part of the chain']);
  });

  it('when the chain is out of order, broken, forged or too long', () => {
    expect(faults(leaf.cert + root.cert + middle.cert, leaf.key)[0]).toBe(
      '/chain certificate 2 of the chain (CN=Root) did not issue certificate 1 (CN=sip.acme.example): the order is the certificate itself, then its issuer, then the issuer\'s issuer');
    // Another authority that calls itself Middle.
    const impostor = issue({ subject: 'Middle', extensions: authority });
    expect(faults(leaf.cert + impostor.cert, leaf.key)[0]).toMatch(/^\/chain (the signature of certificate 1 \(CN=sip\.acme\.example\) is not that of|certificate 2 of the chain \(CN=Middle\) did not issue)/);
    const layman = issue({ subject: 'Layman', extensions: ['basicConstraints=CA:FALSE'] });
    expect(faults(issue({ subject: 'a.example', issuer: layman }).cert + layman.cert, leaf.key)).toContain(
      '/chain certificate 2 of the chain (CN=Layman) is no certificate authority, so nobody trusts what it signed');
    expect(faults(leaf.cert.repeat(9), leaf.key)).toEqual(['/chain must hold at most 8 certificates']);
  });

  it('when it is expired or not valid yet, and so for its issuers', () => {
    expect(alone(other, now + 400 * day)).toEqual([expect.stringMatching(/^\/chain certificate 1 of the chain \(CN=other\.example\) expired at \d{4}-/)]);
    expect(alone(other, now - 2 * day)).toEqual([expect.stringContaining('is not valid before')]);
    const brief = issue({ subject: 'Brief', extensions: authority, days: 1 });
    const long = issue({ subject: 'a.example', issuer: brief, days: 90 });
    expect(faults(long.cert + brief.cert, long.key, now + 2 * day)).toEqual([expect.stringContaining('certificate 2 of the chain (CN=Brief) expired')]);
  });

  it.each([
    ['RSA of 1024 bits', rsaKey(1_024), 'RSA 1024'],
    ['another curve', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'], 'EC secp256k1'],
  ])('when its key is %s', (_name, key, shown) => {
    expect(alone(issue({ subject: 'a.example', key }))[0]).toBe(`/key is ${shown}; accepted are RSA of 2048 to 8192 bits, EC P-256, P-384, P-521 and Ed25519`);
  });

  it('when it names no host or may not serve TLS', () => {
    expect(alone(issue({ subject: 'Acme Ltd' }))).toEqual([expect.stringContaining('/chain names no host')]);
    expect(alone(issue({ subject: 'a.example', extensions: ['extendedKeyUsage=emailProtection'] }))).toEqual([expect.stringContaining('/chain may not be shown by a TLS server')]);
  });
});

describe('a certificate that ends soon', () => {
  it.each([
    [31 * day, null, ''],
    [30 * day, 'warning', 'ends in 30 days'],
    [8 * day, 'warning', 'ends in 8 days'],
    [7 * day, 'error', 'ends in 7 days'],
    [day, 'error', 'ends in 1 day '],
    [3_600_000, 'error', 'ends in 1 hour '],
    [-2 * 3_600_000, 'error', 'ended 2 hours ago'],
  ])('with %i ms left is %s', (left, severity, text) => {
    const expiry = expiryOf(now + left, now);
    expect(expiry?.severity ?? null).toBe(severity);
    expect(expiry?.text ?? '').toContain(text);
  });
});

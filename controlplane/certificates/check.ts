/**
 * Whether a chain and a key can serve TLS: everything that would fail later, at the node or in a client's hands, is told
 * when they are saved. PURE but for node:crypto.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { err, ok } from '../../dataplane/contract/result.ts';
import type { Result } from '../../dataplane/contract/result.ts';
import type { ProblemField } from '../contract/problem.ts';
import { factsOf, keyTypeOf, namesOf, oneLine } from './facts.ts';

export interface CheckedCertificate {
  readonly names: readonly string[];
  /** PEM in plain form: nothing between the blocks. */
  readonly chain: string;
  /** PKCS #8. */
  readonly key: string;
}

const longestChain = 8;
const serverAuth = '1.3.6.1.5.5.7.3.1';
const goodCurves: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

type Checked<T> = Result<T, readonly ProblemField[]>;

/** The certificate in its stored form, or all that is wrong with it. */
export function checkCertificate(chain: string, key: string, nowMs: number): Checked<CheckedCertificate> {
  const certificates = readChain(chain);
  const privateKey = readKey(key);
  if (!certificates.ok || !privateKey.ok) return err([...(certificates.ok ? [] : certificates.error), ...(privateKey.ok ? [] : privateKey.error)]);
  const [leaf] = certificates.value;
  if (leaf === undefined) return refuse('/chain', 'required', noBlocks);
  const names = namesOf(leaf);
  const errors = [
    ...links(certificates.value), ...certificates.value.flatMap((certificate, index) => validity(certificate, index, nowMs)), ...usage(leaf),
    ...strength(leaf.publicKey, '/chain'),
    ...(names.length === 0 ? [fault('/chain', 'mismatch', 'names no host: it needs a subjectAltName (DNS or URI:sip:) or a CN that is a host name')] : []),
    ...(leaf.checkPrivateKey(privateKey.value) ? [] : [fault('/key', 'mismatch', `is not the key of the certificate ${oneLine(leaf.subject)}: their public keys differ`)]),
  ];
  if (errors.length > 0) return err(errors);
  return ok({
    names, chain: certificates.value.map((certificate) => certificate.toString()).join(''),
    key: privateKey.value.export({ type: 'pkcs8', format: 'pem' }),
  });
}

const noBlocks = 'holds no certificate: it must be PEM text with -----BEGIN CERTIFICATE----- blocks, the certificate itself first, then its issuers';

function readChain(text: string): Checked<readonly X509Certificate[]> {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return refuse('/chain', 'not-allowed', 'holds a private key: send it as key, never as part of the chain');
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return refuse('/chain', 'format', noBlocks);
  if (blocks.length > longestChain) return refuse('/chain', 'too-long', `must hold at most ${longestChain} certificates`);
  const certificates: X509Certificate[] = [];
  for (const [index, block] of blocks.entries()) {
    try {
      certificates.push(new X509Certificate(block));
    } catch {
      return refuse('/chain', 'format', `certificate ${index + 1} of the chain cannot be read: its text is damaged`);
    }
  }
  return ok(certificates);
}

function readKey(text: string): Checked<KeyObject> {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(text)) {
    return refuse('/key', 'not-allowed', 'is encrypted with a password: send it decrypted (openssl pkey -in key.pem); it is sealed before it is stored');
  }
  if (!/-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/.test(text)) return refuse('/key', 'format', 'must be a private key as PEM text (-----BEGIN PRIVATE KEY-----)');
  try {
    const key = createPrivateKey(text);
    const faults = strength(key, '/key');
    return faults.length > 0 ? err(faults) : ok(key);
  } catch {
    return refuse('/key', 'format', 'cannot be read: its text is damaged or of an unknown kind');
  }
}

/** Each must be the issuer of the one before it. */
function links(chain: readonly X509Certificate[]): ProblemField[] {
  const faults: ProblemField[] = [];
  for (const [index, issuer] of chain.entries()) {
    const issued = chain[index - 1];
    if (issued === undefined) continue;
    const who = `certificate ${index + 1} of the chain (${oneLine(issuer.subject)})`;
    const whom = `certificate ${index} (${oneLine(issued.subject)})`;
    if (!issued.checkIssued(issuer)) faults.push(fault('/chain', 'mismatch', `${who} did not issue ${whom}: the order is the certificate itself, then its issuer, then the issuer's issuer`));
    else if (!issued.verify(issuer.publicKey)) faults.push(fault('/chain', 'mismatch', `the signature of ${whom} is not that of ${who}`));
    else if (!issuer.ca) faults.push(fault('/chain', 'mismatch', `${who} is no certificate authority, so nobody trusts what it signed`));
  }
  return faults;
}

function validity(certificate: X509Certificate, index: number, nowMs: number): ProblemField[] {
  const { notBeforeMs, notAfterMs } = factsOf(certificate);
  const who = `certificate ${index + 1} of the chain (${oneLine(certificate.subject)})`;
  if (notAfterMs <= nowMs) return [fault('/chain', 'out-of-range', `${who} expired at ${new Date(notAfterMs).toISOString()}`)];
  if (notBeforeMs > nowMs) return [fault('/chain', 'out-of-range', `${who} is not valid before ${new Date(notBeforeMs).toISOString()}`)];
  return [];
}

/** Extended key usage, where it is given, must name TLS servers (RFC 5280 §4.2.1.12). */
function usage(leaf: X509Certificate): ProblemField[] {
  const uses = leaf.keyUsage as readonly string[] | undefined;
  if (uses === undefined || uses.includes(serverAuth)) return [];
  return [fault('/chain', 'not-allowed', `may not be shown by a TLS server: its extended key usage is ${uses.join(', ')}, without serverAuth (${serverAuth})`)];
}

function strength(key: KeyObject, pointer: string): ProblemField[] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const bits = details?.modulusLength ?? 0;
  const good = type === 'ed25519' || ((type === 'rsa' || type === 'rsa-pss') && bits >= 2_048 && bits <= 8_192)
    || (type === 'ec' && goodCurves.has(details?.namedCurve ?? ''));
  return good ? [] : [fault(pointer, 'not-allowed', `is ${keyTypeOf(key)}; accepted are RSA of 2048 to 8192 bits, EC P-256, P-384, P-521 and Ed25519`)];
}

const fault = (pointer: string, code: string, message: string): ProblemField => ({ pointer, code, message });
const refuse = (pointer: string, code: string, message: string): Checked<never> => err([fault(pointer, code, message)]);

/** A self-signed certificate for the TLS ends of a test, made by the machine's openssl. */
import { spawnSync } from 'node:child_process';
import type { TestCertificate } from './sip-wires.ts';

/** For `names` (DNS names, or addresses of which IPs are recognised), valid for a day. */
export function makeCertificate(names: readonly string[] = ['localhost', '127.0.0.1']): TestCertificate {
  const alternatives = names.map((name) => (/^[\d.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(',');
  const made = spawnSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', `/CN=${names[0] ?? 'localhost'}`, '-addext', `subjectAltName=${alternatives}`, '-keyout', '-', '-out', '-',
  ], { encoding: 'utf8' });
  const cert = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n/.exec(made.stdout)?.[0];
  const key = /-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----\n/.exec(made.stdout)?.[0];
  if (cert === undefined || key === undefined) throw new Error(`openssl made no certificate: ${made.stderr}`);
  return { cert, key };
}

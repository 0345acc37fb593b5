/** Certificates with chains, wrong ones included, made by the machine's openssl in a folder of their own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface IssuedCertificate {
  /** PEM: the certificate alone. */
  readonly cert: string;
  /** PEM, PKCS #8. */
  readonly key: string;
  readonly subject: string;
}

export interface Wanted {
  readonly subject: string;
  /** X.509v3 extensions as openssl writes them. */
  readonly extensions?: readonly string[];
  /** Arguments of `openssl genpkey`. */
  readonly key?: readonly string[];
  /** null = self-signed. */
  readonly issuer?: IssuedCertificate | null;
  readonly days?: number;
}

export const authority = ['basicConstraints=critical,CA:TRUE'] as const;
export const ecKey = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'] as const;
export const rsaKey = (bits: number): readonly string[] => ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`];

export function issue({ subject, extensions = [], key = ecKey, issuer = null, days = 365 }: Wanted): IssuedCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-ca-'));
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => { execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] }); };
  try {
    openssl('genpkey', ...key, '-out', at('key'));
    openssl('req', '-new', '-key', at('key'), '-subj', `/CN=${subject}`, '-out', at('request'));
    writeFileSync(at('extensions'), `${extensions.join('\n')}\n`);
    const signer = issuer === null ? ['-signkey', at('key')] : ['-CA', at('ca'), '-CAkey', at('ca-key')];
    if (issuer !== null) {
      writeFileSync(at('ca'), issuer.cert);
      writeFileSync(at('ca-key'), issuer.key);
    }
    openssl('x509', '-req', '-in', at('request'), ...signer, '-days', String(days), '-extfile', at('extensions'), '-out', at('cert'));
    return { cert: readFileSync(at('cert'), 'utf8'), key: readFileSync(at('key'), 'utf8'), subject };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The key as a password-protected PEM. */
export function encrypted(key: string): string {
  return execFileSync('openssl', ['pkcs8', '-topk8', '-passout', 'pass:secret'], { input: key, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
}

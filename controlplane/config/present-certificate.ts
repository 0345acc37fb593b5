/** A stored certificate as the REST API shows it: never its key, not even sealed. */
import { X509Certificate } from 'node:crypto';
import { expiryOf } from '../certificates/expiry.ts';
import { factsOf } from '../certificates/facts.ts';
import type { Certificate, CertificateWarning } from '../contract/certificates.ts';
import type { Stored } from './stored.ts';

/** A certificate that has a name in common with the one that is shown. */
export interface Namesake {
  readonly name: string;
  readonly names: readonly string[];
}

export function presentCertificate({ row, note, version, createdAtMs, updatedAtMs }: Stored<'certificate'>, others: readonly Namesake[], nowMs: number): Certificate {
  const facts = factsOf(new X509Certificate(row.chain));
  const expiry = expiryOf(facts.notAfterMs, nowMs);
  const warnings: CertificateWarning[] = others.filter((other) => other.name !== row.name).flatMap((other) => {
    const shared = other.names.filter((name) => row.names.includes(name));
    return shared.length === 0 ? [] : [{ code: 'same-name' as const, message: `${shared.slice(0, 3).join(', ')} ${shared.length === 1 ? 'is' : 'are'} also in the certificate ${other.name}; nodes show ${other.name < row.name ? other.name : row.name}` }];
  });
  if (expiry !== null) warnings.unshift({ code: facts.notAfterMs > nowMs ? 'expiring' : 'expired', message: `it ${expiry.text}` });
  return { name: row.name, names: [...row.names], chain: row.chain, ...facts, warnings, comment: note.comment, version, createdAtMs, updatedAtMs };
}

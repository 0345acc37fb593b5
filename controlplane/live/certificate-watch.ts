/** Certificates of the mirrored configuration that end soon; each is read once, however often it is asked. */
import { X509Certificate } from 'node:crypto';
import type { CertificateRow } from '../../dataplane/contract/rows.ts';
import { expiryOf } from '../certificates/expiry.ts';
import type { AlarmCertificate } from './alarms.ts';

export class CertificateWatch {
  /** End of a row's certificate; rows keep their identity while they do not change. */
  private readonly ends = new WeakMap<CertificateRow, number>();

  /** Those with 30 days or less left. */
  expiring(rows: Iterable<CertificateRow>, nowMs: number): readonly AlarmCertificate[] {
    const found: AlarmCertificate[] = [];
    for (const row of rows) {
      const expiry = expiryOf(this.endOf(row), nowMs);
      if (expiry !== null) found.push({ name: row.name, host: row.names[0] ?? '', expiry });
    }
    return found;
  }

  private endOf(row: CertificateRow): number {
    const known = this.ends.get(row);
    if (known !== undefined) return known;
    const end = endOf(row.chain);
    this.ends.set(row, end);
    return end;
  }
}

/** A row that cannot be read is the node's to complain about, which it does by quarantine or its log. */
function endOf(chain: string): number {
  try {
    return Date.parse(new X509Certificate(chain).validTo);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

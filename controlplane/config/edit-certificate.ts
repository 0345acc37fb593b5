/** Edits of certificates. Only checked chains and sealed keys come here. */
import { err, ok } from '../../dataplane/contract/result.ts';
import type { CertificateRow } from '../../dataplane/contract/rows.ts';
import type { Certificate } from '../contract/certificates.ts';
import type { Draft } from './draft.ts';
import { notFound } from './edit.ts';
import type { Edited, EditOptions } from './edit.ts';
import { presentCertificate } from './present-certificate.ts';
import { refuseStale } from './precondition.ts';

export async function putCertificate(draft: Draft, row: CertificateRow, comment: string, options: EditOptions): Edited<Certificate> {
  const stale = refuseStale(`Certificate ${row.name}`, await draft.find('certificate', row.name), options);
  if (stale !== null) return err(stale);
  const stored = await draft.put('certificate', row.name, row, { comment, externalId: null }, options.at);
  const others = await draft.tx.certificate.findMany({ where: { name: { not: row.name }, names: { hasSome: [...row.names] } }, select: { name: true, names: true } });
  return ok(() => presentCertificate(stored, others, draft.nowMs));
}

export async function removeCertificate(draft: Draft, name: string, options: EditOptions): Edited<null> {
  const before = await draft.find('certificate', name);
  if (before === null) return notFound(`There is no certificate ${name}.`);
  const stale = refuseStale(`Certificate ${name}`, before, options);
  if (stale !== null) return err(stale);
  await draft.remove('certificate', name, options.at);
  return ok(() => null);
}

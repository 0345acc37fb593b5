/** After a rotation: seals the private keys of all certificates under the cluster key that signs now. */
import { ok } from '../../dataplane/contract/result.ts';
import { openSecret, sealingKeyId, sealSecret } from '../../dataplane/contract/sealed.ts';
import type { ClusterKey } from '../../dataplane/contract/wire.ts';
import type { Draft } from './draft.ts';
import type { Edited } from './edit.ts';
import { storedCertificate } from './tables-behaviour.ts';

export interface Resealed {
  readonly resealed: string[];
  /** Those that no key opens. */
  readonly unreadable: { readonly name: string; readonly reason: string }[];
}

/** @param keys the one that signs first */
export async function resealCertificates(draft: Draft, keys: readonly ClusterKey[]): Edited<Resealed> {
  const resealed: string[] = [];
  const unreadable: { name: string; reason: string }[] = [];
  for (const found of await draft.tx.certificate.findMany({ orderBy: { name: 'asc' } })) {
    if (sealingKeyId(found.key) === keys[0]?.id) continue;
    const stored = storedCertificate(found);
    draft.know('certificate', stored);
    const { row, note } = stored;
    const key = openSecret(keys, row.name, row.key);
    if (!key.ok) {
      unreadable.push({ name: row.name, reason: `its key ${key.error}` });
      continue;
    }
    await draft.put('certificate', row.name, { ...row, key: sealSecret(keys, row.name, key.value) }, note);
    resealed.push(row.name);
  }
  return ok(() => ({ resealed, unreadable }));
}

/**
 * Rollback: what every row was right after revision K, written as a new revision. Rows keep their ids, so
 * destinations keep their health. What a node row was before the node was forgotten is left alone, and so is a certificate
 * whose private key was sealed under a cluster key that is retired by now: no node could open it.
 */
import { err, ok } from '../../dataplane/contract/result.ts';
import type { TableName } from '../../dataplane/contract/rows.ts';
import { decodeOp } from '../../dataplane/contract/decode.ts';
import { sealingKeyId } from '../../dataplane/contract/sealed.ts';
import type { Draft } from './draft.ts';
import type { Edited } from './edit.ts';
import { emptyNote } from './stored.ts';
import type { Note } from './stored.ts';

const maxChanges = 100_000;

interface FormerRow {
  readonly entity: TableName;
  readonly key: string;
  readonly before: string | null;
  readonly note_before: Note | null;
}

/** Plans the way back to `rev` (0 = the empty configuration). */
export async function rollbackTo(draft: Draft, rev: number): Edited<null> {
  const head = await draft.tx.configHead.findUniqueOrThrow({ where: { id: 1 } });
  if (rev > Number(head.rev)) return err({ code: 'not-found', detail: `There is no revision ${rev}; the newest is ${head.rev}.` });
  const oldest = await draft.tx.configRevision.findFirst({ orderBy: { rev: 'asc' }, select: { rev: true } });
  if (oldest !== null && rev + 1 < Number(oldest.rev)) {
    return err({ code: 'gone', detail: `The change log begins with revision ${oldest.rev}; what was at revision ${rev} is no longer known.` });
  }
  const former = await draft.tx.$queryRaw<FormerRow[]>`
    SELECT DISTINCT ON (entity, key) entity, key, "before", note_before FROM config_change
    WHERE rev > ${BigInt(rev)} AND entity <> 'rate' ORDER BY entity, key, rev, seq LIMIT ${maxChanges + 1}`;
  if (former.length > maxChanges) return err({ code: 'conflict', detail: `More than ${maxChanges} rows changed since revision ${rev}; go back in smaller steps.` });
  // One query a table instead of one a row.
  for (const [table, rows] of Map.groupBy(former, (row) => row.entity)) await draft.load(table, rows.map((row) => row.key));
  for (const row of former) await restore(draft, row);
  // Price lists are too long for objects; the database knows itself what they were.
  if (await draft.tx.configChange.findFirst({ where: { rev: { gt: rev }, table: 'rate' }, select: { seq: true } }) !== null) await (await draft.changeRates()).restore(rev);
  return ok(() => null);
}

async function restore(draft: Draft, { entity, key, before, note_before: note }: FormerRow): Promise<void> {
  if (entity === 'node' && await draft.tx.node.count({ where: { id: key } }) === 0) return;
  if (before === null) {
    await draft.remove(entity, key);
    return;
  }
  const decoded = decodeOp(entity, key, before);
  if (!decoded.ok) {
    draft.fault('', 'mismatch', `${entity} ${key} cannot be restored: ${decoded.error[0]?.pointer ?? ''} ${decoded.error[0]?.message ?? ''}`);
    return;
  }
  const { value } = decoded;
  if (value.row === null || (value.table === 'certificate' && await draft.tx.clusterKey.count({ where: { id: sealingKeyId(value.row.key) } }) === 0)) return;
  await draft.put(entity, key, value.row, note ?? emptyNote);
}

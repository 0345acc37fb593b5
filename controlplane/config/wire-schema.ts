/**
 * A new release may give rows fields that they did not have: their wire texts change although nobody changed them. Then
 * the head's hashes are counted anew over what the nodes will get, and a new epoch begins, so that every node takes a snapshot.
 */
import { canonicalJson } from '../../dataplane/contract/canonical.ts';
import { HashSum, mapTables } from '../../dataplane/contract/hash.ts';
import type { TableHashes } from '../../dataplane/contract/hash.ts';
import { tableNames } from '../../dataplane/contract/rows.ts';
import { wireSchema } from '../../dataplane/contract/wire.ts';
import type { Database, SqlReader, SqlRow } from '../db/database.ts';
import { snapshotPages } from './snapshot.ts';
import type { Tx } from './table-store.ts';

const transactionMs = { maxWait: 10_000, timeout: 600_000 } as const;

/** Brings the head to this release's schema. True when nodes need a snapshot because of it. Call it before anybody reads the head. */
export async function adoptWireSchema(database: Database): Promise<boolean> {
  return database.prisma.$transaction(async (tx) => {
    const [head] = await tx.$queryRaw<{ rev: bigint; schema: number }[]>`SELECT rev, schema FROM config_head WHERE id = 1 FOR UPDATE`;
    if (head === undefined) throw new Error('the configuration head row is missing');
    if (head.schema === wireSchema) return false;
    if (head.rev === 0n) {
      // Nothing was ever written: no text of another form is anywhere.
      await tx.configHead.update({ where: { id: 1 }, data: { schema: wireSchema } });
      return false;
    }
    const hashes = await countHashes(tx);
    await tx.$executeRaw`UPDATE config_head SET epoch = gen_random_uuid(), schema = ${wireSchema}::int, hashes = ${JSON.stringify(hashes)}::jsonb WHERE id = 1`;
    await tx.configRevision.updateMany({ where: { rev: head.rev }, data: { hashes } });
    return true;
  }, transactionMs);
}

async function countHashes(tx: Tx): Promise<TableHashes> {
  const sql: SqlReader = (text, values) => tx.$queryRawUnsafe<SqlRow[]>(text, ...values);
  const sums = mapTables(() => new HashSum());
  for (const table of tableNames) {
    for await (const page of snapshotPages(sql, table)) {
      for (const { key, row } of page) sums[table].add(table, key, canonicalJson(row));
    }
  }
  return mapTables((table) => sums[table].hex());
}

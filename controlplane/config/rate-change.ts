/**
 * Changes of rate tables inside a write. A price list has a million lines: they never become objects here, but lie in a
 * temporary table, are compared with what is there, hashed, logged and stored by the database, each in one statement.
 */
import { addSums, zeroHash } from '../../dataplane/contract/hash.ts';
import type { RowChange } from '../contract/query.ts';
import type { RateTable } from '../contract/rates.ts';
import type { Tx } from './table-store.ts';
import { visibleRow } from './visible-row.ts';

export interface RateCounts {
  readonly creates: number;
  readonly updates: number;
  readonly removes: number;
}

const nothing: RateCounts = { creates: 0, updates: 0, removes: 0 };
const shownChanges = 1_000;

export class RateChange {
  private readonly tx: Tx;
  counts: RateCounts = nothing;
  /** Sum of the hashes of the rows that go, and of those that come. */
  private removed = zeroHash;
  private added = zeroHash;
  private settled: readonly RateTable[] = [];

  private constructor(tx: Tx) {
    this.tx = tx;
  }

  /** For one write: what is wanted of each touched rate (price NULL = gone) goes into `rate_edit`. */
  static async open(tx: Tx): Promise<RateChange> {
    // Joins of a million rows: with the usual 4 MB they would go by the disk.
    await tx.$executeRaw`SET LOCAL work_mem = '128MB'`;
    await tx.$executeRaw`CREATE TEMPORARY TABLE rate_edit (line integer NOT NULL, table_number integer NOT NULL, prefix text COLLATE "C" NOT NULL, set_id integer NOT NULL, price bigint) ON COMMIT DROP`;
    return new RateChange(tx);
  }

  /** The table shall hold these rates and no other. `texts`: `line,prefix,set,price`, one a line. */
  async replace(table: number, texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      await this.tx.$executeRaw`
        INSERT INTO rate_edit SELECT split_part(l, ',', 1)::integer, ${table}::integer, split_part(l, ',', 2), split_part(l, ',', 3)::integer, split_part(l, ',', 4)::bigint
        FROM unnest(string_to_array(${text}, E'\n')) AS l`;
    }
    await this.tx.$executeRaw`ANALYZE rate_edit`;
    await this.tx.$executeRaw`
      INSERT INTO rate_edit SELECT 0, r.table_number, r.prefix, r.set_id, NULL FROM rate r WHERE r.table_number = ${table}::integer
        AND NOT EXISTS (SELECT 1 FROM rate_edit e WHERE e.table_number = r.table_number AND e.prefix = r.prefix AND e.set_id = r.set_id)`;
  }

  /** Every rate becomes what it was right after revision `rev`. */
  async restore(rev: number): Promise<void> {
    await this.tx.$executeRaw`
      INSERT INTO rate_edit SELECT 0, split_part(f."key", '/', 1)::integer, split_part(f."key", '/', 2), split_part(f."key", '/', 3)::integer, (f."before"::jsonb ->> 'price')::bigint
      FROM (SELECT DISTINCT ON ("key") "key", "before" FROM config_change WHERE entity = 'rate' AND rev > ${BigInt(rev)} ORDER BY "key", rev, seq) f`;
  }

  /** Lines that say the same rate a second time, with the line of the first; at most 100. */
  async duplicates(): Promise<readonly { readonly line: number; readonly first: number }[]> {
    return this.tx.$queryRaw<{ line: number; first: number }[]>`
      SELECT max(line)::integer AS line, min(line)::integer AS first FROM rate_edit WHERE price IS NOT NULL
      GROUP BY table_number, prefix, set_id HAVING count(*) > 1 ORDER BY 1 LIMIT 100`;
  }

  /** Compares what is wanted with what is there. Call it once, when nothing more is added. */
  async settle(): Promise<void> {
    const { tx } = this;
    await tx.$executeRaw`ANALYZE rate_edit`;
    // The text is the row's canonical JSON: names in order, and nothing in it needs an escape.
    await tx.$executeRaw`
      CREATE TEMPORARY TABLE rate_change ON COMMIT DROP AS
      SELECT e.table_number, e.prefix, e.set_id, e.price, e.table_number || '/' || e.prefix || '/' || e.set_id AS "key",
        '{"prefix":"' || e.prefix || '","price":' || r.price || ',"set":' || e.set_id || ',"table":' || e.table_number || '}' AS "before",
        '{"prefix":"' || e.prefix || '","price":' || e.price || ',"set":' || e.set_id || ',"table":' || e.table_number || '}' AS "after"
      FROM rate_edit e LEFT JOIN rate r ON r.table_number = e.table_number AND r.prefix = e.prefix AND r.set_id = e.set_id
      WHERE r.price IS DISTINCT FROM e.price`;
    await tx.$executeRaw`ANALYZE rate_change`;
    const [counts] = await tx.$queryRaw<{ creates: bigint; updates: bigint; removes: bigint }[]>`
      SELECT count(*) FILTER (WHERE "before" IS NULL) AS creates, count(*) FILTER (WHERE "before" IS NOT NULL AND "after" IS NOT NULL) AS updates,
        count(*) FILTER (WHERE "after" IS NULL) AS removes FROM rate_change`;
    this.counts = counts === undefined ? nothing : { creates: Number(counts.creates), updates: Number(counts.updates), removes: Number(counts.removes) };
    this.removed = await this.sumOf('before');
    this.added = await this.sumOf('after');
  }

  /** How many rows differ. */
  get size(): number {
    return this.counts.creates + this.counts.updates + this.counts.removes;
  }

  /** The hash of the table `rate` after the change (see HashSum). */
  hashAfter(before: string): string {
    return addSums(addSums(before, this.removed, -1), this.added, 1);
  }

  /** Writes the change log of revision `rev`, numbered from `seq` on. */
  async log(rev: number, seq: number): Promise<void> {
    await this.tx.$executeRaw`
      INSERT INTO config_change (rev, seq, entity, "key", "before", "after")
      SELECT ${BigInt(rev)}::bigint, (${seq}::integer + row_number() OVER () - 1)::integer, 'rate', "key", "before", "after" FROM rate_change`;
  }

  async storeRemovals(): Promise<void> {
    await this.tx.$executeRaw`
      DELETE FROM rate r USING rate_change c WHERE c."after" IS NULL AND r.table_number = c.table_number AND r.prefix = c.prefix AND r.set_id = c.set_id`;
  }

  async storeRest(): Promise<void> {
    const { tx } = this;
    await tx.$executeRaw`
      UPDATE rate r SET price = c.price FROM rate_change c
      WHERE c."before" IS NOT NULL AND c."after" IS NOT NULL AND r.table_number = c.table_number AND r.prefix = c.prefix AND r.set_id = c.set_id`;
    await tx.$executeRaw`INSERT INTO rate (table_number, prefix, set_id, price) SELECT table_number, prefix, set_id, price FROM rate_change WHERE "before" IS NULL`;
    const tables = await tx.rateTable.findMany({ where: { number: { in: (await tx.$queryRaw<{ n: number }[]>`SELECT DISTINCT table_number AS n FROM rate_edit`).map(({ n }) => n) } } });
    this.settled = tables.map(({ number, rows, version, createdAt, updatedAt }) => ({ number, rows, version, createdAtMs: createdAt.getTime(), updatedAtMs: updatedAt.getTime() }));
  }

  /** A table as it is after the change; for after it was stored. */
  table(number: number): RateTable | null {
    return this.settled.find((table) => table.number === number) ?? null;
  }

  /** The first changes, for people. */
  async shown(): Promise<readonly RowChange[]> {
    const rows = await this.tx.$queryRaw<{ key: string; before: string | null; after: string | null }[]>`
      SELECT "key", "before", "after" FROM rate_change ORDER BY table_number, prefix, set_id LIMIT ${shownChanges}::integer`;
    return rows.map(({ key, before, after }) => ({ table: 'rate', key, before: visibleRow('rate', before), after: visibleRow('rate', after) }));
  }

  private async sumOf(side: 'before' | 'after'): Promise<string> {
    const after = side === 'after';
    // As HashSum does it: SHA-256 over table, key and text, its first four words summed apart, each modulo 2^32.
    const lanes = await this.tx.$queryRaw<{ lane: bigint }[]>`
      SELECT (coalesce(sum(('x' || substr(h, 8 * n + 1, 8))::bit(32)::bigint), 0) % 4294967296)::bigint AS lane FROM generate_series(0, 3) n LEFT JOIN (
        SELECT encode(sha256('\\x7261746500'::bytea || convert_to("key", 'UTF8') || '\\x00'::bytea || convert_to(t, 'UTF8')), 'hex') AS h
        FROM (SELECT "key", CASE WHEN ${after}::boolean THEN "after" ELSE "before" END AS t FROM rate_change) s WHERE t IS NOT NULL) hashed ON true GROUP BY n ORDER BY n`;
    return lanes.map(({ lane }) => lane.toString(16).padStart(8, '0')).join('');
  }
}

/**
 * The configuration's history for the push gateway, read from the change log; snapshots are compiled from the
 * tables in one consistent read.
 */
import { canonicalJson } from '../../dataplane/contract/canonical.ts';
import type { TableName } from '../../dataplane/contract/rows.ts';
import { tableNames } from '../../dataplane/contract/rows.ts';
import { channel } from '../../dataplane/contract/wire.ts';
import type { Database, SqlReader } from '../db/database.ts';
import type { ChangeSource, Head, Revision, WireOp } from '../push/ports.ts';
import { snapshotPages } from './snapshot.ts';
import { configChannel, readHashes } from './writer.ts';

const pollMs = 2_000;

export interface ChangeSourceDeps {
  readonly database: Database;
  readonly warn: (text: string) => void;
}

export class DatabaseChangeSource implements ChangeSource {
  private readonly deps: ChangeSourceDeps;
  private readonly wakes = new Set<() => void>();
  private unlisten: (() => Promise<void>) | null = null;
  private timer: NodeJS.Timeout | null = null;
  private polling = false;
  private seen = -1;

  constructor(deps: ChangeSourceDeps) {
    this.deps = deps;
  }

  /** Starts listening and polling. */
  async start(): Promise<void> {
    this.unlisten = await this.deps.database.listen(configChannel, () => this.wakeAll());
    // A notification can be lost with its connection: the head itself is the truth.
    this.timer = setInterval(() => {
      this.poll().catch((error: unknown) => this.deps.warn(`the configuration head cannot be read: ${error instanceof Error ? error.message : String(error)}`));
    }, pollMs);
  }

  async close(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.wakes.clear();
    await this.unlisten?.();
    this.unlisten = null;
  }

  async head(): Promise<Head> {
    const row = await this.deps.database.prisma.configHead.findUniqueOrThrow({ where: { id: 1 } });
    return { epoch: row.epoch, rev: Number(row.rev), hashes: readHashes(row.hashes) };
  }

  async hashesAt(rev: number): Promise<Head['hashes'] | null> {
    if (rev === 0) return readHashes({});
    const row = await this.deps.database.prisma.configRevision.findUnique({ where: { rev }, select: { hashes: true } });
    return row === null ? null : readHashes(row.hashes);
  }

  async revisionsAfter(rev: number, limit: number): Promise<readonly Revision[] | null> {
    const last = await this.lastWithin(rev, limit);
    if (last === null) return null;
    const rows = await this.deps.database.prisma.configRevision.findMany({
      where: { rev: { gt: rev, lte: last } }, orderBy: { rev: 'asc' }, take: limit,
      include: { changes: { orderBy: { seq: 'asc' }, select: { table: true, key: true, before: true, after: true } } },
    });
    const first = rows[0];
    if (first === undefined) return rev > (await this.head()).rev ? null : [];
    if (Number(first.rev) !== rev + 1) return null;
    return rows.map((row) => ({
      rev: Number(row.rev), hashes: readHashes(row.hashes),
      // A change of a comment alone is no news for a node.
      ops: row.changes.filter((change) => change.before !== change.after)
        .map((change) => ({ table: change.table as TableName, key: change.key, json: change.after })),
    }));
  }

  /**
   * The last revision up to which changes are read at once: none that is longer than a delta may be (a price list of a
   * million lines), and not many more rows than that together. null = the very next one is too long: a snapshot is what helps.
   */
  private async lastWithin(rev: number, limit: number): Promise<bigint | null> {
    const heads = await this.deps.database.prisma.configRevision.findMany({
      where: { rev: { gt: rev } }, orderBy: { rev: 'asc' }, take: limit, select: { rev: true, ops: true },
    });
    let last = BigInt(rev);
    let ops = 0;
    for (const head of heads) {
      ops += head.ops;
      if (head.ops > channel.deltaRows) return last === BigInt(rev) ? null : last;
      if (ops > 2 * channel.deltaRows && last !== BigInt(rev)) return last;
      last = head.rev;
    }
    return last;
  }

  async snapshot(): Promise<{ readonly head: Head; readonly rows: AsyncIterable<readonly WireOp[]> }> {
    const parts = this.deps.database.consistent(readSnapshot);
    const first = await parts.next();
    if (first.done === true || !('epoch' in first.value)) throw new Error('the configuration head row is missing');
    return { head: first.value, rows: pagesOf(parts) };
  }

  onWake(wake: () => void): () => void {
    this.wakes.add(wake);
    return () => this.wakes.delete(wake);
  }

  /** Tells everyone now, without waiting for the database's notification. */
  wakeAll(): void {
    for (const wake of this.wakes) wake();
  }

  private async poll(): Promise<void> {
    if (this.polling) return;
    this.polling = true;
    try {
      const { rev } = await this.head();
      if (rev !== this.seen) this.wakeAll();
      this.seen = rev;
    } finally {
      this.polling = false;
    }
  }
}

async function* readSnapshot(sql: SqlReader): AsyncGenerator<Head | readonly WireOp[]> {
  const [row] = await sql('SELECT epoch::text AS epoch, rev::text AS rev, hashes FROM config_head WHERE id = 1', []);
  if (row === undefined) throw new Error('the configuration head row is missing');
  yield { epoch: String(row['epoch']), rev: Number(row['rev']), hashes: readHashes(row['hashes']) };
  for (const table of tableNames) yield* tableOps(sql, table);
}

async function* tableOps(sql: SqlReader, table: TableName): AsyncGenerator<readonly WireOp[]> {
  for await (const page of snapshotPages(sql, table)) {
    yield page.map(({ key, row }) => ({ table, key, json: canonicalJson(row) }));
  }
}

async function* pagesOf(parts: AsyncGenerator<Head | readonly WireOp[]>): AsyncGenerator<readonly WireOp[]> {
  for await (const part of parts) if (!('epoch' in part)) yield part;
}

/** The configuration's history in memory: a ChangeSource whose writes, pruning, restores and faults a test commands. */
import type { ChangeSource, Head, Revision, WireOp } from '../../../controlplane/push/ports.ts';
import { applyChanges, emptyHashes } from '../../../dataplane/contract/hash.ts';
import type { TableHashes } from '../../../dataplane/contract/hash.ts';
import { tableNames } from '../../../dataplane/contract/rows.ts';

export class MemorySource implements ChangeSource {
  epoch: string;
  rev = 0;
  snapshots = 0;
  /** Set to make every read fail, as when the database is away. */
  away = false;
  private hashes: TableHashes = emptyHashes;
  private rows = new Map<string, WireOp>();
  private log: Revision[] = [];
  private readonly wakes = new Set<() => void>();

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  /** Commits one revision and notifies (unless `silent`). */
  write(ops: readonly WireOp[], silent = false): number {
    const changes = ops.map((op) => ({ table: op.table, key: op.key, before: this.rows.get(`${op.table} ${op.key}`)?.json ?? null, after: op.json }));
    this.hashes = applyChanges(this.hashes, changes);
    for (const op of ops) {
      if (op.json === null) this.rows.delete(`${op.table} ${op.key}`);
      else this.rows.set(`${op.table} ${op.key}`, op);
    }
    this.rev++;
    this.log.push({ rev: this.rev, ops, hashes: this.hashes });
    if (!silent) for (const wake of this.wakes) wake();
    return this.rev;
  }

  prune(): void {
    this.log = [];
  }

  /** Another history with other rows, as after restoring a backup. */
  restore(epoch: string, rev: number, ops: readonly WireOp[]): void {
    this.epoch = epoch;
    this.rows = new Map();
    this.hashes = emptyHashes;
    this.log = [];
    this.rev = rev - 1;
    this.write(ops);
    this.log = [];
  }

  head(): Promise<Head> {
    return this.read(() => ({ epoch: this.epoch, rev: this.rev, hashes: this.hashes }));
  }

  hashesAt(rev: number): Promise<TableHashes | null> {
    return this.read(() => (rev === this.rev ? this.hashes : (this.log.find((revision) => revision.rev === rev)?.hashes ?? null)));
  }

  revisionsAfter(rev: number, limit: number): Promise<readonly Revision[] | null> {
    return this.read(() => {
      const later = this.log.filter((revision) => revision.rev > rev);
      return rev < this.rev && later[0]?.rev !== rev + 1 ? null : later.slice(0, limit);
    });
  }

  async snapshot(): Promise<{ readonly head: Head; readonly rows: AsyncIterable<readonly WireOp[]> }> {
    this.snapshots++;
    const head = await this.head();
    const rows = [...this.rows.values()].sort((one, other) => tableNames.indexOf(one.table) - tableNames.indexOf(other.table));
    return { head, rows: pages(rows) };
  }

  onWake(wake: () => void): () => void {
    this.wakes.add(wake);
    return () => this.wakes.delete(wake);
  }

  private read<T>(value: () => T): Promise<T> {
    return this.away ? Promise.reject(new Error('the database is away')) : Promise.resolve(value());
  }
}

async function* pages(rows: readonly WireOp[]): AsyncGenerator<readonly WireOp[]> {
  for (let start = 0; start < rows.length; start += 700) {
    yield rows.slice(start, start + 700);
    await Promise.resolve();
  }
}

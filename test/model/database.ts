/** The control plane's database as the push channel sees it: rows, gap-free revisions, a log that is pruned, backups that are restored. */
import { mergeRevisions } from '../../controlplane/push/batches.ts';
import type { Head, Revision, WireOp } from '../../controlplane/push/ports.ts';
import type { HistoryView } from '../../controlplane/push/session-events.ts';
import { canonicalJson } from '../../dataplane/contract/canonical.ts';
import { applyChanges, combinedHash, emptyHashes } from '../../dataplane/contract/hash.ts';
import type { TableHashes } from '../../dataplane/contract/hash.ts';
import type { TableName } from '../../dataplane/contract/rows.ts';
import type { Random } from './random.ts';

interface State {
  readonly epoch: string;
  readonly rev: number;
  readonly hashes: TableHashes;
  readonly rows: ReadonlyMap<string, WireOp>;
  readonly log: readonly Revision[];
}

/** Keys are few and values fewer, so that different histories often meet in equal content: the hard case for every check. */
const nodeKeys = ['n1', 'n2', 'n3'];
const domainKeys = ['a.example', 'b.example'];

export class SimulatedDatabase {
  state: State = { epoch: 'e0', rev: 0, hashes: emptyHashes, rows: new Map(), log: [] };
  /** Every content that ever stood at (epoch, rev); a restore without a new epoch can give several. */
  private readonly contents = new Map<string, Set<string>>();
  private readonly backups: State[] = [];
  private readonly archive: Revision[] = [];
  private epochs = 0;
  private freshness = 0.7;
  private cached: Head = { epoch: 'e0', rev: 0, hashes: emptyHashes };
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
    this.record();
    this.commit([
      { table: 'tenant', key: '1', json: tenant },
      { table: 'routeSet', key: '1', json: routeSet(1, 'one') },
      { table: 'routeSet', key: '2', json: routeSet(2, 'one') },
    ]);
  }

  get head(): Head {
    return { epoch: this.state.epoch, rev: this.state.rev, hashes: this.state.hashes };
  }

  /** The head as the server has it: read just now, or a moment ago. */
  cachedHead(): Head {
    if (this.random.chance(this.freshness)) this.cached = this.head;
    return this.cached;
  }

  /** From here on nothing happens so fast that a cached head could be old. */
  calmDown(): void {
    this.freshness = 1;
  }

  /** One revision of one to three random row changes, good and bad. */
  write(): void {
    const ops = new Map<string, WireOp>();
    for (let i = this.random.below(3); i >= 0; i--) {
      const op = this.randomOp();
      ops.set(`${op.table}\t${op.key}`, op);
    }
    this.commit([...ops.values()]);
  }

  /** One revision that empties a table. */
  deleteAll(table: TableName): void {
    this.commit([...this.state.rows.values()].filter((row) => row.table === table).map((row) => ({ ...row, json: null })));
  }

  prune(): void {
    const kept = this.random.below(this.state.log.length + 1);
    this.state = { ...this.state, log: this.state.log.slice(this.state.log.length - kept) };
  }

  backUp(): void {
    this.backups.push(this.state);
  }

  /** Goes back to a backup; a careful operator (or the start-up check) gives the history a new epoch. */
  restore(newEpoch: boolean): void {
    const backup = this.random.pick(this.backups);
    if (backup === undefined) return;
    this.state = { ...backup, epoch: newEpoch ? `e${++this.epochs}` : backup.epoch };
    this.record();
  }

  /** What the real feed answers to a session that asks from `since`. */
  view(since: number): HistoryView {
    const { log, epoch, rev, hashes } = this.state;
    const hashesAt = since === rev ? hashes : (log.find((entry) => entry.rev === since)?.hashes ?? null);
    const revisions = log.filter((entry) => entry.rev > since);
    const batch = mergeRevisions(epoch, since, revisions);
    // Large changes travel as streams; here chance decides what is large.
    return { head: this.cachedHead(), hashesAt, batch: batch === null || this.random.chance(0.7) ? batch : { ...batch, small: false } };
  }

  /** True when (epoch, rev) ever had exactly this content. */
  knows(epoch: string, rev: number, hash: string): boolean {
    return this.contents.get(`${epoch}:${rev}`)?.has(hash) ?? false;
  }

  /** Rows that revisions after `since` up to `to` removed one object at a time, in any history that ever was. */
  deliberate(table: TableName, since: number, to: number): number {
    return this.archive.filter((entry) => entry.rev > since && entry.rev <= to)
      .map((entry) => entry.ops.filter((op) => op.json === null))
      .filter((removed) => removed.length === 1 && removed[0]?.table === table).length;
  }

  private commit(ops: readonly WireOp[]): void {
    const rows = new Map(this.state.rows);
    const effective = ops.filter((op) => op.json !== null || rows.has(`${op.table}\t${op.key}`));
    if (effective.length === 0) return;
    const changes = effective.map((op) => ({ table: op.table, key: op.key, before: rows.get(`${op.table}\t${op.key}`)?.json ?? null, after: op.json }));
    const hashes = applyChanges(this.state.hashes, changes);
    for (const op of effective) {
      if (op.json === null) rows.delete(`${op.table}\t${op.key}`);
      else rows.set(`${op.table}\t${op.key}`, op);
    }
    const rev = this.state.rev + 1;
    const revision = { rev, ops: effective, hashes };
    this.archive.push(revision);
    this.state = { ...this.state, rev, hashes, rows, log: [...this.state.log, revision] };
    this.record();
  }

  private record(): void {
    const place = `${this.state.epoch}:${this.state.rev}`;
    const known = this.contents.get(place) ?? new Set<string>();
    known.add(combinedHash(this.state.hashes));
    this.contents.set(place, known);
  }

  private randomOp(): WireOp {
    const { random } = this;
    const dice = random.below(10);
    if (dice < 5) {
      const key = random.pick(nodeKeys) ?? 'n1';
      if (random.chance(0.3)) return { table: 'node', key, json: null };
      const row = { id: key, draining: random.chance(0.5) };
      return { table: 'node', key, json: canonicalJson(random.chance(0.2) ? { ...row, unheardOf: 1 } : row) };
    }
    if (dice < 8) {
      const key = random.pick(domainKeys) ?? 'a.example';
      if (random.chance(0.3)) return { table: 'domain', key, json: null };
      return { table: 'domain', key, json: canonicalJson({ name: key, tenant: 1, routeSet: 1 + random.below(2), enabled: true, did: '' }) };
    }
    const number = 1 + random.below(2);
    return { table: 'routeSet', key: String(number), json: random.chance(0.3) ? '{"number":' : routeSet(number, random.chance(0.5) ? 'one' : 'two') };
  }
}

const tenant = canonicalJson({
  id: 1, key: 'acme', name: 'Acme', enabled: true, limits: { calls: 0, cps: 0, registrations: 0 },
  policies: { media: 'direct', topologyHiding: false, digest: false },
});

const routeSet = (number: number, name: string): string => canonicalJson({
  number, name, tenant: 1, family: 'prefer', failover: { frMs: 5_000, frInviteMs: 30_000, on: ['timeout'], maxAttempts: 3 },
});

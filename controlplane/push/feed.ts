/**
 * The gateway's view of the history: the head read at most once at a time, recent revisions kept in memory, so that a
 * thousand nodes that need the same step cost one look at the database.
 */
import { mergeRevisions } from './batches.ts';
import type { Batch } from './batches.ts';
import type { ChangeSource, Head, Revision } from './ports.ts';
import type { HistoryView } from './session-events.ts';
import { channel } from '../../dataplane/contract/wire.ts';

/** Recent revisions in memory. */
const keptRevisions = 1_000;
const keptRows = 20_000;
/** A head of this age still serves: the next notification or heartbeat tells what it missed. */
const freshMs = 250;
const pageRevisions = 500;

export class Feed {
  private readonly source: ChangeSource;
  private readonly now: () => number;
  private known: Head | null = null;
  private knownAtMs = 0;
  private reading: Promise<Head> | null = null;
  /** Consecutive revisions that end at the last one seen. */
  private recent: Revision[] = [];
  private recentEpoch = '';
  private recentRows = 0;
  private readonly merged = new Map<string, Batch | null>();

  /** @param now milliseconds of any monotonic clock. */
  constructor(source: ChangeSource, now: () => number) {
    this.source = source;
    this.now = now;
  }

  /** The head, read now or a moment ago. Rejects when the database is away. */
  async head(): Promise<Head> {
    if (this.known !== null && this.now() - this.knownAtMs < freshMs) return this.known;
    return this.refresh();
  }

  /** The head as of now: a read that began before the call does not count. */
  async refresh(): Promise<Head> {
    if (this.reading !== null) await this.reading.catch(() => null);
    this.reading ??= this.readHead().finally(() => { this.reading = null; });
    return this.reading;
  }

  /** The history from `since` on. Rejects when the database is away. */
  async view(since: number): Promise<HistoryView> {
    const head = await this.head();
    if (since > head.rev) return { head, hashesAt: null, batch: null };
    if (since === head.rev) return { head, hashesAt: head.hashes, batch: null };
    const batch = await this.batch(head, since);
    const kept = this.recentEpoch === head.epoch ? this.recent.find((revision) => revision.rev === since) : undefined;
    return { head, hashesAt: kept?.hashes ?? (await this.source.hashesAt(since)), batch };
  }

  private async readHead(): Promise<Head> {
    const head = await this.source.head();
    // Another epoch, or a head that went back: what was kept belongs to another history.
    if (head.epoch !== this.recentEpoch || head.rev < (this.recent.at(-1)?.rev ?? 0)) this.forget(head.epoch);
    if (this.known?.epoch === head.epoch && head.rev > this.known.rev) await this.extend(this.known.rev, head);
    this.known = head;
    this.knownAtMs = this.now();
    return head;
  }

  /** Keeps the newest revisions at hand; a hole in the log only means that there is less at hand. */
  private async extend(seen: number, head: Head): Promise<void> {
    const fresh = await this.source.revisionsAfter(this.recent.at(-1)?.rev ?? seen, keptRevisions);
    this.merged.clear();
    if (fresh === null) {
      this.forget(head.epoch);
      return;
    }
    for (const revision of fresh) {
      const last = this.recent.at(-1);
      if (last !== undefined && revision.rev !== last.rev + 1) this.forget(head.epoch);
      this.recent.push(revision);
      this.recentRows += revision.ops.length;
    }
    while (this.recent.length > keptRevisions || (this.recentRows > keptRows && this.recent.length > 1)) {
      this.recentRows -= this.recent.shift()?.ops.length ?? 0;
    }
  }

  private forget(epoch: string): void {
    this.recent = [];
    this.recentRows = 0;
    this.recentEpoch = epoch;
    this.merged.clear();
  }

  private async batch(head: Head, since: number): Promise<Batch | null> {
    const first = this.recent[0];
    if (first !== undefined && this.recentEpoch === head.epoch && first.rev <= since + 1 && (this.recent.at(-1)?.rev ?? 0) >= head.rev) {
      const key = String(since);
      const known = this.merged.get(key);
      if (known !== undefined) return known;
      const batch = mergeRevisions(head.epoch, since, this.recent.filter((revision) => revision.rev > since));
      this.merged.set(key, batch);
      return batch;
    }
    return this.readBatch(head, since);
  }

  private async readBatch(head: Head, since: number): Promise<Batch | null> {
    const revisions: Revision[] = [];
    let rows = 0;
    while ((revisions.at(-1)?.rev ?? since) < head.rev) {
      const page = await this.source.revisionsAfter(revisions.at(-1)?.rev ?? since, pageRevisions);
      if (page === null || page.length === 0) return null;
      revisions.push(...page);
      rows += page.reduce((sum, revision) => sum + revision.ops.length, 0);
      if (rows > 2 * channel.deltaRows) return null;
    }
    // Several reads: a restore in between would mix two histories.
    const after = await this.source.head();
    return after.epoch === head.epoch ? mergeRevisions(head.epoch, since, revisions) : null;
  }
}

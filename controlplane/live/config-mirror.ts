/**
 * The configuration as the nodes see it, kept in step with the change log by the same decoders and the same builder:
 * what "explain" asks and what gives health reports their names. Reads only; a row that does not decode is left out,
 * as on a node.
 */
import { decodeOp, rowOp } from '../../dataplane/contract/decode.ts';
import type { RowOp } from '../../dataplane/contract/rows.ts';
import { applyOps, emptyView } from '../../dataplane/routing/build.ts';
import { packView, ViewLoad } from '../../dataplane/routing/pack-view.ts';
import type { ConfigView } from '../../dataplane/routing/view.ts';
import type { ChangeSource, WireOp } from '../push/ports.ts';

const revisionsAtOnce = 100;
/** Longest work between two turns of the event loop. */
const sliceMs = 5;

export interface ConfigMirrorDeps {
  readonly changes: ChangeSource;
  readonly log: (level: 'warn' | 'error', text: string, detail?: Readonly<Record<string, unknown>>) => void;
  /** After each step forward (also once at the start). Must not throw. */
  readonly moved: (view: ConfigView) => void;
}

export class ConfigMirror {
  private readonly deps: ConfigMirrorDeps;
  private current: ConfigView = emptyView();
  private unsubscribe: (() => void) | null = null;
  private following: Promise<void> | null = null;
  private again = false;

  constructor(deps: ConfigMirrorDeps) {
    this.deps = deps;
  }

  get view(): ConfigView {
    return this.current;
  }

  /** Follows the change log from now on; resolves when the present head is mirrored. Throws when it cannot be read. */
  async start(): Promise<void> {
    this.unsubscribe = this.deps.changes.onWake(() => this.wake());
    await this.follow();
    this.deps.moved(this.current);
  }

  /** The head may have moved. */
  wake(): void {
    this.again = true;
    this.following ??= this.run();
  }

  /** Resolves when no step is under way. */
  async settled(): Promise<void> {
    while (this.following !== null) await this.following;
  }

  async close(): Promise<void> {
    this.unsubscribe?.();
    this.unsubscribe = null;
    this.again = false;
    await this.settled();
  }

  private async run(): Promise<void> {
    while (this.again) {
      this.again = false;
      try {
        const before = this.current;
        await this.follow();
        if (this.current !== before) this.deps.moved(this.current);
      } catch (error) {
        // The next wake-up (a write, or the poll every 2 s) tries again.
        this.deps.log('warn', 'the change log could not be read', { error: error instanceof Error ? error.message : String(error) });
      }
    }
    this.following = null;
  }

  private async follow(): Promise<void> {
    const head = await this.deps.changes.head();
    if (head.epoch === this.current.epoch && head.rev === this.current.rev) return;
    const resumable = head.epoch === this.current.epoch && head.rev > this.current.rev;
    if (!resumable || !await this.stepTo(head.rev, head.epoch)) await this.loadSnapshot();
  }

  /** False when the log no longer reaches back. */
  private async stepTo(rev: number, epoch: string): Promise<boolean> {
    while (this.current.rev < rev) {
      const revisions = await this.deps.changes.revisionsAfter(this.current.rev, revisionsAtOnce);
      if (revisions === null || revisions.length === 0) return false;
      for (const revision of revisions) {
        if (revision.rev !== this.current.rev + 1) return false;
        this.current = await inSlices(packView(applyOps(this.current, this.decode(revision.ops), epoch, revision.rev)));
      }
    }
    return true;
  }

  private async loadSnapshot(): Promise<void> {
    const { head, rows } = await this.deps.changes.snapshot();
    const load = new ViewLoad();
    for await (const page of rows) {
      for (const op of this.decode(page)) load.apply(op);
    }
    this.current = await inSlices(load.finish(head.epoch, head.rev));
  }

  private decode(ops: readonly WireOp[]): RowOp[] {
    const decoded: RowOp[] = [];
    for (const { table, key, json } of ops) {
      if (json === null) {
        decoded.push(rowOp(table, key, null));
        continue;
      }
      const op = decodeOp(table, key, json);
      if (op.ok) decoded.push(op.value);
      else this.deps.log('error', `a stored row does not decode: ${table} ${key}`, { errors: op.error.slice(0, 5) });
    }
    return decoded;
  }
}

/** Does sliced work with other things in between. */
async function inSlices<V>(work: Generator<undefined, V>): Promise<V> {
  for (;;) {
    const sliceEnds = performance.now() + sliceMs;
    do {
      const step = work.next();
      if (step.done === true) return step.value;
    } while (performance.now() < sliceEnds);
    await new Promise((resolve) => { setImmediate(resolve); });
  }
}

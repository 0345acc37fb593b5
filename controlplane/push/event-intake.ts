/** Events come at least once; a node numbers them from the start of its process, so that repeats are seen here. */
import type { NodeEvent } from '../../dataplane/contract/wire.ts';

/** Nodes whose last number is remembered over reconnects. */
const capacity = 10_000;

export class EventIntake {
  private readonly last = new Map<string, number>();

  /** Those of `events` (numbered from `first`) that are new, and the number up to which all have been seen. */
  take(nodeId: string, boot: string, first: number, events: readonly NodeEvent[]): { readonly fresh: readonly NodeEvent[]; readonly upTo: number } {
    const key = `${nodeId} ${boot}`;
    const seen = this.last.get(key) ?? 0;
    const upTo = Math.max(seen, first + events.length - 1);
    this.last.delete(key);
    this.last.set(key, upTo);
    if (this.last.size > capacity) {
      const [oldest] = this.last.keys();
      if (oldest !== undefined) this.last.delete(oldest);
    }
    return { fresh: events.slice(Math.max(0, seen - first + 1)), upTo };
  }
}

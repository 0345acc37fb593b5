/** One stream's way into the kernel and back. */
import { isSameFlow, noCounts, sumOf, type Offload, type OffloadCounts, type OffloadFlow } from '../offload.ts';
import { bothSides, type Side } from '../relay.ts';

/**
 * `userland` → `taking` → `kernel` → `releasing` → `userland`. What is wanted may change in any state; it is looked at again whenever
 * the kernel has answered, so a change always takes the stream back before it goes over anew.
 */
export class Offloading {
  readonly #offload: Offload;
  #state: 'userland' | 'taking' | 'kernel' | 'releasing' = 'userland';
  #number = 0;
  #wanted: OffloadFlow | null = null;
  #taken: OffloadFlow | null = null;
  /** The kernel would not have it: it is not asked again for the same. */
  #refused: OffloadFlow | null = null;
  #closed = false;
  /** Counts of flows that ended. */
  #before = noCounts;
  /** Packets of the present flow when they were last seen to grow, and when that was. */
  readonly #seen: Record<Side, { packets: number; atMs: number }> = { caller: { packets: 0, atMs: 0 }, callee: { packets: 0, atMs: 0 } };

  constructor(offload: Offload) {
    this.#offload = offload;
  }

  /** The kernel forwards it now. */
  get active(): boolean {
    return this.#state === 'kernel';
  }

  /** It has been in the kernel, so that packets have passed unseen. */
  get everTaken(): boolean {
    return this.active || this.#before.caller.packets + this.#before.callee.packets > 0;
  }

  /** @param wanted null = it belongs into userland */
  want(wanted: OffloadFlow | null, nowMs: number): void {
    this.#wanted = wanted;
    this.#settle(nowMs);
  }

  /** All that the kernel has forwarded of the stream, as last read back. */
  get counts(): OffloadCounts {
    const present = this.active ? this.#offload.counts(this.#number) : null;
    return present === null ? this.#before : sumOf(this.#before, present.counts);
  }

  /** How long the kernel has forwarded nothing of what a side sends, as far as its counts were read; -1 = it does not forward. */
  idleMs(side: Side): number {
    const present = this.active ? this.#offload.counts(this.#number) : null;
    if (present === null) return this.active ? 0 : -1;
    const seen = this.#seen[side];
    if (present.counts[side].packets !== seen.packets) {
      seen.packets = present.counts[side].packets;
      seen.atMs = present.readMs;
    }
    return Math.max(0, present.readMs - seen.atMs);
  }

  /** The stream ends: the kernel forgets it. */
  close(nowMs: number): void {
    this.#closed = true;
    this.want(null, nowMs);
  }

  #settle(nowMs: number): void {
    const wanted = this.#wanted;
    if (this.#state === 'userland' && wanted !== null && !this.#closed) {
      if ((this.#refused !== null && isSameFlow(this.#refused, wanted)) || !this.#offload.accepts(wanted)) return;
      this.#state = 'taking';
      this.#taken = wanted;
      this.#number = this.#offload.take(wanted, (taken) => this.#answered(taken, wanted, nowMs));
    } else if (this.#state === 'kernel' && (wanted === null || this.#taken === null || !isSameFlow(wanted, this.#taken))) {
      this.#state = 'releasing';
      this.#offload.release(this.#number, (counts) => this.#released(counts, nowMs));
    }
  }

  #answered(taken: boolean, flow: OffloadFlow, nowMs: number): void {
    this.#state = taken ? 'kernel' : 'userland';
    this.#refused = taken ? null : flow;
    for (const side of bothSides) this.#seen[side] = { packets: 0, atMs: nowMs };
    this.#settle(nowMs);
  }

  #released(counts: OffloadCounts, nowMs: number): void {
    this.#state = 'userland';
    this.#before = sumOf(this.#before, counts);
    this.#settle(nowMs);
  }
}

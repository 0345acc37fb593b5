/** The flows that the kernel has or is to have, found by their number and by the marks of their packets. */
import { noCounts, sumOf, type OffloadCount, type OffloadCounts, type OffloadFlow } from '../offload.ts';
import type { Side } from '../relay.ts';
import type { Change } from './change-queue.ts';
import { markOfSide } from './changes.ts';
import type { CountedElement } from './element-reader.ts';
import { tallyOf } from './tally.ts';

/** `asked`: on its way to the kernel; `held`: there; `lost`: somebody took it from there, or it was parked. */
export type FlowState = 'asked' | 'held' | 'lost';

export class HeldFlow {
  readonly number: number;
  readonly flow: OffloadFlow;
  state: FlowState = 'asked';
  change: Change | null = null;
  /** When the kernel got it, and when its counts were read, in ms of the monotonic clock. */
  sinceMs = 0;
  readMs: number;
  /** The reading that last saw it. */
  seen = 0;
  /** What elements had counted that were taken away and made anew. */
  #former: OffloadCounts = noCounts;
  readonly #read: Record<Side, OffloadCount> = { ...noCounts };

  constructor(number: number, flow: OffloadFlow, nowMs: number) {
    this.number = number;
    this.flow = flow;
    this.readMs = nowMs;
  }

  /** Notes what an element of it has counted. */
  note(element: CountedElement): void {
    const side = element.mark === markOfSide(this.flow, 'caller') ? 'caller' : 'callee';
    this.#read[side] = tallyOf(element, this.flow.family);
  }

  get counts(): OffloadCounts {
    return sumOf(this.#former, this.#read);
  }

  /** Its elements are gone: what they had counted is kept. */
  lose(): void {
    this.#former = this.counts;
    this.#read.caller = noCounts.caller;
    this.#read.callee = noCounts.callee;
    this.state = 'lost';
  }
}

export class FlowBook {
  readonly #byNumber = new Map<number, HeldFlow>();
  readonly #byMark = new Map<number, HeldFlow>();
  #last = 0;

  get size(): number {
    return this.#byNumber.size;
  }

  open(flow: OffloadFlow, nowMs: number): HeldFlow {
    const held = new HeldFlow(++this.#last, flow, nowMs);
    this.#byNumber.set(held.number, held);
    this.#byMark.set(markOfSide(flow, 'caller'), held);
    this.#byMark.set(markOfSide(flow, 'callee'), held);
    return held;
  }

  close(held: HeldFlow): void {
    this.#byNumber.delete(held.number);
    this.#byMark.delete(markOfSide(held.flow, 'caller'));
    this.#byMark.delete(markOfSide(held.flow, 'callee'));
  }

  /** Whether one of our ports of it belongs to another flow. */
  meets(flow: OffloadFlow): boolean {
    return this.#byMark.has(markOfSide(flow, 'caller')) || this.#byMark.has(markOfSide(flow, 'callee'));
  }

  byNumber(number: number): HeldFlow | null {
    return this.#byNumber.get(number) ?? null;
  }

  byMark(mark: number): HeldFlow | null {
    return this.#byMark.get(mark) ?? null;
  }

  all(): IterableIterator<HeldFlow> {
    return this.#byNumber.values();
  }
}

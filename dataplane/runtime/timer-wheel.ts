/**
 * A hashed timer wheel: 2,048 slots of one tick (20 ms) each, so one turn is 41 s and nearly every
 * SIP timer fires in its first turn; longer ones wait in their slot for later turns. Nodes are
 * intrusive and doubly linked: arming, re-arming and cancelling cost O(1) and allocate nothing.
 */
import type { Clock } from './clock.ts';

const slotCount = 2048;
const slotMask = slotCount - 1;
/** The list of nodes that are due in the tick being fired: a slot like the others, so they can still be disarmed. */
const firing = slotCount;
const idle = -1;

/** Something with one timer. Extend it; the links belong to the wheel. */
export abstract class TimerNode {
  /** @internal */ nextTimer: TimerNode | null = null;
  /** @internal */ previousTimer: TimerNode | null = null;
  /** @internal */ timerSlot = idle;
  /** @internal */ timerTick = 0;

  /** The time has come: it is `tick` now. The node is not armed any more and may be armed again here. */
  abstract fire(tick: number): void;

  get armed(): boolean {
    return this.timerSlot !== idle;
  }
}

export class TimerWheel {
  readonly clock: Clock;
  readonly tickMs: number;
  readonly #slots: (TimerNode | null)[] = new Array<TimerNode | null>(slotCount + 1).fill(null);
  #tick: number;
  #size = 0;

  constructor(clock: Clock, tickMs = 20) {
    if (!(tickMs >= 1)) throw new RangeError('a tick is at least 1 ms');
    this.clock = clock;
    this.tickMs = tickMs;
    this.#tick = Math.floor(clock.now() / tickMs);
  }

  /** Milliseconds of the wheel's clock. */
  now(): number {
    return this.clock.now();
  }

  /** Number of armed nodes. */
  get size(): number {
    return this.#size;
  }

  /** Fires `node` once, `delayMs` from now, never early and at most one tick late. Moves it when it is armed already. */
  arm(node: TimerNode, delayMs: number): void {
    this.armTick(node, this.tickAfter(delayMs));
  }

  /** The tick that is `delayMs` from now, never early. For owners of several deadlines that arm one node for the nearest. */
  tickAfter(delayMs: number): number {
    return Math.ceil((this.clock.now() + delayMs) / this.tickMs);
  }

  /** Like `arm`, at a tick. One in the past means the next tick. */
  armTick(node: TimerNode, due: number): void {
    const tick = due <= this.#tick ? this.#tick + 1 : due;
    if (node.timerSlot !== idle) {
      if (node.timerTick === tick && node.timerSlot !== firing) return;
      this.#unlink(node);
    } else {
      this.#size++;
    }
    node.timerTick = tick;
    this.#link(node, tick & slotMask);
  }

  /** Cancels; a node that is not armed stays so. */
  disarm(node: TimerNode): void {
    if (node.timerSlot === idle) return;
    this.#unlink(node);
    this.#size--;
  }

  /** Fires all that has come due since the last call, also after a pause longer than a turn of the wheel. */
  advance(): void {
    const target = Math.floor(this.clock.now() / this.tickMs);
    let left = target - this.#tick;
    if (left <= 0) return;
    if (left > slotCount) {
      left = slotCount;
      this.#tick = target - slotCount;
    }
    for (; left > 0; left--) {
      const slot = ++this.#tick & slotMask;
      if (this.#slots[slot] !== null) this.#fireSlot(slot);
    }
  }

  #fireSlot(slot: number): void {
    const slots = this.#slots;
    const tick = this.#tick;
    let node: TimerNode | null = slots[slot] ?? null;
    while (node !== null) {
      const next: TimerNode | null = node.nextTimer;
      if (node.timerTick <= tick) {
        this.#unlink(node);
        this.#link(node, firing);
      }
      node = next;
    }
    for (let due = slots[firing] ?? null; due !== null; due = slots[firing] ?? null) {
      this.#unlink(due);
      this.#size--;
      due.fire(tick);
    }
  }

  #link(node: TimerNode, slot: number): void {
    const head = this.#slots[slot] ?? null;
    node.timerSlot = slot;
    node.previousTimer = null;
    node.nextTimer = head;
    if (head !== null) head.previousTimer = node;
    this.#slots[slot] = node;
  }

  #unlink(node: TimerNode): void {
    const { nextTimer: next, previousTimer: previous } = node;
    if (previous === null) this.#slots[node.timerSlot] = next;
    else previous.nextTimer = next;
    if (next !== null) next.previousTimer = previous;
    node.nextTimer = null;
    node.previousTimer = null;
    node.timerSlot = idle;
  }
}

/** Owns the one interval timer of a thread, which turns its wheel. */
export class WheelDriver {
  readonly #wheel: TimerWheel;
  readonly #onFault: (error: unknown) => void;
  #interval: NodeJS.Timeout | null = null;

  /** @param onFault hears what a timer threw; the others of its tick fire with the next one */
  constructor(wheel: TimerWheel, onFault: (error: unknown) => void) {
    this.#wheel = wheel;
    this.#onFault = onFault;
  }

  start(): void {
    this.#interval ??= setInterval(() => this.#turn(), this.#wheel.tickMs);
  }

  stop(): void {
    if (this.#interval !== null) clearInterval(this.#interval);
    this.#interval = null;
  }

  #turn(): void {
    try {
      this.#wheel.advance();
    } catch (error) {
      this.#onFault(error);
    }
  }
}

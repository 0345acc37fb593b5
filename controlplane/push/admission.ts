/** Bounds on what many nodes may ask for at once, so that a fleet that comes back together is served in turn. Pure: the clock is passed in. */

/** A token bucket that says how long to wait instead of refusing. */
export class HelloBucket {
  private readonly perSecond: number;
  /** When the next free token becomes due, in milliseconds of the caller's clock. */
  private nextAt = 0;

  /** @param perSecond tokens a second, and how many may be taken at once. */
  constructor(perSecond: number) {
    this.perSecond = perSecond;
  }

  /** Takes a token; 0 = at once, otherwise the milliseconds to wait. */
  take(nowMs: number): number {
    const gap = 1_000 / this.perSecond;
    // A bucket that was left alone for a second is full again.
    this.nextAt = Math.max(this.nextAt, nowMs - 1_000) + gap;
    return Math.max(0, Math.ceil(this.nextAt - nowMs));
  }
}

/** A fixed number of places and a queue, first come first served. */
export class Slots<T> {
  private readonly size: number;
  private readonly taken = new Set<T>();
  private readonly queue = new Set<T>();

  constructor(size: number) {
    this.size = size;
  }

  /** True when `who` has a place now; otherwise it is queued and keeps its turn however often it asks. */
  acquire(who: T): boolean {
    if (this.taken.has(who)) return true;
    if (this.taken.size < this.size && this.queue.size === 0) {
      this.taken.add(who);
      return true;
    }
    this.queue.add(who);
    return false;
  }

  /** Gives up the place or the turn of `who`; returns those that get a place through it. */
  release(who: T): readonly T[] {
    this.taken.delete(who);
    this.queue.delete(who);
    const granted: T[] = [];
    for (const next of this.queue) {
      if (this.taken.size >= this.size) break;
      this.queue.delete(next);
      this.taken.add(next);
      granted.push(next);
    }
    return granted;
  }
}

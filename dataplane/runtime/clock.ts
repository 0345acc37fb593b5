/** Time as the data plane sees it: monotonic milliseconds, so that a step of the wall clock fires no timer. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. Fractions are allowed. */
  now(): number;
}

/** The process's own monotonic clock. */
export const monotonicClock: Clock = { now: () => performance.now() };

/** A clock that stands still until it is told to move: tests and simulations. */
export class ManualClock implements Clock {
  #now: number;

  constructor(startMs = 0) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  /** Moves forward by `ms` (≥ 0). */
  advance(ms: number): void {
    if (ms < 0) throw new RangeError('a monotonic clock does not go back');
    this.#now += ms;
  }
}

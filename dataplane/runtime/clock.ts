/** Time as the data plane sees it: monotonic milliseconds, so that a step of the wall clock fires no timer. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. Fractions are allowed. */
  now(): number;
}

/** The thread's own monotonic clock: small numbers, for timers. */
export const monotonicClock: Clock = { now: () => performance.now() };

/** What lies before the start of the thread on the host's clock. */
const threadStartMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** The host's monotonic clock, the same for all threads and processes: what one of them notes down another can read. */
export const hostClock: Clock = { now: () => threadStartMs + performance.now() };

/** Epoch milliseconds, for calendars and what came in from elsewhere; may step, so no timer goes by it. */
export const wallClock: Clock = { now: () => Date.now() };

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

/** Reports of what may happen with every packet: one a second, and how many were left out. */
import type { Clock } from './clock.ts';

const intervalMs = 1_000;

export class Thinned {
  readonly #clock: Clock;
  #toldMs = -Infinity;
  #untold = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param tell is called with how many were left out since the last report, or not at all */
  note(tell: (more: number) => void): void {
    const now = this.#clock.now();
    if (now - this.#toldMs < intervalMs) {
      this.#untold += 1;
      return;
    }
    const more = this.#untold;
    this.#toldMs = now;
    this.#untold = 0;
    tell(more);
  }
}

import type { SendOwner } from '../transport/flow.ts';
import { monotonicClock } from './clock.ts';

/** As long as a transaction can wait for its first response (64·T1, RFC 3261 §17.1). */
const lifeMs = 32_000;

/** Stands in for the sender in another worker or process: whether that still waits is not known here, only for how long it may. */
export class RemoteOwner implements SendOwner {
  readonly #failed: (detail: string) => void;
  readonly #untilMs = monotonicClock.now() + lifeMs;

  constructor(failed: (detail: string) => void) {
    this.#failed = failed;
  }

  get awaiting(): boolean {
    return monotonicClock.now() < this.#untilMs;
  }

  sendFailed(detail: string): void {
    this.#failed(detail);
  }
}

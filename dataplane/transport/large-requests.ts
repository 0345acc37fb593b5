/**
 * Requests that are too large for UDP (RFC 3261 §18.1.1): they go by TCP where the next hop takes it. Who does not is
 * remembered for a while, so that one call pays for finding out and not each.
 */
import type { Target } from './flow.ts';

/** With more than so many bytes a datagram may need fragments, which many a network drops. */
export const maxUdpRequestBytes = 1_300;

const rememberedMs = 600_000;
/** Next hops remembered; the oldest goes first. */
const capacity = 10_000;

export class LargeRequests {
  /** Until when a next hop is not asked again. */
  readonly #refusals = new Map<string, number>();

  /** Whether TCP is worth a try; times in milliseconds of one clock. */
  mayGoByTcp(target: Target, nowMs: number): boolean {
    const until = this.#refusals.get(keyOf(target));
    return until === undefined || until <= nowMs;
  }

  /** TCP did not come about. */
  refused(target: Target, nowMs: number): void {
    const key = keyOf(target);
    this.#refusals.delete(key);
    if (this.#refusals.size >= capacity) {
      const oldest = this.#refusals.keys().next();
      if (oldest.done !== true) this.#refusals.delete(oldest.value);
    }
    this.#refusals.set(key, nowMs + rememberedMs);
  }
}

const keyOf = ({ address, port }: Target): string => `${address} ${port}`;

/** Addresses of this host, looked up again now and then: a packet to one of them never leaves it, so none is rewritten. */
import { networkInterfaces } from 'node:os';

const freshMs = 2_000;

export class OwnAddresses {
  readonly #now: () => number;
  #known = new Set<string>();
  #readMs = -Infinity;

  /** @param now monotonic clock in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param address canonical */
  has(address: string): boolean {
    const now = this.#now();
    if (now - this.#readMs > freshMs) {
      this.#known = new Set(Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map((one) => one.address)));
      this.#readMs = now;
    }
    return this.#known.has(address);
  }
}

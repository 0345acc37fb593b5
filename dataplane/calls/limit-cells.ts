/**
 * Counts that all SIP workers of a process share: one slot a limited tenant in a SharedArrayBuffer, changed by atomic
 * operations, so that any number of workers enforces exactly what one would. Slots are found by open addressing and stay
 * with their tenant while the process lives; a worker never dies alone (its death ends the process), so no count is orphaned.
 */

/** Limited tenants that a process counts together; what does not fit is counted by each worker for itself. */
export const sharedSlots = 65_536;
/** Places looked at for a tenant before the table counts as full. */
const maxProbes = 64;
const bytesPerSlot = 20;
const nanosPerMs = 1e6;
const nanosPerSecond = 1_000_000_000n;

/** Memory for the counts of one process; untouched slots cost nothing. */
export const newLimitBuffer = (slots = sharedSlots): SharedArrayBuffer => new SharedArrayBuffer(slots * bytesPerSlot);

export class LimitCells {
  /** By slot: when the tenant's bucket of calls a second will be full again, in nanoseconds of the host's monotonic clock. */
  readonly #full: BigInt64Array;
  readonly #tenants: Int32Array;
  readonly #calls: Int32Array;
  readonly #registrations: Int32Array;
  readonly #slots: number;

  /** @param buffer of `newLimitBuffer`; a power of two of slots */
  constructor(buffer: SharedArrayBuffer) {
    const slots = buffer.byteLength / bytesPerSlot;
    this.#slots = slots;
    this.#full = new BigInt64Array(buffer, 0, slots);
    this.#tenants = new Int32Array(buffer, slots * 8, slots);
    this.#calls = new Int32Array(buffer, slots * 12, slots);
    this.#registrations = new Int32Array(buffer, slots * 16, slots);
  }

  /** The tenant's slot, taken at first sight; -1 = no room. */
  slotOf(tenant: number): number {
    const mask = this.#slots - 1;
    let at = (Math.imul(tenant, 0x9e3779b1) >>> 8) & mask;
    for (let probe = Math.min(maxProbes, this.#slots); probe > 0; probe--) {
      const holder = Atomics.compareExchange(this.#tenants, at, 0, tenant);
      if (holder === 0 || holder === tenant) return at;
      at = (at + 1) & mask;
    }
    return -1;
  }

  /** Counts one call more unless there are `limit` already. */
  takeCall(slot: number, limit: number): boolean {
    return take(this.#calls, slot, limit);
  }

  addCalls(slot: number, by: number): void {
    Atomics.add(this.#calls, slot, by);
  }

  registrations(slot: number): number {
    return Atomics.load(this.#registrations, slot);
  }

  addRegistrations(slot: number, by: number): void {
    Atomics.add(this.#registrations, slot, by);
  }

  /** Takes one of `perSecond` turns a second from a bucket that holds a second's worth (GCRA: one number says it all). */
  takeTurn(slot: number, perSecond: number, nowMs: number): boolean {
    const now = BigInt(Math.round(nowMs * nanosPerMs));
    const interval = nanosPerSecond / BigInt(perSecond);
    for (;;) {
      const full = Atomics.load(this.#full, slot);
      const start = full > now ? full : now;
      if (start - now > nanosPerSecond - interval) return false;
      if (Atomics.compareExchange(this.#full, slot, full, start + interval) === full) return true;
    }
  }
}

function take(counts: Int32Array, slot: number, limit: number): boolean {
  if (Atomics.add(counts, slot, 1) < limit) return true;
  Atomics.sub(counts, slot, 1);
  return false;
}

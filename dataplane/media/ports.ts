/** Port pairs of one family: even for RTP, the odd one above for RTCP (RFC 3550 §11). Pure; every step takes the same time, however full the range is. */

const inUse = -1;
const resting = -2;
/** What is still on its way when a call ends has come by then. */
const leastRestMs = 1_000;
/** What callers may hold together whom nothing proves to be who they seem, while nobody has answered them. */
export const unprovenShare = 0.5;

/**
 * Free pairs are drawn at random, so that nobody can guess the ports of the next call. A pair that was given back rests for a
 * while, as late packets of the old call must not reach a new one; in a burst of calls that leaves nothing else, the one that
 * has rested longest is taken before its time. Pairs of unproven callers are counted until these are answered or gone.
 */
export class PortRange {
  readonly pairs: number;
  readonly #first: number;
  readonly #restMs: number;
  /** Indices of free pairs, in no order. */
  readonly #free: Uint16Array;
  #freeCount: number;
  /** Of each pair: where it stands in `#free`, `inUse` or `resting`. */
  readonly #state: Int32Array;
  /** Ring of resting pairs in the order in which they were given back. */
  readonly #queue: Uint16Array;
  readonly #until: Float64Array;
  #head = 0;
  #queued = 0;
  /** Of each pair: 1 = in use by an unproven caller. */
  readonly #unproven: Uint8Array;
  #unprovenCount = 0;

  /**
   * @param first lowest port that may be used, 1 to 65,535
   * @param last highest one; a pair needs both of its ports inside
   * @param restMs how long a pair that was given back is left alone
   */
  constructor(first: number, last: number, restMs: number) {
    this.#first = first + (first & 1);
    this.pairs = Math.max(0, Math.floor((last - this.#first + 1) / 2));
    this.#restMs = restMs;
    this.#free = Uint16Array.from({ length: this.pairs }, (_, index) => index);
    this.#freeCount = this.pairs;
    this.#state = Int32Array.from({ length: this.pairs }, (_, index) => index);
    this.#queue = new Uint16Array(this.pairs);
    this.#until = new Float64Array(this.pairs);
    this.#unproven = new Uint8Array(this.pairs);
  }

  /**
   * Takes a free pair.
   * @param nowMs monotonic time
   * @param random in [0, 1)
   * @param proven false = it counts to the share of unproven callers, until `prove` or `give`
   * @returns its RTP port; null = none is free
   */
  take(nowMs: number, random: number, proven = true): number | null {
    this.#wake(nowMs);
    if (this.#freeCount === 0 && (this.#until[this.#head] ?? 0) - this.#restMs + leastRestMs <= nowMs) this.#wakeOldest();
    if (this.#freeCount === 0) return null;
    const index = this.#free[Math.floor(random * this.#freeCount)] ?? 0;
    this.#occupy(index);
    if (!proven) this.#suspect(index);
    return this.#first + 2 * index;
  }

  /** The pair of this RTP port counts no more to the share of unproven callers. */
  prove(port: number): void {
    const index = this.#indexOf(port);
    if (index >= 0) this.#clear(index);
  }

  /**
   * Whether unproven callers have all that they may: half of the range must be left to others. Pairs that nobody can take
   * yet, as they were given back just now, count too: by short calls the share would be turned over, and all be gone.
   */
  isShareFull(nowMs: number): boolean {
    return this.#unprovenCount + this.#tooYoung(nowMs) >= Math.floor(this.pairs * unprovenShare);
  }

  get unproven(): number {
    return this.#unprovenCount;
  }

  /** Takes the pair of this RTP port, also while it rests: a call of a former process goes on. @returns false = it is in use, or not of this range */
  claim(port: number, nowMs: number, proven = true): boolean {
    const index = this.#indexOf(port);
    if (index < 0) return false;
    this.#wake(nowMs);
    const state = this.#state[index] ?? inUse;
    if (state === inUse) return false;
    if (state !== resting) this.#occupy(index);
    else this.#unqueue(index);
    if (!proven) this.#suspect(index);
    return true;
  }

  /**
   * Gives a pair back. A port that is not in use is left as it is.
   * @param rests false = nobody sends to it: it is free at once
   */
  give(port: number, nowMs: number, rests = true): void {
    const index = this.#indexOf(port);
    if (index < 0 || this.#state[index] !== inUse) return;
    this.#clear(index);
    if (!rests) {
      this.#release(index);
      return;
    }
    const at = (this.#head + this.#queued) % this.pairs;
    this.#queue[at] = index;
    this.#until[at] = nowMs + this.#restMs;
    this.#queued++;
    this.#state[index] = resting;
  }

  /** Whether a pair of this range has the RTP port. */
  has(port: number): boolean {
    return this.#indexOf(port) >= 0;
  }

  /** Pairs that rest at this time. */
  resting(nowMs: number): number {
    this.#wake(nowMs);
    return this.#queued;
  }

  get inUse(): number {
    return this.pairs - this.#freeCount - this.#queued;
  }

  #indexOf(port: number): number {
    const index = (port - this.#first) / 2;
    return Number.isInteger(index) && index >= 0 && index < this.pairs ? index : -1;
  }

  #occupy(index: number): void {
    const at = this.#state[index] ?? 0;
    const lastFree = this.#free[--this.#freeCount] ?? 0;
    this.#free[at] = lastFree;
    this.#state[lastFree] = at;
    this.#state[index] = inUse;
  }

  #suspect(index: number): void {
    this.#unproven[index] = 1;
    this.#unprovenCount++;
  }

  #clear(index: number): void {
    this.#unprovenCount -= this.#unproven[index] ?? 0;
    this.#unproven[index] = 0;
  }

  /** Resting pairs that are left alone even in a burst; they are the last ones of the ring. */
  #tooYoung(nowMs: number): number {
    let [old, end] = [0, this.#queued];
    while (old < end) {
      const middle = (old + end) >> 1;
      if ((this.#until[(this.#head + middle) % this.pairs] ?? 0) - this.#restMs + leastRestMs <= nowMs) old = middle + 1;
      else end = middle;
    }
    return this.#queued - old;
  }

  /** Frees what has rested enough. */
  #wake(nowMs: number): void {
    while (this.#queued > 0 && (this.#until[this.#head] ?? 0) <= nowMs) this.#wakeOldest();
  }

  #wakeOldest(): void {
    if (this.#queued === 0) return;
    const index = this.#queue[this.#head] ?? 0;
    this.#head = (this.#head + 1) % this.pairs;
    this.#queued--;
    this.#release(index);
  }

  #release(index: number): void {
    this.#free[this.#freeCount] = index;
    this.#state[index] = this.#freeCount++;
  }

  /** Takes a resting pair out of the ring: seen after a restart at most, so a walk over the ring is cheap enough. */
  #unqueue(index: number): void {
    let kept = 0;
    for (let i = 0; i < this.#queued; i++) {
      const from = (this.#head + i) % this.pairs;
      if (this.#queue[from] === index) continue;
      const to = (this.#head + kept++) % this.pairs;
      this.#queue[to] = this.#queue[from] ?? 0;
      this.#until[to] = this.#until[from] ?? 0;
    }
    this.#queued = kept;
    this.#state[index] = inUse;
  }
}

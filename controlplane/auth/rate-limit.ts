/**
 * A rate limit per key in a bounded map (the generic cell rate algorithm: one number a key). PURE: the clock is passed
 * in. When the map is full the key that was used longest ago gives way, so an attacker with many addresses can buy
 * forgetting but no memory.
 */
export interface RateLimit {
  /** Attempts at once. */
  readonly burst: number;
  /** One attempt comes back in this time. */
  readonly refillMs: number;
}

export interface Attempt {
  readonly allowed: boolean;
  /** Until the next attempt can succeed; 0 when allowed. */
  readonly retryAfterMs: number;
}

const granted: Attempt = { allowed: true, retryAfterMs: 0 };

export class RateLimiter {
  /** When a key's allowance will be whole again, in order of last use. */
  private readonly wholeAtMs = new Map<string, number>();
  private readonly limit: RateLimit;
  private readonly now: () => number;
  private readonly maxKeys: number;

  constructor(limit: RateLimit, now: () => number, maxKeys = 10_000) {
    this.limit = limit;
    this.now = now;
    this.maxKeys = maxKeys;
  }

  /** Takes one attempt from `key`'s allowance. */
  take(key: string): Attempt {
    const attempt = this.peek(key);
    if (attempt.allowed) this.put(key, this.whole(key) + this.limit.refillMs);
    return attempt;
  }

  /** Looks without taking. */
  peek(key: string): Attempt {
    const { burst, refillMs } = this.limit;
    const over = this.whole(key) - this.now() - (burst - 1) * refillMs;
    return over <= 0 ? granted : { allowed: false, retryAfterMs: Math.max(1, Math.ceil(over)) };
  }

  /** Returns what a successful attempt took. */
  giveBack(key: string): void {
    const whole = this.wholeAtMs.get(key);
    if (whole !== undefined) this.wholeAtMs.set(key, whole - this.limit.refillMs);
  }

  /** Forgets a key, after a success. */
  forget(key: string): void {
    this.wholeAtMs.delete(key);
  }

  get size(): number {
    return this.wholeAtMs.size;
  }

  /** Never before now, and never further off than a full burst: a clock that jumps back locks nobody out for long. */
  private whole(key: string): number {
    const nowMs = this.now();
    return Math.min(Math.max(this.wholeAtMs.get(key) ?? nowMs, nowMs), nowMs + this.limit.burst * this.limit.refillMs);
  }

  private put(key: string, wholeAtMs: number): void {
    // Delete and set again keeps the map in order of last use.
    this.wholeAtMs.delete(key);
    if (this.wholeAtMs.size >= this.maxKeys) {
      const oldest = this.wholeAtMs.keys().next();
      if (oldest.done !== true) this.wholeAtMs.delete(oldest.value);
    }
    this.wholeAtMs.set(key, wholeAtMs);
  }
}

/**
 * A token bucket per key in a bounded map. PURE: the clock is passed in. When the map is full the bucket
 * that was used longest ago gives way, so an attacker with many addresses can buy forgetting but no memory.
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

interface Bucket { tokens: number; atMs: number }

export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();
  private readonly limit: RateLimit;
  private readonly now: () => number;
  private readonly maxKeys: number;

  constructor(limit: RateLimit, now: () => number, maxKeys = 10_000) {
    this.limit = limit;
    this.now = now;
    this.maxKeys = maxKeys;
  }

  /** Takes one attempt from `key`'s bucket. */
  take(key: string): Attempt {
    const bucket = this.refill(key);
    if (bucket.tokens < 1) {
      return { allowed: false, retryAfterMs: Math.max(1, Math.ceil((1 - bucket.tokens) * this.limit.refillMs)) };
    }
    bucket.tokens -= 1;
    return { allowed: true, retryAfterMs: 0 };
  }

  /** Returns what a successful attempt took. */
  giveBack(key: string): void {
    const bucket = this.buckets.get(key);
    if (bucket !== undefined) bucket.tokens = Math.min(this.limit.burst, bucket.tokens + 1);
  }

  /** Looks without taking. */
  peek(key: string): Attempt {
    const bucket = this.buckets.get(key);
    if (bucket === undefined) return { allowed: true, retryAfterMs: 0 };
    const tokens = this.tokensNow(bucket);
    return tokens >= 1 ? { allowed: true, retryAfterMs: 0 }
      : { allowed: false, retryAfterMs: Math.max(1, Math.ceil((1 - tokens) * this.limit.refillMs)) };
  }

  /** Forgets a key, after a success. */
  forget(key: string): void {
    this.buckets.delete(key);
  }

  get size(): number {
    return this.buckets.size;
  }

  private tokensNow(bucket: Bucket): number {
    return Math.min(this.limit.burst, bucket.tokens + Math.max(0, this.now() - bucket.atMs) / this.limit.refillMs);
  }

  private refill(key: string): Bucket {
    const known = this.buckets.get(key);
    const bucket = known === undefined
      ? { tokens: this.limit.burst, atMs: this.now() }
      : { tokens: this.tokensNow(known), atMs: this.now() };
    // Delete and set again keeps the map in order of last use.
    this.buckets.delete(key);
    if (this.buckets.size >= this.maxKeys) {
      const oldest = this.buckets.keys().next();
      if (oldest.done !== true) this.buckets.delete(oldest.value);
    }
    this.buckets.set(key, bucket);
    return bucket;
  }
}

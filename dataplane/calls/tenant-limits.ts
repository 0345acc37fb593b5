/**
 * Tenant limits in one worker: calls a second (token bucket that holds one second's worth) and
 * concurrent calls. Workers share a tenant's load evenly (the kernel hashes flows over them), so each
 * takes its share of the limit, rounded up. PURE.
 */
import type { TenantRow } from '../contract/rows.ts';

interface Usage {
  calls: number;
  tokens: number;
  refilledMs: number;
}

export type LimitVerdict = 'pass' | 'cps' | 'calls';

export class TenantLimits {
  readonly #usage = new Map<number, Usage>();
  readonly #workers: number;

  constructor(workers: number) {
    this.#workers = workers;
  }

  /** Asks for one more call of the tenant and takes a token when it may start. */
  admitCall(tenant: TenantRow, nowMs: number): LimitVerdict {
    const { cps, calls } = tenant.limits;
    if (cps === 0 && calls === 0) return 'pass';
    const usage = this.#usageOf(tenant.id, nowMs, cps);
    if (calls > 0 && usage.calls >= this.#share(calls)) return 'calls';
    if (cps > 0) {
      const rate = this.#share(cps);
      usage.tokens = Math.min(rate, usage.tokens + ((nowMs - usage.refilledMs) * rate) / 1000);
      usage.refilledMs = nowMs;
      if (usage.tokens < 1) return 'cps';
      usage.tokens -= 1;
    }
    return 'pass';
  }

  callStarted(tenant: number, nowMs: number): void {
    this.#usageOf(tenant, nowMs, 0).calls += 1;
  }

  callEnded(tenant: number): void {
    const usage = this.#usage.get(tenant);
    if (usage !== undefined && usage.calls > 0) usage.calls -= 1;
  }

  #share(limit: number): number {
    return Math.ceil(limit / this.#workers);
  }

  #usageOf(tenant: number, nowMs: number, cps: number): Usage {
    let usage = this.#usage.get(tenant);
    if (usage === undefined) {
      usage = { calls: 0, tokens: this.#share(cps), refilledMs: nowMs };
      this.#usage.set(tenant, usage);
    }
    return usage;
  }
}

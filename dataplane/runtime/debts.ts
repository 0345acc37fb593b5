/** Calls that a former process is still setting up: they count here for their tenants until it says how each of them ended. */
import type { TenantLimits } from '../calls/tenant-limits.ts';

export class Debts {
  readonly #calls = new Map<number, number>();

  /** @param tenants tenant, calls */
  take(tenants: readonly (readonly [number, number])[], limits: TenantLimits): void {
    for (const [tenant, calls] of tenants) {
      this.#calls.set(tenant, (this.#calls.get(tenant) ?? 0) + calls);
      for (let n = 0; n < calls; n++) limits.callStarted(tenant);
    }
  }

  /** One of them is over, or counts elsewhere now. */
  release(tenant: number, limits: TenantLimits): void {
    const left = this.#calls.get(tenant) ?? 0;
    if (left === 0) return;
    if (left === 1) this.#calls.delete(tenant);
    else this.#calls.set(tenant, left - 1);
    limits.callEnded(tenant);
  }

  /** The former process is gone: whatever it had not finished is over. */
  settle(limits: TenantLimits): void {
    for (const [tenant, calls] of this.#calls) {
      for (let n = 0; n < calls; n++) limits.callEnded(tenant);
    }
    this.#calls.clear();
  }
}

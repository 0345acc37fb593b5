/**
 * Tenant limits as one worker sees them: concurrent calls, calls a second (a bucket that holds one second's worth) and
 * registrations. Limited tenants are counted in cells that all workers share; unlimited ones cost a local count. PURE.
 */
import type { TenantRow } from '../contract/rows.ts';
import { LimitCells, newLimitBuffer } from './limit-cells.ts';

/** What this worker holds of a tenant, and where all workers count together. */
interface Usage {
  calls: number;
  registrations: number;
  /** null while the tenant has had no limit: `slot` means nothing then. */
  cells: LimitCells | null;
  slot: number;
}

/** Stands for all tenants together in the cells; no tenant has this number. */
const wholeNode = -1;

export type LimitVerdict = 'pass' | 'cps' | 'calls';

export const isLimited = ({ calls, cps, registrations }: TenantRow['limits']): boolean => calls > 0 || cps > 0 || registrations > 0;

export class TenantLimits {
  readonly #shared: LimitCells;
  readonly #usage = new Map<number, Usage>();
  #heir: ((tenant: number) => void) | null = null;

  /** @param buffer the process's cells, of `newLimitBuffer` */
  constructor(buffer: SharedArrayBuffer) {
    this.#shared = new LimitCells(buffer);
  }

  /**
   * Asks for one more call of the tenant. One that passes takes a turn, and where calls are limited it counts at once, so
   * that calls which ring cannot exceed the limit together: `callEnded` takes it off again.
   * @param nowMs of the host's monotonic clock, which all workers share
   */
  admitCall(tenant: TenantRow, nowMs: number): LimitVerdict {
    const { cps, calls } = tenant.limits;
    if (cps === 0 && calls === 0) return 'pass';
    const usage = this.#limited(tenant.id);
    const { cells, slot } = usage;
    if (cells === null) return 'pass';
    if (calls > 0 && !cells.takeCall(slot, calls)) return 'calls';
    if (cps > 0 && !cells.takeTurn(slot, cps, nowMs)) {
      if (calls > 0) cells.addCalls(slot, -1);
      return 'cps';
    }
    if (calls > 0) usage.calls += 1;
    return 'pass';
  }

  /** A call that is up, whether or not anybody asked before. */
  callStarted(tenant: number): void {
    const usage = this.#usageOf(tenant);
    usage.calls += 1;
    usage.cells?.addCalls(usage.slot, 1);
  }

  callEnded(tenant: number): void {
    const usage = this.#usage.get(tenant);
    if (usage === undefined || usage.calls === 0) return;
    usage.calls -= 1;
    usage.cells?.addCalls(usage.slot, -1);
    this.#forget(tenant, usage);
    this.#heir?.(tenant);
  }

  /**
   * What this worker counts beside the calls that are up, which have been given away before: calls that are being set up.
   * @param heir hears of the end of each of them
   * @returns tenant, calls
   */
  bequeath(heir: (tenant: number) => void): readonly (readonly [number, number])[] {
    this.#heir = heir;
    return [...this.#usage].filter(([, { calls }]) => calls > 0).map(([tenant, { calls }]) => [tenant, calls]);
  }

  /** How many registrations more the tenant may have; Infinity without a limit. */
  registrationsLeft(tenant: TenantRow): number {
    const { registrations } = tenant.limits;
    if (registrations === 0) return Infinity;
    const { cells, slot } = this.#limited(tenant.id);
    return cells === null ? Infinity : Math.max(0, registrations - cells.registrations(slot));
  }

  /**
   * A registration that a registrar has accepted; it counts until `registrationEnded`.
   * @param limited whether the tenant has limits, so that all workers have to know
   */
  registrationStarted(tenant: number, limited: boolean): void {
    const usage = limited ? this.#limited(tenant) : this.#usageOf(tenant);
    usage.registrations += 1;
    usage.cells?.addRegistrations(usage.slot, 1);
  }

  registrationEnded(tenant: number): void {
    const usage = this.#usage.get(tenant);
    if (usage === undefined || usage.registrations === 0) return;
    usage.registrations -= 1;
    usage.cells?.addRegistrations(usage.slot, -1);
    this.#forget(tenant, usage);
  }

  /** Takes one of `perSecond` turns that all tenants of the process share, for REGISTERs. */
  takeRegisterTurn(perSecond: number, nowMs: number): boolean {
    const slot = this.#shared.slotOf(wholeNode);
    return slot < 0 || this.#shared.takeTurn(slot, perSecond, nowMs);
  }

  /** After a change of tenants: what is up for a tenant that has a limit from now on is counted by all workers from now on. */
  adopt(tenantOf: (id: number) => TenantRow | null): void {
    for (const [id, usage] of this.#usage) {
      if (usage.cells !== null) continue;
      const limits = tenantOf(id)?.limits;
      if (limits !== undefined && isLimited(limits)) this.#share(id, usage);
    }
  }

  #limited(tenant: number): Usage {
    const usage = this.#usageOf(tenant);
    if (usage.cells === null) this.#share(tenant, usage);
    return usage;
  }

  #share(tenant: number, usage: Usage): void {
    const slot = this.#shared.slotOf(tenant);
    usage.cells = slot < 0 ? new LimitCells(newLimitBuffer(1)) : this.#shared;
    usage.slot = Math.max(0, slot);
    usage.cells.addCalls(usage.slot, usage.calls);
    usage.cells.addRegistrations(usage.slot, usage.registrations);
  }

  #usageOf(tenant: number): Usage {
    let usage = this.#usage.get(tenant);
    if (usage === undefined) this.#usage.set(tenant, usage = { calls: 0, registrations: 0, cells: null, slot: 0 });
    return usage;
  }

  #forget(tenant: number, { calls, registrations, cells }: Usage): void {
    if (cells === null && calls === 0 && registrations === 0) this.#usage.delete(tenant);
  }
}

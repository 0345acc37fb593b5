import { describe, expect, it } from 'vitest';
import { LimitCells, newLimitBuffer } from '../../../dataplane/calls/limit-cells.ts';
import { TenantLimits } from '../../../dataplane/calls/tenant-limits.ts';
import { tenantPolicyDefaults, type TenantRow } from '../../../dataplane/contract/rows.ts';

const tenant = (limits: Partial<TenantRow['limits']>, id = 1): TenantRow =>
  ({ id, key: 'a', name: 'A', enabled: true, limits: { calls: 0, cps: 0, registrations: 0, ...limits }, policies: { media: 'direct', topologyHiding: false, digest: false, ...tenantPolicyDefaults } });

/** The limits of `workers` workers of one process. */
function workers(count: number, slots = 1_024): TenantLimits[] {
  const buffer = newLimitBuffer(slots);
  return Array.from({ length: count }, () => new TenantLimits(buffer));
}

describe.each([1, 2, 5])('%i workers', (count) => {
  const turn = (list: readonly TenantLimits[], n: number): TenantLimits => list[n % list.length] ?? new TenantLimits(newLimitBuffer(1));

  it('let exactly as many calls up as the tenant may have, whoever is asked', () => {
    const all = workers(count);
    const verdicts = Array.from({ length: 12 }, (_, n) => turn(all, n).admitCall(tenant({ calls: 7 }), 0));
    expect(verdicts).toEqual([...Array.from({ length: 7 }, () => 'pass'), ...Array.from({ length: 5 }, () => 'calls')]);
    turn(all, 0).callEnded(1);
    expect([0, 1].map((n) => turn(all, n).admitCall(tenant({ calls: 7 }), 0))).toEqual(['pass', 'calls']);
  });

  it('let a second’s worth through at once and then go at the rate', () => {
    const all = workers(count);
    const admitted = (at: number): number => Array.from({ length: 20 }, (_, n) => turn(all, n).admitCall(tenant({ cps: 10 }), at)).filter((verdict) => verdict === 'pass').length;
    expect([admitted(1_000), admitted(1_000), admitted(1_500), admitted(11_000)]).toEqual([10, 0, 5, 10]);
  });

  it('let exactly as many registrations in', () => {
    const all = workers(count);
    const full = (n: number): boolean => turn(all, n).registrationsLeft(tenant({ registrations: 3 })) === 0;
    expect(Array.from({ length: 5 }, (_, n) => {
      const refused = full(n);
      if (!refused) turn(all, 0).registrationStarted(1, true);
      return refused;
    })).toEqual([false, false, false, true, true]);
    turn(all, 0).registrationEnded(1);
    expect(full(2)).toBe(false);
  });
});

describe('TenantLimits', () => {
  it.each([1, 3, 7, 700, 999])('give %i calls a second exactly that many, also where a second does not divide evenly', (cps) => {
    const [limits = new TenantLimits(newLimitBuffer(1))] = workers(1);
    expect(Array.from({ length: cps + 5 }, () => limits.admitCall(tenant({ cps }), 5_000)).filter((verdict) => verdict === 'pass')).toHaveLength(cps);
  });

  it('give the place of a call back that comes too fast', () => {
    const [limits = new TenantLimits(newLimitBuffer(1))] = workers(1);
    const both = tenant({ calls: 2, cps: 1 });
    expect([limits.admitCall(both, 0), limits.admitCall(both, 0), limits.admitCall(both, 1_000), limits.admitCall(both, 2_000)]).toEqual(['pass', 'cps', 'pass', 'calls']);
  });

  it('end no call that never started, and know no limit of 0', () => {
    const [limits = new TenantLimits(newLimitBuffer(1))] = workers(1);
    limits.callEnded(1);
    limits.callStarted(1);
    limits.adopt(() => tenant({ calls: 1 }));
    expect(limits.admitCall(tenant({ calls: 1 }), 0)).toBe('calls');
    expect(limits.admitCall(tenant({}), 0)).toBe('pass');
  });

  it('count what is up already when a tenant is given a limit', () => {
    const [one = new TenantLimits(newLimitBuffer(1)), two = one] = workers(2);
    for (const limits of [one, two, two]) limits.callStarted(1);
    for (const limits of [one, two]) limits.adopt((id) => (id === 1 ? tenant({ calls: 4 }) : null));
    expect([one.admitCall(tenant({ calls: 4 }), 0), two.admitCall(tenant({ calls: 4 }), 0)]).toEqual(['pass', 'calls']);
  });

  it('keep tenants apart, and hold one that finds no room by each worker for itself', () => {
    const [one = new TenantLimits(newLimitBuffer(1)), two = one] = workers(2, 2);
    const verdicts = [1, 2, 3].map((id) => [one.admitCall(tenant({ calls: 1 }, id), 0), one.admitCall(tenant({ calls: 1 }, id), 0), two.admitCall(tenant({ calls: 1 }, id), 0)]);
    expect(verdicts).toEqual([['pass', 'calls', 'calls'], ['pass', 'calls', 'calls'], ['pass', 'calls', 'pass']]);
  });
});

it('LimitCells give a tenant one slot for good', () => {
  const buffer = newLimitBuffer(4);
  const [one, two] = [new LimitCells(buffer), new LimitCells(buffer)];
  const slots = [10, 20, 30, 40].map((id) => one.slotOf(id));
  expect(new Set(slots).size).toBe(4);
  expect([10, 20, 30, 40].map((id) => two.slotOf(id))).toEqual(slots);
  expect(two.slotOf(50)).toBe(-1);
});

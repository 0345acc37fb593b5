import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Binding } from '../../../dataplane/registrations/binding.ts';
import { RegistrationTable } from '../../../dataplane/registrations/table.ts';

const binding = (aor: string, contact: string, expiresMs: number, more: Partial<Binding> = {}): Binding => ({
  aor, contact, tenant: 1, destination: 1, listener: 0, transport: 'udp', family: 4, address: '203.0.113.9', port: 40_000, behindNat: true, agent: 'Test/1', registeredMs: 0, expiresMs, ...more,
});

class Count {
  readonly byTenant = new Map<number, number>();
  readonly table: RegistrationTable;

  constructor(capacity?: number, perAccount?: number) {
    const step = (tenant: number, by: number): void => void this.byTenant.set(tenant, (this.byTenant.get(tenant) ?? 0) + by);
    this.table = new RegistrationTable({ added: ({ tenant }) => step(tenant, 1), removed: ({ tenant }) => step(tenant, -1) }, capacity, perAccount);
  }

  put(...put: Binding[]): void {
    for (const one of put) this.table.apply({ tenant: one.tenant, aor: one.aor, all: false, removed: [], put: [one] });
  }
}

const contacts = (table: RegistrationTable): string[] => [...table.bindings()].map(({ contact }) => contact);

describe('registrations', () => {
  it('keep one binding for an address of record and Contact, the newest', () => {
    const count = new Count();
    count.put(binding('a@x', 'sip:1', 9_000), binding('a@x', 'sip:1', 19_000), binding('a@x', 'sip:2', 9_000));
    expect(contacts(count.table)).toEqual(['sip:1', 'sip:2']);
    expect([...count.table.bindings()][0]?.expiresMs).toBe(19_000);
    expect(count.byTenant.get(1)).toBe(2);
  });

  it('leave when their time is over, and not before, also when it was prolonged or cut short', () => {
    const count = new Count();
    count.put(binding('a@x', 'sip:1', 5_000), binding('b@x', 'sip:2', 5_000), binding('c@x', 'sip:3', 50_000));
    count.put(binding('b@x', 'sip:2', 20_000), binding('c@x', 'sip:3', 7_000));
    const left: number[] = [];
    for (let now = 1_000; now <= 21_000; now += 1_000) {
      count.table.expire(now);
      left.push(count.table.size);
    }
    expect(left).toEqual([3, 3, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
    expect(count.byTenant.get(1)).toBe(0);
  });

  it('take out the Contacts that were removed, or all of an address of record', () => {
    const count = new Count();
    count.put(binding('a@x', 'sip:1', 9_000), binding('a@x', 'sip:2', 9_000), binding('b@x', 'sip:1', 9_000));
    count.table.apply({ tenant: 1, aor: 'a@x', all: false, removed: ['sip:2', 'sip:never'], put: [] });
    expect(contacts(count.table)).toEqual(['sip:1', 'sip:1']);
    count.table.apply({ tenant: 1, aor: 'a@x', all: true, removed: [], put: [] });
    expect([...count.table.bindings()].map(({ aor }) => aor)).toEqual(['b@x']);
  });

  it('belong to their tenant: another one cannot take them out or over, whatever address of record it writes', () => {
    const count = new Count();
    count.put(binding('bob@b.example', 'sip:1', 9_000, { tenant: 2 }));
    count.table.apply({ aor: 'bob@b.example', tenant: 1, all: true, removed: [], put: [] });
    count.table.apply({ aor: 'bob@b.example', tenant: 1, all: false, removed: ['sip:1'], put: [] });
    count.put(binding('bob@b.example', 'sip:1', 9_000, { tenant: 1 }));
    expect([...count.table.bindings()].map(({ tenant }) => tenant)).toEqual([2, 1]);
    expect([...count.byTenant]).toEqual([[2, 1], [1, 1]]);
  });

  it('push the oldest of the same tenant out above their capacity', () => {
    const count = new Count(2);
    count.put(binding('a@x', 'sip:1', 9_000), binding('b@x', 'sip:2', 9_000), binding('c@x', 'sip:3', 9_000));
    expect(contacts(count.table)).toEqual(['sip:2', 'sip:3']);
  });

  it('of other tenants stay, however many one tenant has: only its own make room', () => {
    const count = new Count(100);
    for (let n = 0; n < 10; n++) count.put(binding('a@x', `sip:small${n}`, 9_000, { tenant: 2 }), binding('a@x', `sip:other${n}`, 9_000, { tenant: 3 }));
    for (let n = 0; n < 500; n++) count.put(binding(`u${n}@x`, `sip:${n}`, 9_000));
    expect([...count.byTenant]).toEqual([[2, 10], [3, 10], [1, 80]]);
    expect(contacts(count.table).filter((contact) => /small|other/.test(contact))).toHaveLength(20);
    expect(contacts(count.table).at(-1)).toBe('sip:499');
  });

  it('of a tenant with less than an equal share find room where one has the most, up to that share', () => {
    const count = new Count(90);
    for (let n = 0; n < 90; n++) count.put(binding(`u${n}@x`, `sip:${n}`, 9_000));
    count.put(...Array.from({ length: 5 }, (_, n) => binding('a@x', `sip:small${n}`, 9_000, { tenant: 2 })));
    expect([...count.byTenant]).toEqual([[1, 85], [2, 5]]);
    // 30 each is equal: the flood of a third tenant ends there.
    for (let n = 0; n < 200; n++) count.put(binding(`v${n}@x`, `sip:v${n}`, 9_000, { tenant: 3 }));
    expect([...count.byTenant]).toEqual([[1, 55], [2, 5], [3, 30]]);
  });

  it('of one address of record are bounded too, and only its own make room', () => {
    const count = new Count(100, 4);
    count.put(binding('b@x', 'sip:b', 9_000));
    for (let n = 0; n < 50; n++) count.put(binding('a@x', `sip:${n}`, 9_000));
    expect(contacts(count.table)).toEqual(['sip:b', 'sip:46', 'sip:47', 'sip:48', 'sip:49']);
  });

  it('of tenants with an equal share or less are never pushed out by another tenant, whatever happens', () => {
    const ops = fc.array(fc.record({ tenant: fc.integer({ min: 1, max: 4 }), contact: fc.integer({ min: 0, max: 12 }), put: fc.boolean(), times: fc.integer({ min: 1, max: 6 }) }), { maxLength: 60 });
    fc.assert(fc.property(ops, (history) => {
      const count = new Count(12);
      const sizeOf = (tenant: number): number => count.byTenant.get(tenant) ?? 0;
      for (const { tenant, contact, put, times } of history) {
        for (let n = contact; n < contact + times; n++) {
          const before = new Map(count.byTenant);
          if (put) count.put(binding('a@x', `sip:${n}`, 9_000, { tenant }));
          else count.table.apply({ tenant, aor: 'a@x', all: false, removed: [`sip:${n}`], put: [] });
          const tenants = new Set([tenant, ...[...before].filter(([, size]) => size > 0).map(([one]) => one)]);
          for (const [other, size] of before) {
            if (other === tenant || sizeOf(other) === size) continue;
            // Who lost one had the most, and more than an equal share.
            expect([size, size * tenants.size > 12, sizeOf(tenant)]).toEqual([Math.max(...before.values()), true, (before.get(tenant) ?? 0) + 1]);
          }
          expect(count.table.size).toBeLessThanOrEqual(12);
        }
      }
      expect([1, 2, 3, 4].reduce((sum, tenant) => sum + sizeOf(tenant), 0)).toBe(count.table.size);
    }));
  });

  it('are listed page by page, by tenant and by any part of their text', () => {
    const count = new Count();
    for (let n = 1; n <= 7; n++) count.put(binding(`u${n}@x`, `sip:u${n}@h`, 9_000, { tenant: n % 2, agent: n === 4 ? 'Yealink T54' : 'Test' }));
    const pages: string[][] = [];
    for (let cursor = 0, more = true; more;) {
      const page = count.table.page({ cursor, limit: 3 });
      pages.push(page.items.map(({ aor }) => aor));
      cursor = page.cursor;
      more = cursor !== 0;
    }
    expect(pages).toEqual([['u1@x', 'u2@x', 'u3@x'], ['u4@x', 'u5@x', 'u6@x'], ['u7@x']]);
    expect(count.table.page({ cursor: 0, limit: 9, tenant: 0 }).items.map(({ aor }) => aor)).toEqual(['u2@x', 'u4@x', 'u6@x']);
    expect(count.table.page({ cursor: 0, limit: 9, text: 'yealink' }).items.map(({ aor }) => aor)).toEqual(['u4@x']);
  });

  it('agree with a plain model over any history', () => {
    const op = fc.record({ kind: fc.constantFrom('put', 'remove', 'all', 'time'), aor: fc.constantFrom('a', 'b', 'c'), contact: fc.constantFrom('1', '2', '3'), seconds: fc.integer({ min: 1, max: 30 }) });
    fc.assert(fc.property(fc.array(op, { maxLength: 60 }), (ops) => {
      const count = new Count();
      const model = new Map<string, number>();
      let now = 1_000;
      for (const { kind, aor, contact, seconds } of ops) {
        if (kind === 'put') {
          count.put(binding(aor, contact, now + seconds * 1_000));
          model.set(`${aor} ${contact}`, now + seconds * 1_000);
        } else if (kind === 'remove') {
          count.table.apply({ tenant: 1, aor, all: false, removed: [contact], put: [] });
          model.delete(`${aor} ${contact}`);
        } else if (kind === 'all') {
          count.table.apply({ tenant: 1, aor, all: true, removed: [], put: [] });
          for (const key of [...model.keys()]) if (key.startsWith(`${aor} `)) model.delete(key);
        } else {
          now += seconds * 1_000;
          count.table.expire(now);
          for (const [key, ends] of model) if (ends <= now) model.delete(key);
        }
      }
      expect([...count.table.bindings()].map(({ aor, contact }) => `${aor} ${contact}`).sort((a, b) => a.localeCompare(b))).toEqual([...model.keys()].sort((a, b) => a.localeCompare(b)));
      expect(count.byTenant.get(1) ?? 0).toBe(model.size);
    }));
  });
});

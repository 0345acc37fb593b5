/** An import's plan on a draft over a database that counts what it is asked. */
import { describe, expect, it } from 'vitest';
import { Draft } from '../../../controlplane/config/draft.ts';
import type { Tx } from '../../../controlplane/config/table-store.ts';
import { applyPlan } from '../../../controlplane/import/apply.ts';
import { planKamailio } from '../../../controlplane/import/kamailio-plan.ts';
import { Notes } from '../../../controlplane/import/report.ts';
import { checkBody } from '../../../controlplane/plugins/validation.ts';

const count = 3_000;
const rows = (line: (n: number) => string): string => Array.from({ length: count }, (_unused, index) => line(index + 1)).join('\n');

/** Finds nothing, hands out ids, counts. */
function emptyDatabase(): { readonly tx: Tx; readonly asked: () => number } {
  let asked = 0;
  let id = 0;
  const ask = (...question: readonly unknown[]): Promise<unknown[]> => {
    asked += 1;
    const wanted = question.findLast((part) => typeof part === 'number');
    return Promise.resolve(typeof wanted === 'number' ? Array.from({ length: wanted }, () => ({ id: (id += 1), nextval: BigInt(id) })) : []);
  };
  const table = { findMany: () => ask(), findUnique: () => ask().then(() => null) };
  const tx = new Proxy({}, { get: (_target, name) => (name === '$queryRaw' || name === '$queryRawUnsafe' ? ask : table) });
  return { tx: tx as Tx, asked: () => asked };
}

describe('an import of thousands of new tenants', () => {
  it('asks the database a few times, not once a tenant, set, rule and domain', async () => {
    const plan = planKamailio({
      domain: `id(int,auto) domain(string) did(string)\n${rows((n) => `${n}:many${n}.example:many${n}`)}\n`,
      domain_attrs: `did(string) name(string) type(int) value(string)\n${rows((n) => `many${n}:dispatcher_set_id:0:${n}`)}\n`,
      dispatcher: `setid(int) destination(string) flags(int) priority(int)\n${rows((n) => `${n}:sip\\:10.1.${n >> 8}.${n & 255}:0:0`)}\n`,
    }, { tenant: null, algorithm: null }, new Notes(), new Notes());
    if (!plan.ok) throw new Error(plan.error.message);
    const { tx, asked } = emptyDatabase();
    const draft = new Draft(tx, 0);
    expect(await applyPlan(draft, plan.value, checkBody)).toEqual({ ok: true, value: null });
    expect(draft.faults).toEqual([]);
    expect([...draft.of('tenant').values()].filter(({ current }) => current !== null)).toHaveLength(count);
    expect(asked()).toBeLessThan(60);
  });
});

describe('a plan from a hostile file', () => {
  const files = (domain: (n: number) => string, route: (n: number) => number, lines: number): Record<string, string> => {
    const all = (line: (n: number) => string): string => Array.from({ length: lines }, (_unused, index) => line(index + 1)).join('\n');
    return {
      domain: `domain(string) did(string)\n${all((n) => `${domain(n)}:d${n}`)}\n`,
      domain_attrs: `did(string) name(string) type(int) value(string)\n${all((n) => `d${n}:routeset:0:${route(n)}`)}\n`,
      dispatcher: 'setid(int) destination(string) flags(int) priority(int)\n4001:10.0.0.1:0:0\n6001:10.0.0.2:0:0\n',
    };
  };

  it.each([
    ['many domains of one slug', (n: number) => `${'a'.repeat(63)}.${'b'.repeat(20)}${n}.example`, (n: number) => n],
    ['many tenants on one route set', (n: number) => `d${n}.example`, () => 1],
  ])('takes time that grows with its lines, not with their square: %s', (_what, domain, route) => {
    /** CPU time of this thread: what others do on the machine does not count. */
    const cost = (lines: number): number => {
      const text = files(domain, route, lines);
      const before = process.threadCpuUsage();
      const plan = planKamailio(text, { tenant: null, algorithm: null }, new Notes(), new Notes());
      const { user, system } = process.threadCpuUsage(before);
      expect(plan.ok).toBe(true);
      if (plan.ok) expect(new Set(plan.value.tenants.map((tenant) => tenant.key)).size).toBe(lines);
      return user + system;
    };
    cost(5_000);
    // Eight times the lines: a square would be 64 times the cost.
    expect(cost(60_000) / cost(7_500)).toBeLessThan(25);
  }, 60_000);
});

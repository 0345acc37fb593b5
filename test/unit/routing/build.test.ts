import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RowOp, RuleMatch } from '../../../dataplane/contract/rows.ts';
import { defaultSetting } from '../../../dataplane/contract/rows.ts';
import { ViewDraft, applyOps, emptyView } from '../../../dataplane/routing/build.ts';
import type { ConfigView } from '../../../dataplane/routing/view.ts';
import { destination, domain, routeSet, rule, set, tenant, trunk, view } from './rows.ts';

const hosts = ['a.example', 'b.a.example', 'x.y.a.example', 'example', 'c.test', 'd.c.test'];
const sources = ['192.0.2.1', '192.0.2.200', '198.51.100.7', '2001:db8::1', '2001:db8:1::1'];
const ascending = (a: number, b: number): number => a - b;
const users = ['1000', '1001', '1500', '+49', '49', '', 'alice'];

/** Everything a reader can see, in a form that can be compared. */
function visible(config: ConfigView): unknown {
  const ids = [1, 2, 3, 4, 5, 6, 7, 8];
  return {
    setting: config.setting,
    counts: config.counts,
    tenants: ids.map((id) => config.tenant(id)),
    domains: hosts.map((host) => config.domain(host)),
    trunks: sources.map((source) => config.trunk(source)),
    routeSets: ids.map((number) => {
      const found = config.routeSet(number);
      return found === null ? null : {
        row: found.row, size: found.size, rules: [...found.rules()].map((row) => row.id).sort(ascending),
        matches: users.flatMap((user) => ['INVITE', 'REGISTER'].map((method) => found.match(user, method, { timeMs: 0 }, null)?.id ?? null)),
      };
    }),
    sets: ids.map((id) => {
      const found = config.set(id);
      return found === null ? null : { row: found.row, ids: found.destinations, byRank: found.byRank.map((entry) => entry.id), weights: [...found.weights] };
    }),
    allSets: [...config.sets()].map((found) => found.id).sort(ascending),
    destinations: ids.map((id) => config.destination(id)),
    nodes: ids.map((id) => config.node(`n${id}`)),
  };
}

const small = fc.integer({ min: 1, max: 4 });
const match: fc.Arbitrary<RuleMatch> = fc.constantFrom<RuleMatch>(
  { type: 'any' }, { type: 'exact', value: '1001' }, { type: 'prefix', value: '+' }, { type: 'prefix', value: '10' },
  { type: 'range', from: '1000', to: '1999' }, { type: 'range', from: '10', to: '99' },
);
const gone = (table: RowOp['table'], key: string): RowOp => ({ table, key, row: null });
const anyOp: fc.Arbitrary<RowOp> = fc.oneof(
  fc.tuple(small, fc.boolean()).map(([id, enabled]) => tenant(id, { enabled })),
  fc.tuple(fc.constantFrom(...hosts, '*.a.example', '*.example', '*.y.a.example', '*.test'), small).map(([name, number]) => domain(name, { routeSet: number })),
  fc.tuple(small, fc.constantFrom('prefer', 'match', 'any')).map(([number, family]) => routeSet(number, { family })),
  fc.tuple(fc.integer({ min: 1, max: 8 }), small, match, small).map(([id, number, how, position]) => rule(id, how, { routeSet: number, position })),
  fc.tuple(small, fc.constantFrom(0, 4, 8, 9)).map(([id, algorithm]) => set(id, { algorithm })),
  fc.tuple(fc.integer({ min: 1, max: 8 }), small, small, fc.integer({ min: 0, max: 2 })).map(([id, owner, rank, weight]) => destination(id, { set: owner, rank, weight })),
  fc.tuple(fc.constantFrom('t1', 't2', 't3'), fc.subarray(['192.0.2.0/24', '192.0.2.1', '0.0.0.0/0', '2001:db8::/32', '2001:db8::1']), fc.boolean())
    .map(([key, prefixes, enabled]) => trunk(key, prefixes, { enabled })),
  small.map((id): RowOp => ({ table: 'node', key: `n${id}`, row: { id: `n${id}`, draining: true, answerOptions: true } })),
  fc.boolean().map((requireToMatch): RowOp => ({ table: 'setting', key: 'global', row: { ...defaultSetting, requireToMatch } })),
  fc.tuple(fc.constantFrom('tenant', 'routeSet', 'dispatcherSet'), small).map(([table, id]) => gone(table, String(id))),
  fc.tuple(fc.constantFrom('rule', 'destination'), fc.integer({ min: 1, max: 8 })).map(([table, id]) => gone(table, String(id))),
  fc.constantFrom(...hosts, '*.a.example', '*.example', '*.test').map((name) => gone('domain', name)),
  fc.constantFrom('t1', 't2', 't3').map((key) => gone('trunk', key)),
  fc.constantFrom(gone('setting', 'global'), gone('node', 'n1')),
);

/** The rows that are left after ops, in an order of their own. */
function surviving(ops: readonly RowOp[]): RowOp[] {
  const rows = new Map<string, RowOp>();
  for (const op of ops) {
    rows.delete(`${op.table} ${op.key}`);
    if (op.row !== null) rows.set(`${op.table} ${op.key}`, op);
  }
  return [...rows.values()].reverse();
}

describe('applyOps', () => {
  it('equals a build from scratch after any changes, in one batch or many, and former views stay as they were', () => {
    fc.assert(fc.property(fc.array(fc.array(anyOp, { maxLength: 12 }), { maxLength: 8 }), (batches) => {
      let config = emptyView();
      const past: [ConfigView, string][] = [];
      const ops: RowOp[] = [];
      for (const [rev, batch] of batches.entries()) {
        config = applyOps(config, batch, 'epoch', rev);
        ops.push(...batch);
        expect(visible(config)).toEqual(visible(applyOps(emptyView(), surviving(ops), 'epoch', rev)));
        past.push([config, JSON.stringify(visible(config))]);
      }
      for (const [former, seen] of past) expect(JSON.stringify(visible(former))).toBe(seen);
      expect(visible(applyOps(emptyView(), ops, 'epoch', 1))).toEqual(visible(config));
    }), { numRuns: 200 });
  });

  it('carries epoch and revision', () => {
    const config = applyOps(emptyView(), [], 'e2', 17);
    expect([config.epoch, config.rev, emptyView().epoch, emptyView().rev]).toEqual(['e2', 17, '', 0]);
  });

  it('keeps whatever a change does not touch, by identity', () => {
    const before = view(tenant(1), set(1), set(2), destination(1), destination(2, { set: 2 }), routeSet(1), routeSet(2), rule(1, { type: 'any' }));
    const after = applyOps(before, [destination(2, { set: 2, admin: 'draining' }), domain('a.example')], 'epoch', 2);
    expect(after.set(1)).toBe(before.set(1));
    expect(after.set(2)).not.toBe(before.set(2));
    expect(after.routeSet(1)).toBe(before.routeSet(1));
    expect(after.tenant(1)).toBe(before.tenant(1));
    expect(before.set(2)?.destinations[0]?.row.admin).toBe('enabled');
  });

  it('holds rows back whose parent is not there yet', () => {
    const config = view(destination(1), rule(1, { type: 'any' }));
    expect([config.set(1), config.destination(1), config.routeSet(1)]).toEqual([null, null, null]);
    const later = applyOps(config, [set(1), routeSet(1)], 'epoch', 2);
    expect([later.set(1)?.destinations.length, later.destination(1)?.id, later.routeSet(1)?.size]).toEqual([1, 1, 1]);
  });

  it('can be done in slices', () => {
    const draft = new ViewDraft(emptyView());
    for (let i = 0; i < 1_000; i++) draft.apply(domain(`d${i}.example`));
    const config = draft.commit('epoch', 3);
    expect([config.counts.domain, config.domain('d999.example')?.name]).toEqual([1_000, 'd999.example']);
  });

  it('copies one bucket of 100,000 domains for one row, and nothing of the other tables', () => {
    const draft = new ViewDraft(view(tenant(1), routeSet(1)));
    for (let i = 0; i < 100_000; i++) draft.apply(domain(`d${i}.example`));
    const before = draft.commit('epoch', 1);
    const after = applyOps(before, [domain('d5.example', { enabled: false })], 'epoch', 2);
    const fresh = new Set(after.tables.domains.rows.overlay.directory.filter((bucket, slot) => bucket !== before.tables.domains.rows.overlay.directory[slot]));
    expect(fresh.size).toBe(1);
    expect(after.tables.tenants).toBe(before.tables.tenants);
    expect(after.tables.routeSets).toBe(before.tables.routeSets);
    expect([before.domain('d5.example')?.enabled, after.domain('d5.example')?.enabled]).toEqual([true, false]);
  });
});

describe('a destination', () => {
  it.each([
    ['sip:10.0.0.1', 'udp', '10.0.0.1', 5060, 4, true],
    ['sip:10.0.0.1:5070;transport=TCP', 'tcp', '10.0.0.1', 5070, 4, true],
    ['sip:[2001:DB8::17]:5060', 'udp', '2001:db8::17', 5060, 6, true],
    ['sip:PBX.Example;transport=udp', 'udp', 'pbx.example', 5060, 0, true],
    ['sips:pbx.example', 'tls', 'pbx.example', 5061, 0, true],
    ['sip:pbx.example;transport=tls', 'tls', 'pbx.example', 5061, 0, true],
    ['http://pbx', 'udp', '', 5060, 0, false],
  ])('%s', (uri, transport, host, port, family, routable) => {
    const parsed = view(set(1), destination(1, { uri })).destination(1);
    expect(parsed === null ? null : [parsed.transport, parsed.host, parsed.port, parsed.family, parsed.routable]).toEqual([transport, host, port, family, routable]);
  });
});

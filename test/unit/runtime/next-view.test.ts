import { describe, expect, it } from 'vitest';
import { emptyView } from '../../../dataplane/routing/build.ts';
import { ViewLoad } from '../../../dataplane/routing/pack-view.ts';
import { runToEnd } from '../../../dataplane/routing/big-table.ts';
import type { ConfigBatch } from '../../../dataplane/runtime/messages.ts';
import { buildView, ConfigIntake, configParts } from '../../../dataplane/runtime/next-view.ts';
import { domain, rule, tenant } from '../routing/rows.ts';

const load = new ViewLoad();
for (let i = 0; i < 500; i++) load.apply(domain(`d${i}.example`));
const { buffer } = runToEnd(load.finish('e', 1)).tables.domains.rows.base;
const change: ConfigBatch = {
  packed: [{ table: 'domain', buffer }], epoch: 'e', rev: 7,
  ops: [tenant(1), ...Array.from({ length: 400 }, (_, i) => rule(i + 1, { type: 'prefix', value: String(i) })), domain('new.example'), { table: 'domain', key: 'd5.example', row: null }],
};

describe('a change of configuration', () => {
  it('reaches a worker in parts and is there as a whole with the last', () => {
    const intake = new ConfigIntake();
    const parts = [...configParts(change)];
    const views = parts.map((part) => intake.take(emptyView(), part));
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.map((part) => part.packed.length)).toEqual([1, ...Array.from({ length: parts.length - 1 }, () => 0)]);
    expect(views.slice(0, -1).every((view) => view === null)).toBe(true);
    const view = views.at(-1);
    expect([view?.rev, view?.counts.rule, view?.counts.domain, view?.domain('d5.example'), view?.domain('new.example')?.name]).toEqual([7, 400, 500, null, 'new.example']);
  });

  it('is the same for whoever builds it in one go', async () => {
    const view = await buildView(emptyView(), change);
    expect([view.rev, view.counts.rule, view.counts.domain, view.domain('d499.example')?.tenant]).toEqual([7, 400, 500, 1]);
  });

  it('without any row is one part, and the next one starts anew', () => {
    const intake = new ConfigIntake();
    const none: ConfigBatch = { packed: [], ops: [], epoch: 'e', rev: 8 };
    expect([...configParts(none)].map((part) => intake.take(emptyView(), part)?.rev)).toEqual([8]);
    expect([...configParts({ ...none, rev: 9 })].map((part) => intake.take(emptyView(), part)?.rev)).toEqual([9]);
  });

  it('shares packed tables instead of copying them', async () => {
    expect((await buildView(emptyView(), change)).tables.domains.rows.base.buffer).toBe(buffer);
  });
});

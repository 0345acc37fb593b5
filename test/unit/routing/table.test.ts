import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Table, TableDraft } from '../../../dataplane/routing/table.ts';

const op = fc.record({ key: fc.integer({ min: 0, max: 300 }), value: fc.option(fc.integer(), { nil: null }) });

function run(table: Table<string, number>, ops: readonly { key: number; value: number | null }[]): Table<string, number> {
  const draft = new TableDraft(table);
  for (const { key, value } of ops) {
    if (value === null) draft.delete(`k${key}`);
    else draft.set(`k${key}`, value);
  }
  return draft.finish();
}

describe('Table', () => {
  it('equals a Map after any sequence of drafts, and every former version stays what it was', () => {
    fc.assert(fc.property(fc.array(fc.array(op, { maxLength: 150 }), { maxLength: 8 }), (batches) => {
      let table = Table.empty<string, number>();
      const reference = new Map<string, number>();
      const history: [Table<string, number>, Map<string, number>][] = [];
      for (const batch of batches) {
        history.push([table, new Map(reference)]);
        table = run(table, batch);
        for (const { key, value } of batch) {
          if (value === null) reference.delete(`k${key}`);
          else reference.set(`k${key}`, value);
        }
        history.push([table, new Map(reference)]);
      }
      for (const [version, expected] of history) {
        expect(version.size).toBe(expected.size);
        expect(new Map(version.entries())).toEqual(expected);
        for (const [key, value] of expected) expect(version.get(key)).toBe(value);
        expect(version.get('absent')).toBeUndefined();
      }
    }));
  });

  it('tells exactly what differs between two versions', () => {
    fc.assert(fc.property(fc.array(op, { maxLength: 400 }), fc.array(op, { maxLength: 400 }), (first, second) => {
      const before = run(Table.empty(), first);
      const after = run(before, second);
      const expected = new Map<string, [number | undefined, number | undefined]>();
      for (const key of new Set([...new Map(before.entries()).keys(), ...new Map(after.entries()).keys()])) {
        if (before.get(key) !== after.get(key)) expected.set(key, [before.get(key), after.get(key)]);
      }
      const seen = new Map<string, [number | undefined, number | undefined]>();
      after.changesSince(before, (key, was, is) => {
        expect(seen.has(key)).toBe(false);
        seen.set(key, [was, is]);
      });
      expect(seen).toEqual(expected);
    }));
  });

  it('shares all buckets but one when one of 100,000 rows changes', () => {
    const draft = new TableDraft(Table.empty<string, number>());
    for (let i = 0; i < 100_000; i++) draft.set(`customer${i}.sip.example`, i);
    const before = draft.finish();
    const next = new TableDraft(before);
    next.set('customer777.sip.example', -1);
    const after = next.finish();
    const fresh = new Set(after.directory.filter((bucket, slot) => bucket !== before.directory[slot]));
    expect(fresh.size).toBe(1);
    expect([...fresh][0]?.entries.size).toBeLessThanOrEqual(64);
    expect(before.get('customer777.sip.example')).toBe(777);
    expect(after.get('customer777.sip.example')).toBe(-1);
  });

  it('returns the same table when nothing was touched, and gives memory back when emptied', () => {
    const table = run(Table.empty(), Array.from({ length: 300 }, (_, key) => ({ key, value: 1 })));
    expect(new TableDraft(table).finish()).toBe(table);
    expect(run(table, [{ key: 5_000, value: null }])).toBe(table);
    const emptied = run(table, Array.from({ length: 300 }, (_, key) => ({ key, value: null })));
    expect(emptied.size).toBe(0);
    expect(emptied.directory.length).toBe(1);
  });

  it('keeps number keys, negative and huge ones too', () => {
    const draft = new TableDraft(Table.empty<number, string>());
    for (const key of [0, -1, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER]) draft.set(key, `v${key}`);
    for (let key = 1; key < 1_000; key++) draft.set(key, `v${key}`);
    const table = draft.finish();
    for (const key of [0, -1, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER, 1, 999]) expect(table.get(key)).toBe(`v${key}`);
    expect([...table.values()]).toHaveLength(1_004);
  });
});

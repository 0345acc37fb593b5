import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowTable } from '../../../dataplane/sync/row-table.ts';

const operation = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.option(fc.string({ maxLength: 4 })));

describe('a row table', () => {
  it('behaves like a map, and an edit leaves its origin as it was', () => {
    fc.assert(fc.property(fc.array(fc.array(operation, { maxLength: 8 }), { maxLength: 6 }), (batches) => {
      let table = RowTable.empty;
      let map = new Map<string, string>();
      for (const batch of batches) {
        const before = new Map(table.entries());
        const next = new Map(map);
        const edit = table.edit();
        for (const [key, json] of batch) {
          if (json === null) {
            edit.delete(key);
            next.delete(key);
          } else {
            edit.set(key, json);
            next.set(key, json);
          }
          expect(edit.get(key)).toBe(next.get(key));
          expect(edit.has(key)).toBe(next.has(key));
        }
        expect(edit.size).toBe(next.size);
        const finished = edit.finish();
        expect(new Map(table.entries())).toEqual(before);
        expect(table.size).toBe(before.size);
        table = finished;
        map = next;
        expect(new Map(table.entries())).toEqual(map);
        expect(table.size).toBe(map.size);
      }
    }));
  });

  it('finds each of many keys', () => {
    const edit = RowTable.empty.edit();
    for (let i = 0; i < 5_000; i++) edit.set(`d${i}.example`, String(i));
    const table = edit.finish();
    expect(table.size).toBe(5_000);
    for (let i = 0; i < 5_000; i += 7) expect(table.get(`d${i}.example`)).toBe(String(i));
    expect(table.has('d5000.example')).toBe(false);
  });
});

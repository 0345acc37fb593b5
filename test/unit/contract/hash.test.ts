import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addSums, applyChanges, combinedHash, emptyHashes, HashSum, isHash, sameHashes, zeroHash } from '../../../dataplane/contract/hash.ts';
import type { RowChange } from '../../../dataplane/contract/hash.ts';

const row = fc.tuple(fc.string({ maxLength: 8 }), fc.string({ maxLength: 20 }));

describe('the hash of a table', () => {
  it('is the sum of the hashes of its parts, which can be taken away again', () => {
    const sumOf = (rows: readonly (readonly [string, string])[]): string => {
      const sum = new HashSum();
      for (const [key, json] of rows) sum.add('rate', key, json);
      return sum.hex();
    };
    fc.assert(fc.property(fc.array(row, { maxLength: 20 }), fc.array(row, { maxLength: 20 }), (some, others) => {
      const both = addSums(sumOf(some), sumOf(others), 1);
      expect(both).toBe(sumOf([...some, ...others]));
      expect(addSums(both, sumOf(others), -1)).toBe(sumOf(some));
    }));
    expect(() => addSums(zeroHash, 'x', 1)).toThrow(RangeError);
  });

  it('does not depend on the order of its rows, and forgets a row that is taken away', () => {
    fc.assert(fc.property(fc.array(row, { maxLength: 20 }), row, (rows, extra) => {
      const forth = new HashSum();
      for (const [key, json] of rows) forth.add('domain', key, json);
      const back = new HashSum();
      back.add('domain', ...extra);
      for (const [key, json] of rows.toReversed()) back.add('domain', key, json);
      back.remove('domain', ...extra);
      expect(back.hex()).toBe(forth.hex());
    }));
  });

  it('tells rows of other tables, keys and texts apart', () => {
    const of = (table: 'domain' | 'node', key: string, json: string): string => {
      const sum = new HashSum();
      sum.add(table, key, json);
      return sum.hex();
    };
    const all = [of('domain', 'a', '{}'), of('node', 'a', '{}'), of('domain', 'b', '{}'), of('domain', 'a', '{ }'), of('domain', 'a{', '}')];
    expect(new Set(all).size).toBe(all.length);
    expect(all.every(isHash)).toBe(true);
  });

  it('goes on from its text', () => {
    const one = new HashSum();
    one.add('domain', 'a', '{}');
    const other = new HashSum(one.hex());
    one.add('domain', 'b', '{}');
    other.add('domain', 'b', '{}');
    expect(other.hex()).toBe(one.hex());
  });

  it('of no rows is zero; a text that is no hash is a bug', () => {
    expect(new HashSum().hex()).toBe(zeroHash);
    expect(() => new HashSum('xyz')).toThrow(RangeError);
  });
});

describe('hashes after changes', () => {
  it('equal those of the rows that are left', () => {
    const put = (key: string, before: string | null, after: string | null): RowChange => ({ table: 'domain', key, before, after });
    const changed = applyChanges(emptyHashes, [put('a', null, '1'), put('b', null, '2'), put('a', '1', '3'), put('b', '2', null)]);
    expect(changed).toEqual(applyChanges(emptyHashes, [put('a', null, '3')]));
    expect(sameHashes(changed, emptyHashes)).toBe(false);
    expect(sameHashes(applyChanges(changed, [put('a', '3', null)]), emptyHashes)).toBe(true);
  });

  it('are one hash for heartbeats', () => {
    const changed = applyChanges(emptyHashes, [{ table: 'node', key: 'n', before: null, after: '{}' }]);
    expect(isHash(combinedHash(changed))).toBe(true);
    expect(combinedHash(changed)).not.toBe(combinedHash(emptyHashes));
  });
});

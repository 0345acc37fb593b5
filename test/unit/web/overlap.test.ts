import { describe, expect, it } from 'vitest';
import { findOverlaps, type OverlapRule } from '../../../web/src/pages/route-sets/overlap.ts';

const rule = (match: Partial<OverlapRule['match']>, methods: readonly string[] = [], windows: readonly unknown[] = []): OverlapRule => ({
  match: { type: 'any', value: '', from: '', to: '', ...match },
  methods,
  windows,
});
const range = (from: string, to: string, methods: readonly string[] = []) => rule({ type: 'range', from, to }, methods);

describe('overlapping rules', () => {
  it('lets a rule with hours leave the other hours to the same numbers below, but not the other way round', () => {
    const office = rule({ type: 'prefix', value: '+49' }, [], [{}]);
    const always = rule({ type: 'prefix', value: '+49' });
    expect(findOverlaps([office, always])).toEqual([null, null]);
    expect(findOverlaps([always, office])[1]).toMatchObject({ kind: 'shadowed', by: 0 });
  });

  it('names the numbers that an upper range takes', () => {
    expect(findOverlaps([range('1000', '1999'), range('1500', '2499')])).toEqual([
      null,
      { kind: 'shares', by: 0, text: '1500–1999 goes to rule 1, which stands above.' },
    ]);
  });

  it('says that a range within an upper range never matches', () => {
    expect(findOverlaps([range('1000', '1999'), range('1200', '1300')])[1]).toMatchObject({ kind: 'shadowed', by: 0 });
  });

  it('compares only ranges of the same length, and a plus counts', () => {
    expect(findOverlaps([range('100', '199'), range('1000', '1999'), range('+100', '+199')])).toEqual([null, null, null]);
  });

  it('compares ranges of more digits than a number holds', () => {
    expect(findOverlaps([range('4930000000000000001', '4930000000000000005'), range('4930000000000000005', '4930000000000000009')])[1]).toMatchObject({
      text: '4930000000000000005 goes to rule 1, which stands above.',
    });
  });

  it('does not flag kinds against each other: the more specific kind wins wherever it stands', () => {
    expect(findOverlaps([rule({}), rule({ type: 'prefix', value: '1' }), range('1000', '1999'), rule({ type: 'exact', value: '1001' })])).toEqual([null, null, null, null]);
  });

  it('flags a second rule for the same prefix, number or everything', () => {
    const same = [rule({ type: 'prefix', value: '+49' }), rule({ type: 'prefix', value: '+49' }), rule({}), rule({})];
    expect(findOverlaps(same).map((overlap) => overlap?.text ?? null)).toEqual([
      null,
      'Never matches: rule 1 takes +49… first.',
      null,
      'Never matches: rule 3 takes every number first.',
    ]);
  });

  it('looks at methods: other methods do not compete, some methods compete in part', () => {
    expect(findOverlaps([rule({}, ['REGISTER']), rule({}, ['INVITE'])])).toEqual([null, null]);
    expect(findOverlaps([rule({}, ['INVITE']), rule({})])[1]).toMatchObject({ kind: 'shares', by: 0 });
    expect(findOverlaps([rule({}), rule({}, ['INVITE'])])[1]).toMatchObject({ kind: 'shadowed', by: 0 });
  });

  it('prefers the rule that takes everything over one that takes a part', () => {
    expect(findOverlaps([range('1500', '1999'), range('1000', '1999'), range('1400', '1600')])[2]).toMatchObject({ kind: 'shadowed', by: 1 });
  });

  it('leaves unfinished rules alone and stops at its limit', () => {
    expect(findOverlaps([rule({ type: 'prefix' }), rule({ type: 'prefix' }), range('', ''), range('', '')])).toEqual([null, null, null, null]);
    expect(findOverlaps([rule({}), rule({}), rule({})], 2)[2]).toBeNull();
  });
});

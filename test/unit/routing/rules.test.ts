import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RouteSetRow, RuleMatch, RuleRow } from '../../../dataplane/contract/rows.ts';
import { Recorder } from '../../../dataplane/routing/recorder.ts';
import { RuleDraft } from '../../../dataplane/routing/rule-draft.ts';
import { RouteSet, RuleIndex } from '../../../dataplane/routing/rules.ts';
import { routeSet, rule } from './rows.ts';

/** No rule here has a time window. */
const always = { timeMs: 0 };
const ascending = (a: number, b: number): number => a - b;
const setRow = routeSet(1).row as RouteSetRow;
const row = (id: number, match: RuleMatch, over: Partial<RuleRow> = {}): RuleRow => rule(id, match, over).row as RuleRow;
function changed(index: RuleIndex, removed: readonly RuleRow[], added: readonly RuleRow[]): RuleIndex {
  const draft = new RuleDraft(index);
  for (const gone of removed) draft.remove(gone);
  for (const fresh of added) draft.add(fresh);
  return draft.finish();
}
const compiled = (...rows: RuleRow[]): RouteSet => new RouteSet(setRow, changed(RuleIndex.empty, [], rows));
const matchId = (set: RouteSet, user: string, method = 'INVITE'): number | null => set.match(user, method, always, null)?.id ?? null;

describe('a range', () => {
  const set = compiled(row(1, { type: 'range', from: '1000', to: '1999' }));

  it.each([['1000', 1], ['1999', 1], ['1500', 1], ['0999', null], ['2000', null]])('%s → %s', (user, id) => {
    expect(matchId(set, user)).toBe(id);
  });

  it.each(['100', '10000', '01000', '+1000', '', 'abcd', '1a00', '10:0', '1 00', '1000 ', '١٠٠٠'])('leaves %j alone: another length or no number', (user) => {
    expect(matchId(set, user)).toBeNull();
  });

  it('with leading zeros means those very digits', () => {
    const zeros = compiled(row(1, { type: 'range', from: '0010', to: '0020' }));
    expect([matchId(zeros, '0015'), matchId(zeros, '15'), matchId(zeros, '015'), matchId(zeros, '00015'), matchId(zeros, '0021')]).toEqual([1, null, null, null, null]);
  });

  it('with a plus holds numbers with a plus only', () => {
    const plus = compiled(row(1, { type: 'range', from: '+4930100', to: '+4930199' }));
    expect([matchId(plus, '+4930150'), matchId(plus, '4930150'), matchId(plus, '04930150')]).toEqual([1, null, null]);
  });

  it('compares numbers longer than any integer type', () => {
    const long = compiled(row(1, { type: 'range', from: `1${'0'.repeat(40)}`, to: `1${'0'.repeat(39)}5` }));
    expect([matchId(long, `1${'0'.repeat(39)}5`), matchId(long, `1${'0'.repeat(39)}6`)]).toEqual([1, null]);
  });

  it('that is none never matches', () => {
    const bad = compiled(row(1, { type: 'range', from: '2000', to: '1000' }), row(2, { type: 'range', from: '1', to: '10' }), row(3, { type: 'range', from: 'a', to: 'b' }));
    expect([matchId(bad, '1500'), matchId(bad, '5'), matchId(bad, 'a')]).toEqual([null, null, null]);
  });
});

describe('order of rules', () => {
  it('is exact, range, longest prefix, any, whatever the positions', () => {
    const set = compiled(
      row(1, { type: 'any' }), row(2, { type: 'prefix', value: '1' }), row(3, { type: 'prefix', value: '10' }),
      row(4, { type: 'range', from: '1000', to: '1999' }), row(5, { type: 'exact', value: '1001' }),
    );
    expect(['1001', '1002', '10', '10x', '11', '', '2', '1'].map((user) => matchId(set, user))).toEqual([5, 4, 3, 3, 2, 1, 1, 2]);
  });

  it('falls to the position, then to the id, among equals', () => {
    const set = compiled(
      row(1, { type: 'any' }, { position: 9 }), row(2, { type: 'any' }, { position: 3 }), row(3, { type: 'any' }, { position: 3 }),
      row(4, { type: 'range', from: '1000', to: '1999' }, { position: 8 }), row(5, { type: 'range', from: '1500', to: '1600' }, { position: 7 }),
      row(6, { type: 'prefix', value: '+' }, { position: 2 }), row(7, { type: 'prefix', value: '+' }, { position: 1 }),
    );
    expect(['x', '1550', '1400', '+49'].map((user) => matchId(set, user))).toEqual([2, 5, 4, 7]);
  });

  it('passes over rules for other methods to the next best', () => {
    const set = compiled(
      row(1, { type: 'exact', value: '100' }, { methods: ['MESSAGE'] }), row(2, { type: 'range', from: '000', to: '999' }, { methods: ['SUBSCRIBE', 'INVITE'] }),
      row(3, { type: 'prefix', value: '10' }, { methods: ['REGISTER'] }), row(4, { type: 'prefix', value: '1' }), row(5, { type: 'any' }, { methods: ['OPTIONS'] }),
    );
    expect(['MESSAGE', 'INVITE', 'REGISTER', 'OPTIONS'].map((method) => matchId(set, '100', method))).toEqual([1, 2, 3, 4]);
    expect([matchId(set, '200', 'OPTIONS'), matchId(set, '200', 'MESSAGE')]).toEqual([5, null]);
  });

  it('takes a prefix to the character: plus and zeros mean themselves', () => {
    const set = compiled(row(1, { type: 'prefix', value: '+49' }), row(2, { type: 'prefix', value: '00' }), row(3, { type: 'prefix', value: '0' }));
    expect(['+4930', '4930', '0049', '030', '+', '+48'].map((user) => matchId(set, user))).toEqual([1, null, 2, 3, null, null]);
  });
});

const digits = (max: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom('0', '1', '2', '+'), minLength: 1, maxLength: max });
const number = (length: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom('0', '1', '2', '9'), minLength: length, maxLength: length });
const anyMatch: fc.Arbitrary<RuleMatch> = fc.oneof(
  digits(4).map((value): RuleMatch => ({ type: 'exact', value })),
  digits(4).map((value): RuleMatch => ({ type: 'prefix', value })),
  fc.integer({ min: 1, max: 4 }).chain((length) => fc.tuple(number(length), number(length)))
    .map(([a, b]): RuleMatch => ({ type: 'range', from: a < b ? a : b, to: a < b ? b : a })),
  fc.constant<RuleMatch>({ type: 'any' }),
);
const anyRule = fc.record({ id: fc.integer({ min: 1, max: 60 }), match: anyMatch, position: fc.integer({ min: 0, max: 5 }), methods: fc.constantFrom([], ['INVITE'], ['REGISTER', 'MESSAGE']) })
  .map(({ id, match, position, methods }) => row(id, match, { position, methods }));

/** The rules' meaning, written down without any index. */
function reference(rules: readonly RuleRow[], user: string, method: string): number | null {
  const rank = (candidate: RuleRow): number | null => {
    const { match } = candidate;
    if (candidate.methods.length > 0 && !candidate.methods.includes(method)) return null;
    switch (match.type) {
      case 'exact': return user === match.value ? 0 : null;
      case 'range': return /^[0-9]+$/.test(user) && user.length === match.from.length && BigInt(user) >= BigInt(match.from) && BigInt(user) <= BigInt(match.to) ? 1 : null;
      case 'prefix': return user.startsWith(match.value) ? 100 - match.value.length : null;
      case 'any': return 1_000;
    }
  };
  let best: { rank: number; rule: RuleRow } | null = null;
  for (const candidate of rules) {
    const of = rank(candidate);
    if (of === null) continue;
    const before = best === null ? 1 : of - best.rank || candidate.position - best.rule.position || candidate.id - best.rule.id;
    if (best === null || before < 0) best = { rank: of, rule: candidate };
  }
  return best?.rule.id ?? null;
}

describe('RuleIndex', () => {
  it('agrees with trying every rule, after any changes, and never changes an old version', () => {
    const change = fc.tuple(fc.uniqueArray(anyRule, { selector: (candidate) => candidate.id, maxLength: 25 }), fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 10 }));
    const users = fc.array(fc.oneof(digits(5), number(3)), { minLength: 1, maxLength: 15 });
    fc.assert(fc.property(fc.array(change, { maxLength: 4 }), users, (changes, asked) => {
      let index = RuleIndex.empty;
      const held = new Map<number, RuleRow>();
      const history: [RuleIndex, readonly RuleRow[]][] = [];
      for (const [added, removedIds] of changes) {
        const removed = [...new Set([...removedIds, ...added.map((candidate) => candidate.id)])].flatMap((id) => held.get(id) ?? []);
        index = changed(index, removed, added);
        for (const gone of removed) held.delete(gone.id);
        for (const fresh of added) held.set(fresh.id, fresh);
        history.push([index, [...held.values()]]);
      }
      for (const [version, rules] of history) {
        expect(version.size).toBe(rules.length);
        expect([...version.rules()].map((found) => found.id).sort(ascending)).toEqual(rules.map((found) => found.id).sort(ascending));
        for (const user of asked) {
          for (const method of ['INVITE', 'REGISTER', 'OPTIONS']) expect(version.match(user, method, always)?.id ?? null).toBe(reference(rules, user, method));
        }
      }
    }), { numRuns: 300 });
  });

  it('finds the right one of 10,000 ranges under a range over all of them', () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => {
      const from = String(4_930_000_000 + i * 100);
      return row(i + 1, { type: 'range', from, to: String(Number(from) + 49) }, { position: 1 });
    });
    const set = compiled(...rows, row(20_000, { type: 'range', from: '0000000000', to: '9999999999' }, { position: 2 }));
    for (const i of [0, 1, 4_999, 9_998, 9_999]) {
      expect(matchId(set, String(4_930_000_000 + i * 100 + 49))).toBe(i + 1);
      expect(matchId(set, String(4_930_000_000 + i * 100 + 50))).toBe(20_000);
    }
  });
});

describe('RuleDraft', () => {
  it('takes more changed ranges than it gathers at once, removals of fresh ones too', () => {
    const range = (id: number, from: number): RuleRow => row(id, { type: 'range', from: String(from), to: String(from + 4) });
    const first = Array.from({ length: 2_000 }, (_, i) => range(i + 1, 100_000 + i * 10));
    const index = changed(RuleIndex.empty, [], first);
    const draft = new RuleDraft(index);
    for (const old of first) {
      draft.remove(old);
      const moved = range(old.id, 500_000 + old.id * 10);
      draft.add(moved);
      if (old.id % 2 === 0) draft.remove(moved);
    }
    const after = draft.finish();
    expect([index.size, after.size]).toEqual([2_000, 1_000]);
    expect([index.match('100012', 'INVITE', always)?.id, after.match('100012', 'INVITE', always)]).toEqual([2, null]);
    expect([after.match('500013', 'INVITE', always)?.id, after.match('500023', 'INVITE', always)]).toEqual([1, null]);
    expect([...after.rules()].length).toBe(1_000);
  });

  it('ends as the empty index when nothing is left', () => {
    const only = row(1, { type: 'range', from: '1', to: '2' });
    expect(changed(changed(RuleIndex.empty, [], [only]), [only], [])).toBe(RuleIndex.empty);
  });
});

describe('explained', () => {
  it('says for every rule why it did not decide', () => {
    const set = compiled(
      row(1, { type: 'exact', value: '1002' }), row(2, { type: 'range', from: '1000', to: '1999' }), row(3, { type: 'range', from: '100', to: '199' }),
      row(4, { type: 'prefix', value: '+49' }), row(5, { type: 'any' }), row(6, { type: 'exact', value: '1001' }, { methods: ['MESSAGE'] }), row(7, { type: 'range', from: '2000', to: '2999' }),
    );
    const recorder = new Recorder();
    expect(set.match('1001', 'INVITE', always, recorder)?.id).toBe(2);
    expect(recorder.steps.map((step) => step.text)).toEqual([
      'route set 1 (route 1) has 7 rules; looking for 1001, INVITE',
      'rule 1 (exactly 1002): 1001 is another number',
      'rule 6 (exactly 1001): it takes MESSAGE only',
      'rule 3 (100 to 199): 1001 has 4 characters, the range 3',
      'rule 7 (2000 to 2999): 1001 lies outside',
      'rule 4 (prefix +49): 1001 begins otherwise',
      'rule 5 (any number): it matches too, but comes later',
      'rule 2 (1000 to 1999) matches 1001',
    ]);
  });

  it('says when nothing matches, and sums up what is too much to read', () => {
    const set = compiled(...Array.from({ length: 3_000 }, (_, i) => row(i + 1, { type: 'exact', value: `9${i}` })), row(4_000, { type: 'range', from: '1', to: '2' }));
    const recorder = new Recorder();
    expect(set.match('', 'INVITE', always, recorder)).toBeNull();
    expect(recorder.steps.length).toBeLessThan(50);
    expect(recorder.steps.at(-2)?.text).toBe('2961 more rules do not decide');
    expect(recorder.steps.at(-1)).toEqual({ stage: 'rule', outcome: 'refused', text: 'no rule of route set 1 (route 1) takes INVITE to an empty user part' });
  });

  it('lists longer prefixes first and says which methods a rule takes', () => {
    const set = compiled(
      row(1, { type: 'prefix', value: '1' }, { methods: ['MESSAGE'] }), row(2, { type: 'prefix', value: '10' }, { methods: ['MESSAGE', 'INFO'] }),
      row(3, { type: 'range', from: '1000', to: '1999' }, { methods: ['REGISTER'] }), row(4, { type: 'prefix', value: 'an' }),
    );
    const texts = (user: string): string[] => {
      const recorder = new Recorder();
      set.match(user, 'INVITE', always, recorder);
      return recorder.steps.slice(1, -1).map((step) => step.text);
    };
    expect(texts('1001')).toEqual([
      'rule 3 (1000 to 1999): it takes REGISTER only', 'rule 2 (prefix 10): it takes MESSAGE, INFO only', 'rule 4 (prefix an): 1001 begins otherwise', 'rule 1 (prefix 1): it takes MESSAGE only',
    ]);
    expect(texts('')[2]).toBe('rule 4 (prefix an): an empty user part begins otherwise');
  });

  it('calls a word no number', () => {
    const recorder = new Recorder();
    compiled(row(1, { type: 'range', from: '10000', to: '19999' })).match('alice', 'INVITE', always, recorder);
    expect(recorder.steps[1]?.text).toBe('rule 1 (10000 to 19999): alice is not a number');
  });

  it('is bounded', () => {
    const recorder = new Recorder();
    for (let i = 0; i < 600; i++) recorder.add('rule', 'info', String(i));
    expect([recorder.steps.length, recorder.dropped]).toEqual([500, 100]);
  });
});

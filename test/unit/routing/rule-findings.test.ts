import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RuleMatch, RuleRow, TimeWindow } from '../../../dataplane/contract/rows.ts';
import { RuleDraft } from '../../../dataplane/routing/rule-draft.ts';
import { mostFindings, reportRules } from '../../../dataplane/routing/rule-findings.ts';
import type { SetState } from '../../../dataplane/routing/rule-findings.ts';
import { RuleIndex } from '../../../dataplane/routing/rules.ts';
import { rule } from './rows.ts';

const row = (id: number, match: RuleMatch, over: Partial<RuleRow> = {}): RuleRow => rule(id, match, over).row as RuleRow;
const range = (from: string, to: string): RuleMatch => ({ type: 'range', from, to });
const exact = (value: string): RuleMatch => ({ type: 'exact', value });
const prefix = (value: string): RuleMatch => ({ type: 'prefix', value });
const any: RuleMatch = { type: 'any' };
const office: TimeWindow = { timezone: 'Europe/Berlin', days: [1, 2, 3], from: '09:00', to: '17:00' };
const usable = (): SetState => 'usable';
const texts = (rules: readonly RuleRow[], stateOf: (set: number) => SetState = usable): string[] => reportRules(rules, stateOf).findings.map(({ kind, rules: ids, text }) => `${kind} ${ids.join(',')}: ${text}`);

describe('a report on rules', () => {
  it('finds nothing in what is in order', () => {
    expect(reportRules([
      row(1, exact('1001')), row(2, range('1000', '1999')), row(3, range('2000', '2999')), row(4, prefix('+49')), row(5, prefix('+4930')), row(6, prefix('00')), row(7, any),
    ], usable)).toEqual({ findings: [], more: 0 });
  });

  it('names rules that others with the same match hide', () => {
    expect(texts([row(1, exact('100')), row(2, exact('100')), row(3, prefix('+49'), { position: 9 }), row(4, prefix('+49'), { position: 8 }), row(5, any), row(6, any)])).toEqual([
      'unreachable 2,1: Rule 2 (exactly 100) never decides: rule 1 before it takes the same requests.',
      'unreachable 6,5: Rule 6 (any number) never decides: rule 5 before it takes the same requests.',
      'unreachable 3,4: Rule 3 (prefix +49) never decides: rule 4 before it takes the same requests.',
    ]);
  });

  it('looks at methods and time windows: what is left over is reachable', () => {
    expect(texts([row(1, any, { methods: ['INVITE'] }), row(2, any, { methods: ['INVITE', 'MESSAGE'] }), row(3, any, { methods: ['MESSAGE', 'INVITE'] }), row(4, any)])).toEqual([
      'unreachable 3,2,1: Rule 3 (any number) never decides: rules 2 and 1 before it take the same requests.',
    ]);
    expect(texts([row(1, any, { windows: [office] }), row(2, any, { windows: [{ ...office, to: '18:00' }] }), row(3, any, { windows: [{ ...office, days: [3, 2, 1] }] }), row(4, any), row(5, any, { windows: [office] })])).toEqual([
      'unreachable 3,1: Rule 3 (any number) never decides: rule 1 before it takes the same requests.',
      'unreachable 5,4: Rule 5 (any number) never decides: rule 4 before it takes the same requests.',
    ]);
  });

  it('names ranges inside earlier ones, and ranges that overlap', () => {
    expect(texts([row(1, range('1000', '1999')), row(2, range('1200', '1300')), row(3, range('1900', '2100')), row(4, range('10', '20')), row(5, range('3000', '3999'), { methods: ['MESSAGE'] }), row(6, range('3500', '3600'), { methods: ['INVITE'] })])).toEqual([
      'unreachable 2,1: Rule 2 (1200 to 1300) never decides: rule 1 (1000 to 1999) holds all of its numbers and comes first.',
      'overlap 3,1: Rule 3 (1900 to 2100) and rule 1 (1000 to 1999) both hold 1900 to 1999; rule 1 comes first.',
    ]);
    expect(texts([row(1, range('1200', '1300')), row(2, range('1000', '1999')), row(3, range('1300', '1400'), { methods: ['INVITE'], position: 0 })])).toEqual([
      'overlap 2,1: Rule 2 (1000 to 1999) and rule 1 (1200 to 1300) both hold 1200 to 1300; rule 1 comes first.',
      'overlap 2,3: Rule 2 (1000 to 1999) and rule 3 (1300 to 1400) both hold 1300 to 1400; rule 3 comes first.',
    ]);
  });

  it('names ranges of which exact numbers and earlier ranges take every number together', () => {
    expect(texts([row(1, exact('100')), row(2, exact('101')), row(3, range('100', '101'))])).toEqual(['unreachable 3,1,2: Rule 3 (100 to 101) never decides: rules 1 and 2 hold all of its numbers and come first.']);
    expect(texts([row(1, range('1000', '1499')), row(2, range('1500', '1998')), row(3, exact('1999'), { position: 9 }), row(4, range('1000', '1999'))])).toEqual([
      'unreachable 4,1,2,3: Rule 4 (1000 to 1999) never decides: rules 1, 2 and 3 hold all of its numbers and come first.',
    ]);
    expect(texts([...Array.from({ length: 10 }, (_, i) => row(i + 1, exact(`+99${i}`))), row(11, range('+990', '+999'))])).toEqual(['unreachable 11,1,2,3: Rule 11 (+990 to +999) never decides: rules 1, 2, 3 and others hold all of its numbers and come first.']);
    // Each method has its taker; a number that is left over, another length or an order behind it takes nothing.
    expect(texts([row(1, exact('7'), { methods: ['INVITE'] }), row(2, exact('7'), { methods: ['MESSAGE'] }), row(3, range('7', '7'), { methods: ['INVITE', 'MESSAGE'] })]).map((text) => text.slice(0, 17))).toEqual(['unreachable 3,1,2']);
    expect(texts([row(1, exact('100')), row(2, exact('102')), row(3, range('100', '102')), row(4, exact('+7')), row(5, range('07', '07')), row(6, exact('8'), { methods: ['*'] }), row(7, range('8', '8'))])).toEqual([]);
  });

  it('names prefixes of which longer rules take every number', () => {
    const tails = (text: string, from: number): RuleRow[] => Array.from({ length: 10 }, (_, digit) => row(from + digit, prefix(`${text}${digit}`)));
    const said = 'shadowed 1: Rule 1 (prefix 49) gets no number: longer ones take all that begin with 49.';
    const shorter = row(1, prefix('49'));
    expect(texts([shorter, ...tails('49', 10), row(2, exact('49'))])).toEqual([said]);
    expect(texts([shorter, ...tails('49', 10), row(2, range('10', '50'))])[0]).toBe(said);
    // A digit deeper, with what the longer prefix leaves over taken as well.
    expect(texts([shorter, ...tails('49', 10).slice(1), ...tails('490', 30), row(2, exact('49')), row(3, exact('490'))])).toEqual([said]);
    expect(texts([shorter, ...tails('49', 10)])).toEqual([]);
    expect(texts([shorter, ...tails('49', 10).slice(1), row(2, exact('49'))])).toEqual([]);
    expect(texts([shorter, ...tails('49', 10).slice(1), ...tails('490', 30), row(2, exact('49'))])).toEqual([]);
  });

  it('names prefixes that a range goes before', () => {
    expect(texts([row(1, range('4930000000', '4930999999')), row(2, prefix('49301')), row(3, prefix('4931')), row(4, prefix('493')), row(5, prefix('x'))])).toEqual([
      'shadowed 2,1: Rule 2 (prefix 49301) does not see numbers of 10 characters: rule 1 (4930000000 to 4930999999) holds them, and ranges go before prefixes.',
    ]);
  });

  it('names sets that cannot serve and windows that never hold', () => {
    const stateOf = (set: number): SetState => (set === 1 ? 'usable' : set === 2 ? 'empty' : 'missing');
    expect(texts([
      row(1, prefix('1'), { sets: [1, 2] }), row(2, prefix('2'), { sets: [2, 3] }), row(3, prefix('3'), { sets: [3], rates: 7 }), row(4, prefix('4'), { sets: [], rates: 7 }), row(5, prefix('5'), { windows: [{ ...office, days: [] }] }),
    ], stateOf)).toEqual([
      'no-set 2: Rule 2 (prefix 2) has nowhere to send to: set 2 has no destinations, set 3 does not exist.',
      'never 5: Rule 5 (prefix 5) never holds: none of its time windows names a day.',
      'set 1: Rule 1 (prefix 1) names sets that cannot serve: set 2 has no destinations.',
      'set 3: Rule 3 (prefix 3) names sets that cannot serve: set 3 does not exist.',
    ]);
  });

  it('calls unreachable only what no request reaches', () => {
    const number = fc.string({ unit: fc.constantFrom('0', '1', '2'), minLength: 2, maxLength: 2 });
    const match = fc.oneof(number.map(exact), fc.string({ unit: fc.constantFrom('0', '1'), minLength: 1, maxLength: 2 }).map(prefix), fc.tuple(number, number).map(([a, b]) => (a < b ? range(a, b) : range(b, a))), fc.constant(any));
    const rules = fc.array(fc.record({ match, position: fc.integer({ min: 0, max: 4 }), methods: fc.constantFrom<string[]>([], ['INVITE'], ['MESSAGE', 'INVITE']), windows: fc.constantFrom<TimeWindow[]>([], [office]) }), { maxLength: 12 });
    const users = ['00', '01', '02', '10', '11', '12', '20', '21', '22', '0', '1', '2', '000', '111', 'x', ''];
    const times = [Date.parse('2026-11-18T10:00:00Z'), Date.parse('2026-11-21T10:00:00Z')];
    fc.assert(fc.property(rules, (drafts) => {
      const rows = drafts.map(({ match: of, ...over }, i) => row(i + 1, of, over));
      const draft = new RuleDraft(RuleIndex.empty);
      for (const one of rows) draft.add(one);
      const index = draft.finish();
      const reached = new Set(users.flatMap((user) => ['INVITE', 'MESSAGE', 'REGISTER'].flatMap((method) => times.map((timeMs) => index.match(user, method, { timeMs })?.id))));
      for (const finding of reportRules(rows, usable).findings) if (finding.kind === 'unreachable') expect(reached).not.toContain(finding.rules[0]);
      // And it misses none of the plain ones: all methods, always, one rule that does the same before it.
      for (const [at, one] of rows.entries()) {
        const twin = rows.some((other, i) => JSON.stringify(other.match) === JSON.stringify(one.match) && other.methods.length === 0 && other.windows.length === 0 && (other.position < one.position || (other.position === one.position && i < at)));
        if (twin) expect(reportRules(rows, usable).findings.some(({ kind, rules: ids }) => kind === 'unreachable' && ids[0] === one.id)).toBe(true);
      }
    }), { numRuns: 300 });
  });

  it('names every range that gets no number, and no other', () => {
    const number = fc.integer({ min: 0, max: 24 }).map((n) => String(n).padStart(2, '0'));
    const match = fc.oneof(number.map(exact), fc.tuple(number, number).map(([a, b]) => (a < b ? range(a, b) : range(b, a))));
    const rules = fc.array(fc.record({ match, position: fc.integer({ min: 0, max: 4 }), methods: fc.constantFrom<string[]>([], [], ['INVITE'], ['MESSAGE', 'INVITE']), windows: fc.constantFrom<TimeWindow[]>([], [], [office]) }), { minLength: 3, maxLength: 20 });
    const users = Array.from({ length: 25 }, (_, n) => String(n).padStart(2, '0'));
    const times = [Date.parse('2026-11-18T10:00:00Z'), Date.parse('2026-11-21T10:00:00Z')];
    fc.assert(fc.property(rules, (drafts) => {
      const rows = drafts.map(({ match: of, ...over }, i) => row(i + 1, of, over));
      const draft = new RuleDraft(RuleIndex.empty);
      for (const one of rows) draft.add(one);
      const index = draft.finish();
      const reached = new Set(users.flatMap((user) => ['INVITE', 'MESSAGE', 'REGISTER'].flatMap((method) => times.map((timeMs) => index.match(user, method, { timeMs })?.id))));
      const idle = rows.filter(({ id, match: { type } }) => type === 'range' && !reached.has(id)).map(({ id }) => id);
      const named = reportRules(rows, usable).findings.filter(({ kind, rules: [id] }) => kind === 'unreachable' && rows[(id ?? 0) - 1]?.match.type === 'range').map(({ rules: [id] }) => id ?? 0);
      expect(named.sort((a, b) => a - b)).toEqual(idle);
    }), { numRuns: 500 });
  });

  it('is quick and bounded for 10,000 rules, whatever they are', () => {
    const worst: readonly ((i: number) => RuleRow)[] = [
      (i) => row(i + 1, range(String(10_000_000 + i), String(90_000_000 + i))), (i) => row(i + 1, any, { methods: [`M${i}`] }), (i) => row(i + 1, exact('1')),
      (i) => row(i + 1, range(String(10_000_000 + i * 3), String(10_000_000 + i * 3 + 5)), { methods: [`M${i % 100}`] }), (i) => row(i + 1, prefix(String(i))),
      (i) => row(i + 1, i % 2 === 0 ? range(String(10_000_000 + i), String(20_000_000 + i)) : prefix(`1${i}`)),
    ];
    for (const make of worst) {
      const { findings, more } = reportRules(Array.from({ length: 10_000 }, (_, i) => make(i)), usable);
      expect(findings.length).toBeLessThanOrEqual(mostFindings);
      expect(more).toBeLessThan(400_000);
    }
  });
});

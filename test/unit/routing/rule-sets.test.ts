import { describe, expect, it } from 'vitest';
import type { RateRow, RowOp, RuleRow } from '../../../dataplane/contract/rows.ts';
import { enumTargets } from '../../../dataplane/routing/enum.ts';
import { explain } from '../../../dataplane/routing/explain.ts';
import { priceText } from '../../../dataplane/routing/rule-sets.ts';
import type { RouteQuery } from '../../../dataplane/routing/query.ts';
import { Recorder } from '../../../dataplane/routing/recorder.ts';
import { Turns } from '../../../dataplane/routing/turns.ts';
import type { ConfigView } from '../../../dataplane/routing/view.ts';
import { TestHealth, destination, domain, query, routeSet, rule, set, tenant, view } from './rows.ts';
import { attempts, planOf } from './world.ts';

const rate = (table: number, prefix: string, to: number, price: number): RowOp => ({ table: 'rate', key: `${table}/${prefix}/${to}`, row: { table, prefix, set: to, price } satisfies RateRow });
/** Sets 1 to 5, each with the one destination of its number. */
const sets: readonly RowOp[] = [1, 2, 3, 4, 5].flatMap((id) => [set(id), destination(id, { set: id })]);
const base: readonly RowOp[] = [tenant(1), routeSet(1), domain('sip.acme.example'), ...sets];
const up = new TestHealth();
const order = (config: ConfigView, over: Partial<RouteQuery> = {}): number[] => attempts(config, new Turns(), up, over);
const texts = (config: ConfigView, over: Partial<RouteQuery> = {}): string[] => explain(config, up, query(over)).steps.filter(({ stage }) => stage === 'rates').map(({ text }) => text);

describe('sets that carry a price', () => {
  const priced = (own: readonly number[], prices: readonly number[], over: Partial<RuleRow> = {}): ConfigView => view(...base, rule(1, { type: 'any' }, { sets: own, prices, ...over }));

  it('are tried cheapest first, equal prices in the order of the rule', () => {
    expect(order(priced([1, 2, 3, 4, 5], [30_000, 12_300, 30_000, 0, 12_300]))).toEqual([4, 2, 5, 1, 3]);
    expect(order(priced([3, 1, 2], []))).toEqual([3, 1, 2]);
    expect(order(priced([3, 1, 2], [7, 7, 7]))).toEqual([3, 1, 2]);
  });

  it('pass over a cheap one that is down', () => {
    const health = new TestHealth();
    health.states.set(2, 'down');
    expect(attempts(priced([1, 2], [20, 10]), new Turns(), health)).toEqual([1]);
  });

  it('are explained', () => {
    expect(texts(priced([1, 2], [1_500_000, 12_300]))).toEqual(['cheapest first: set 2 for 0.0123, set 1 for 1.5']);
  });
});

describe('a rate table', () => {
  const table = [
    rate(7, '49', 1, 20_000), rate(7, '49', 2, 10_000), rate(7, '4930', 1, 5_000), rate(7, '4930', 3, 6_000), rate(7, '4', 4, 1), rate(8, '49', 5, 1), rate(7, '+33', 5, 9),
  ];
  const config = view(...base, ...table, rule(1, { type: 'any' }, { sets: [5, 2], rates: 7 }));

  it('gives of each set the longest prefix, cheapest first, and the rule\'s sets behind', () => {
    expect(order(config, { user: '4930123' })).toEqual([4, 1, 3, 2, 5]);
    expect(order(config, { user: '4940123' })).toEqual([4, 2, 1, 5]);
    expect(order(config, { user: '+331' })).toEqual([5, 2]);
    expect(order(config, { user: '1' })).toEqual([5, 2]);
  });

  it('is asked with the number as it will be dialled', () => {
    const rewriting = view(...base, ...table, rule(1, { type: 'prefix', value: '+' }, { sets: [5], rates: 7, strip: 1 }));
    expect(order(rewriting, { user: '+4930123' })).toEqual([4, 1, 3, 2, 5]);
  });

  it('alone may choose: without a prefix there is no destination', () => {
    const alone = view(...base, ...table, rule(1, { type: 'any' }, { sets: [], rates: 7 }));
    expect(order(alone, { user: '49' })).toEqual([4, 2, 1]);
    const { decision, steps } = explain(alone, up, query({ user: '1' }));
    expect([decision.kind === 'refuse' && decision.refuse, steps.at(-1)?.text]).toEqual(['no-destination', 'the rule has no dispatcher set for this number']);
  });

  it('is explained', () => {
    expect(texts(config, { user: '4940' })).toEqual(['rate table 7: set 4 for 0.000001 (prefix 4), set 2 for 0.01 (prefix 49), set 1 for 0.02 (prefix 49)']);
    expect([texts(config, { user: '1' }), texts(config, { user: '' })].flat()).toEqual(['rate table 7 has no prefix of 1', 'rate table 7 has no prefix of an empty user part']);
  });

  it('keeps what a plan has got when another request asks next', () => {
    const turns = new Turns();
    const plan = planOf(config, turns, up, { user: '4930123' });
    planOf(config, turns, up, { user: '4940123' });
    expect(plan?.sets).toEqual([4, 1, 3, 2, 5]);
  });
});

it('prices are shown without needless zeros', () => {
  expect([0, 1, 12_300, 1_000_000, 1_500_000, 123_456_789].map(priceText)).toEqual(['0', '0.000001', '0.0123', '1', '1.5', '123.456789']);
});

describe('ENUM', () => {
  const config = view(
    ...base, routeSet(2), domain('own.example', { routeSet: 2 }), rule(1, { type: 'prefix', value: '00' }, { sets: [1], strip: 2, prepend: '+', enumSuffix: 'e164.arpa' }),
    rule(2, { type: 'any' }, { routeSet: 2, sets: [2], enumSuffix: 'e164.arpa' }), rule(3, { type: 'prefix', value: 'x' }, { sets: [3], enumSuffix: 'e164.arpa' }),
  );

  it('makes a plan wait for its number; nothing is chosen before', () => {
    const plan = planOf(config, new Turns(), up, { user: '004930123' });
    expect([plan?.awaits, plan?.pending]).toEqual(['+4930123', null]);
  });

  it('is not asked for what is no number, nor for a REGISTER', () => {
    expect([planOf(config, new Turns(), up, { user: 'x' })?.awaits, planOf(config, new Turns(), up, { user: `00${'1'.repeat(16)}` })?.awaits, planOf(config, new Turns(), up, { method: 'REGISTER', user: '', aor: '001@x' })?.awaits]).toEqual(['', '', '']);
  });

  it('leads to domains of ours once, elsewhere by DNS, and leaves out what it cannot use', () => {
    const plan = planOf(config, new Turns(), up, { user: '004930123' });
    if (plan === null) throw new Error('no plan');
    const recorder = new Recorder();
    const targets = enumTargets(plan, up, ['sip:+4930%31@own.example;user=phone', 'mailto:x@y', 'tel:+49', 'sips:bob@other.example:5071', 'sip:a@own.example'], recorder);
    expect(targets.map((target) => (target.kind === 'uri' ? target.uri.text : `${target.plan.user}@${target.plan.host} ${target.plan.rule.id} ${target.plan.awaits}`))).toEqual([
      '+49301@own.example 2 ', 'sips:bob@other.example:5071', 'a@own.example 2 ',
    ]);
    expect(plan.awaits).toBe('');
    expect(recorder.steps.filter(({ stage }) => stage === 'enum').map(({ text }) => text)).toEqual([
      'sip:+4930%31@own.example;user=phone is in a domain of ours', 'mailto:x@y is no SIP URI', 'tel:+49 is no SIP URI', 'sips:bob@other.example:5071 is somewhere else: its host is located by DNS', 'sip:a@own.example is in a domain of ours',
    ]);
  });

  it('without an answer leaves the sets of the rule', () => {
    const plan = planOf(config, new Turns(), up, { user: '004930123' });
    if (plan === null) throw new Error('no plan');
    const recorder = new Recorder();
    expect(enumTargets(plan, up, [], recorder)).toEqual([]);
    expect(recorder.steps.map(({ text }) => text)).toEqual(['nothing is found; the sets of the rule serve']);
  });

  it('takes eight answers at most', () => {
    const plan = planOf(config, new Turns(), up, { user: '004930123' });
    if (plan === null) throw new Error('no plan');
    expect(enumTargets(plan, up, Array.from({ length: 50 }, (_, i) => `sip:u${i}@other.example`), null).length).toBe(8);
  });

  it('is explained up to the look-up', () => {
    const { decision, steps } = explain(config, up, query({ user: '004930123' }));
    expect(decision).toMatchObject({ kind: 'route', user: '+4930123', enumSuffix: 'e164.arpa', destinations: [{ id: 1 }] });
    expect(steps.filter(({ stage }) => stage === 'enum').map(({ text }) => text)).toEqual(['+4930123 is looked up under e164.arpa first', 'an explanation asks no DNS: it goes on as if nothing was found']);
    expect(explain(config, up, query({ user: 'x1' })).steps.find(({ stage }) => stage === 'enum')?.text).toBe('x1 is no E.164 number: e164.arpa is not asked');
  });
});

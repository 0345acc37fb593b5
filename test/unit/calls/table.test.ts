import { describe, expect, it } from 'vitest';
import { OutcomeFilter } from '../../../dataplane/calls/outcomes.ts';
import { callIdOf, CallTable, dialogKey, type CallEntry, type CallQuery } from '../../../dataplane/calls/table.ts';
import type { Outcome } from '../../../dataplane/proxy/environment.ts';
import type { Decision } from '../../../dataplane/routing/decision.ts';

const byRule = (rule: number): Decision => ({ trunk: '', number: '', alias: '', domain: '', rule, rates: 0, enumSuffix: '', set: 0, algorithm: '', affinity: false, missed: [], destination: 9 });
const entry = (dialog: string, startedMs = 0): CallEntry => ({ dialog, tenant: 1, destination: 2, startedMs, decision: null, anchor: null, media: '' });

function table(capacity?: number, maxAgeMs?: number): { calls: CallTable; events: string[] } {
  const events: string[] = [];
  const calls = new CallTable({ added: ({ dialog }) => void events.push(`+${dialog}`), removed: ({ dialog }) => void events.push(`-${dialog}`) }, capacity, maxAgeMs);
  return { calls, events };
}

describe('CallTable', () => {
  it('adds once and removes once', () => {
    const { calls, events } = table();
    calls.add(entry('a'));
    calls.add(entry('a'));
    expect(calls.remove('a')).toBe(true);
    expect(calls.remove('a')).toBe(false);
    expect(events).toEqual(['+a', '-a']);
  });

  it('pushes the oldest out at its capacity and forgets calls of its maximum age', () => {
    const { calls, events } = table(2, 1_000);
    for (const [dialog, at] of [['a', 0], ['b', 500], ['c', 900]] as const) calls.add(entry(dialog, at));
    expect(events).toEqual(['+a', '+b', '-a', '+c']);
    calls.expire(1_499);
    expect(calls.size).toBe(2);
    calls.expire(1_500);
    expect([calls.size, events.at(-1)]).toEqual([1, '-b']);
  });

  it('lists calls page by page, of a tenant and by part of Call-ID or decision, also while calls end', () => {
    const { calls } = table();
    for (let n = 1; n <= 5; n++) calls.add({ ...entry(dialogKey(`Call-${n}`, 'x', 'y')), tenant: n % 2, decision: byRule(n) });
    const ids = (query: Partial<CallQuery>) => {
      const { items, cursor } = calls.page({ text: '', cursor: 0, limit: 10, ...query });
      return [items.map(({ dialog }) => callIdOf(dialog)), cursor];
    };
    expect(ids({ limit: 2 })).toEqual([['Call-1', 'Call-2'], 2]);
    calls.remove(dialogKey('Call-2', 'x', 'y'));
    expect(ids({ limit: 2, cursor: 2 })).toEqual([['Call-3', 'Call-4'], 4]);
    expect(ids({ cursor: 4 })).toEqual([['Call-5'], 0]);
    expect(ids({ tenant: 1 })).toEqual([['Call-1', 'Call-3', 'Call-5'], 0]);
    expect(ids({ text: 'cALL-3' })).toEqual([['Call-3'], 0]);
    expect(ids({ text: 'RULE 4' })).toEqual([['Call-4'], 0]);
  });

  it('finds calls by part of caller, callee and dialled URI, any case, and lists those of a former process that knew none', () => {
    const { calls } = table();
    calls.add({ ...entry(dialogKey('a', 'x', 'y')), parties: '+4930123@Acme.example\nbob@acme.example\n1001@198.51.100.1' });
    calls.add(entry(dialogKey('b', 'x', 'y')));
    const found = (text: string) => calls.page({ text, cursor: 0, limit: 10 }).items.map(({ dialog }) => callIdOf(dialog));
    expect(['+4930123', 'aCmE', 'BOB@', '1001@'].map(found)).toEqual([['a'], ['a'], ['a'], ['a']]);
    expect([found('nobody'), found('')]).toEqual([[], ['a', 'b']]);
  });

  it('looks at a few thousand calls for one page at most, and says where to go on', () => {
    const { calls } = table();
    for (let n = 1; n <= 6_000; n++) calls.add({ ...entry(dialogKey(`c${n}`, 'x', 'y')), tenant: n === 6_000 ? 7 : 1 });
    const first = calls.page({ tenant: 7, text: '', cursor: 0, limit: 10 });
    expect(first).toEqual({ items: [], cursor: 5_000 });
    expect(calls.page({ tenant: 7, text: '', cursor: first.cursor, limit: 10 })).toMatchObject({ items: [{ tenant: 7 }], cursor: 0 });
  });

  it('names a dialog alike from both of its ends, and each of two callees by itself', () => {
    expect(dialogKey('c', 'x', 'y')).toBe(dialogKey('c', 'y', 'x'));
    expect(new Set([dialogKey('c', 'x', 'y'), dialogKey('c', 'x', 'z'), dialogKey('d', 'x', 'y')]).size).toBe(3);
  });
});

it('OutcomeFilter tells every failure, and a success only behind one', () => {
  const told: [number, Outcome][] = [];
  const filter = new OutcomeFilter((id, outcome) => void told.push([id, outcome]));
  const heard: readonly [number, Outcome][] = [[1, 'ok'], [1, 503], [1, 'timeout'], [2, 'ok'], [1, 'ok'], [1, 'ok']];
  for (const [id, outcome] of heard) filter.outcome(id, outcome);
  expect(told).toEqual([[1, 503], [1, 'timeout'], [1, 'ok']]);
});

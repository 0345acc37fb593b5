import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HealthState } from '../../../dataplane/contract/health.ts';
import { leastFailedCalls, newHealth, stepHealth, wantsProbes } from '../../../dataplane/health/machine.ts';
import type { HealthEvent, HealthPolicy, HealthRecord } from '../../../dataplane/health/machine.ts';

const policy: HealthPolicy = { mode: 'always', downAfter: 3, upAfter: 2 };
const states: readonly HealthState[] = ['unknown', 'probing', 'up', 'down'];
const ok: HealthEvent = { kind: 'probe-ok', code: 200 };
const code: HealthEvent = { kind: 'probe-code', code: 404 };
const timeout: HealthEvent = { kind: 'probe-timeout' };
const icmp: HealthEvent = { kind: 'icmp', detail: 'port unreachable' };
const dns: HealthEvent = { kind: 'dns', detail: 'ENOTFOUND' };
const failedCall: HealthEvent = { kind: 'passive-failure', detail: 'calls time out' };
const goodCall: HealthEvent = { kind: 'passive-ok' };

const at = (state: HealthState, over: Partial<HealthRecord> = {}): HealthRecord =>
  ({ state, reason: { kind: 'new' }, sinceMs: 1, failures: state === 'probing' ? 1 : 0, successes: 0, failedCalls: 0, ...over });
const run = (record: HealthRecord, events: readonly HealthEvent[], rules = policy): HealthRecord =>
  events.reduce((now, event, index) => stepHealth(now, event, rules, 100 + index), record);

describe('state × event (downAfter 3, upAfter 2)', () => {
  it.each<[HealthState, HealthEvent, HealthState]>([
    ['unknown', ok, 'up'], ['probing', ok, 'up'], ['up', ok, 'up'], ['down', ok, 'down'],
    ['unknown', code, 'unknown'], ['probing', code, 'probing'], ['up', code, 'probing'], ['down', code, 'down'],
    ['unknown', timeout, 'unknown'], ['probing', timeout, 'probing'], ['up', timeout, 'probing'], ['down', timeout, 'down'],
    ['unknown', dns, 'unknown'], ['probing', dns, 'probing'], ['up', dns, 'probing'], ['down', dns, 'down'],
    ['unknown', icmp, 'down'], ['probing', icmp, 'down'], ['up', icmp, 'down'], ['down', icmp, 'down'],
    ['unknown', failedCall, 'unknown'], ['probing', failedCall, 'probing'], ['up', failedCall, 'up'], ['down', failedCall, 'down'],
    ['unknown', goodCall, 'unknown'], ['probing', goodCall, 'probing'], ['up', goodCall, 'up'], ['down', goodCall, 'down'],
    ...states.flatMap((from) => states.map((to): [HealthState, HealthEvent, HealthState] => [from, { kind: 'operator', to, detail: 'test' }, to])),
  ])('%s %o → %s', (from, event, to) => {
    expect(stepHealth(at(from), event, policy, 9).state).toBe(to);
  });
});

describe('thresholds', () => {
  it('needs downAfter failures in a row to go down', () => {
    expect(run(at('up'), [timeout, timeout]).state).toBe('probing');
    expect(run(at('up'), [timeout, timeout, code])).toMatchObject({ state: 'down', reason: { kind: 'code', code: 404 }, sinceMs: 102 });
    expect(run(at('up'), [timeout, timeout, ok, timeout, timeout]).state).toBe('probing');
    expect(run(at('up'), [timeout], { ...policy, downAfter: 1 })).toMatchObject({ state: 'down', reason: { kind: 'timeout' } });
  });

  it('needs upAfter successes in a row to come up', () => {
    expect(run(at('down'), [ok, ok])).toMatchObject({ state: 'up', reason: { kind: 'code', code: 200 }, sinceMs: 101, failures: 0, successes: 0 });
    expect(run(at('down'), [ok, timeout, ok]).state).toBe('down');
    expect(run(at('down'), [ok, icmp, ok]).state).toBe('down');
    expect(run(at('down'), [ok], { ...policy, upAfter: 1 }).state).toBe('up');
  });

  it('takes the first answer of a new destination as a verdict, and downAfter failures', () => {
    expect(run(newHealth(5), [ok])).toMatchObject({ state: 'up', sinceMs: 100 });
    expect(run(newHealth(5), [dns, dns])).toMatchObject({ state: 'unknown', reason: { kind: 'new' }, sinceMs: 5 });
    expect(run(newHealth(5), [dns, dns, dns])).toMatchObject({ state: 'down', reason: { kind: 'dns', detail: 'ENOTFOUND' } });
  });

  it('takes unreachable at its word, at once', () => {
    expect(run(at('up'), [icmp])).toMatchObject({ state: 'down', reason: { kind: 'icmp', detail: 'port unreachable' } });
  });

  it('keeps reason and time while the state stays', () => {
    const down = run(at('up'), [icmp]);
    expect(run(down, [timeout, code, dns, icmp])).toMatchObject({ reason: down.reason, sinceMs: down.sinceMs });
  });
});

describe('calls', () => {
  const many = (count: number): HealthEvent[] => Array.from({ length: count }, () => failedCall);

  it('take a destination down when they fail in a row, though its probes are answered', () => {
    const down = run(at('up'), [failedCall, ok, failedCall, ok, failedCall]);
    expect(down).toMatchObject({ state: 'down', reason: { kind: 'passive', detail: 'calls time out' } });
    // Probes bring it back, and its calls get a fresh chance.
    expect(run(down, [ok, ok])).toMatchObject({ state: 'up', failedCalls: 0 });
  });

  it('start again after one that went well', () => {
    expect(run(at('up'), [...many(2), goodCall, ...many(2)]).state).toBe('up');
  });

  it('need at least three, and downAfter if that is more', () => {
    expect(leastFailedCalls).toBe(3);
    expect(run(at('up'), many(2), { ...policy, downAfter: 1 }).state).toBe('up');
    expect(run(at('up'), many(3), { ...policy, downAfter: 1 }).state).toBe('down');
    expect(run(at('up'), many(4), { ...policy, downAfter: 5 }).state).toBe('up');
    expect(run(at('unknown'), many(3)).state).toBe('down');
  });

  it('start the probes of mode failing', () => {
    const failing: HealthPolicy = { ...policy, mode: 'failing' };
    const doubt = run(at('up'), many(1), failing);
    expect(doubt).toMatchObject({ state: 'probing', reason: { kind: 'passive' } });
    expect(run(doubt, [ok], failing).state).toBe('up');
    expect(run(doubt, many(2), failing).state).toBe('down');
  });

  it('count for nothing where no probe would bring it back', () => {
    const up = at('up');
    expect(run(up, many(9), { ...policy, mode: 'never' })).toBe(up);
  });
});

describe('any sequence', () => {
  const event = fc.constantFrom<HealthEvent>(ok, code, timeout, icmp, dns, failedCall, goodCall, { kind: 'operator', to: 'up', detail: '' });
  const anyPolicy = fc.record({ mode: fc.constantFrom<HealthPolicy['mode']>('always', 'failing', 'never'), downAfter: fc.integer({ min: 1, max: 4 }), upAfter: fc.integer({ min: 1, max: 4 }) });

  it('ends up after upAfter good probes and down after downAfter bad ones, but never down where nothing probes', () => {
    fc.assert(fc.property(fc.array(event, { maxLength: 30 }), anyPolicy, (events, rules) => {
      const record = run(newHealth(0), events, rules);
      expect(run(record, Array.from({ length: rules.upAfter }, () => ok), rules).state).toBe('up');
      expect(run(record, Array.from({ length: rules.downAfter }, () => timeout), rules).state).toBe(rules.mode === 'never' ? record.state : 'down');
    }));
  });

  it('moves since and reason with the state only, and is never in doubt without having been up', () => {
    fc.assert(fc.property(fc.array(event, { maxLength: 40 }), anyPolicy, (events, rules) => {
      let record = newHealth(0);
      for (const [index, next] of events.entries()) {
        const after = stepHealth(record, next, rules, index + 1);
        if (after.state === record.state && next.kind !== 'operator') expect([after.sinceMs, after.reason]).toEqual([record.sinceMs, record.reason]);
        if (after.state === 'probing') expect(['up', 'probing']).toContain(record.state);
        record = after;
      }
    }));
  });

  it('gives the same object back when nothing changed', () => {
    const up = at('up');
    expect([run(up, [ok, goodCall, ok])]).toEqual([up]);
    expect(run(up, [ok, goodCall])).toBe(up);
  });
});

it('probes by mode', () => {
  expect(states.map((state) => wantsProbes(state, 'always'))).toEqual([true, true, true, true]);
  expect(states.map((state) => wantsProbes(state, 'failing'))).toEqual([true, true, false, true]);
  expect(states.map((state) => wantsProbes(state, 'never'))).toEqual([false, false, false, false]);
});

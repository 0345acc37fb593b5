import { describe, expect, it } from 'vitest';
import { HeadHistory } from '../../../controlplane/live/head-history.ts';
import { Rates } from '../../../controlplane/live/rates.ts';
import { Series } from '../../../controlplane/live/series.ts';
import { describeHealth } from '../../../dataplane/contract/health.ts';

describe('rates of a node', () => {
  it('are of the last ten seconds', () => {
    const rates = new Rates();
    for (let second = 0; second <= 30; second += 2) rates.add('a', second * 1_000, { calls_total: second < 20 ? second : 20 + (second - 20) * 50 });
    expect(rates.callsPerSecond(30_000)).toBe(50);
  });

  it('start anew with another boot instead of going negative', () => {
    const rates = new Rates();
    rates.add('a', 0, { calls_total: 1_000 });
    rates.add('a', 2_000, { calls_total: 1_100 });
    rates.add('b', 4_000, { calls_total: 3 });
    expect(rates.callsPerSecond(4_000)).toBe(0);
    rates.add('b', 6_000, { calls_total: 7 });
    expect(rates.callsPerSecond(6_000)).toBe(2);
  });

  it('are 0 when nothing was reported lately', () => {
    const rates = new Rates();
    rates.add('a', 0, { calls_total: 0 });
    rates.add('a', 2_000, { calls_total: 100 });
    expect(rates.callsPerSecond(20_000)).toBe(0);
  });

  it('count failed INVITEs of the last minute only', () => {
    const rates = new Rates();
    rates.add('a', 0, { invites_total: 0, invite_failed_total: 0 });
    rates.add('a', 2_000, { invites_total: 100, invite_failed_total: 100 });
    for (let at = 4_000; at <= 120_000; at += 2_000) rates.add('a', at, { invites_total: 100 + at / 1_000, invite_failed_total: 100 + at / 4_000 });
    const { total, failed } = rates.invites();
    expect(failed / total).toBeCloseTo(0.25, 1);
  });

  it('survive a flood of reports and counters that are none', () => {
    const rates = new Rates();
    for (let at = 0; at < 10_000; at += 1) rates.add('a', at, { calls_total: at % 2 === 0 ? at / 100 : Number.NaN });
    expect(Number.isFinite(rates.callsPerSecond(10_000))).toBe(true);
  });
});

describe('the series', () => {
  it('means what was sampled in each step, oldest first, 0 where nothing was', () => {
    const series = new Series();
    series.add(100_000, { calls: 10, callsPerSecond: 1, latencyMs: 5 });
    series.add(102_000, { calls: 20, callsPerSecond: 3, latencyMs: 7 });
    series.add(121_000, { calls: 4, callsPerSecond: 8, latencyMs: 0 });
    expect(series.view(121_000, 4, 1)).toEqual({ stepMs: 10_000, calls: [0, 15, 0, 4], callsPerSecond: [0, 2, 0, 8], latencyMs: [0, 6, 0, 0] });
  });

  it('holds an hour and no more', () => {
    const series = new Series();
    for (let at = 0; at <= 7_200_000; at += 10_000) series.add(at, { calls: at, callsPerSecond: 0, latencyMs: 0 });
    const hour = series.view(7_200_000, 60, 6).calls;
    expect(hour).toHaveLength(60);
    expect(hour.every((value) => value > 3_500_000)).toBe(true);
    expect(series.view(7_200_000, 120, 6).calls.slice(0, 60)).toEqual(Array.from({ length: 60 }, () => 0));
  });
});

describe('how far a node is behind', () => {
  const head = (): HeadHistory => {
    const history = new HeadHistory();
    history.moved('e', 5, 1_000);
    history.moved('e', 6, 2_000);
    history.moved('e', 7, 5_000);
    return history;
  };

  it('counts from the first revision that it does not run', () => {
    expect(head().lagMs('e', 7, 9_000)).toBe(0);
    expect(head().lagMs('e', 6, 9_000)).toBe(4_000);
    expect(head().lagMs('e', 5, 9_000)).toBe(7_000);
    expect(head().lagMs('e', 8, 9_000)).toBe(0);
  });

  it('counts from the first known revision for a node of another history', () => {
    expect(head().lagMs('old', 99, 9_000)).toBe(8_000);
  });
});

describe('the reason of a health', () => {
  it.each([
    [{ kind: 'new' }, 'not probed yet'],
    [{ kind: 'code', code: 503 }, 'answered 503'],
    [{ kind: 'timeout' }, 'no answer in time'],
    [{ kind: 'icmp', detail: 'port unreachable' }, 'unreachable (port unreachable)'],
    [{ kind: 'dns', detail: 'ENOTFOUND' }, 'name not resolved (ENOTFOUND)'],
    [{ kind: 'passive', detail: '3 time-outs' }, 'calls failed (3 time-outs)'],
    [{ kind: 'operator', detail: '' }, 'set by an operator'],
  ] as const)('%o reads "%s"', (reason, text) => {
    expect(describeHealth(reason)).toBe(text);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { TimeWindow } from '../../../dataplane/contract/rows.ts';
import { Recorder } from '../../../dataplane/routing/recorder.ts';
import { wallTime, windowHolds, windowText } from '../../../dataplane/routing/time-window.ts';
import { query, rule, routeSet, view } from './rows.ts';

const window = (from: string, to: string, days: readonly number[] = [1, 2, 3, 4, 5], timezone = 'Europe/Berlin'): TimeWindow => ({ timezone, days, from, to });
const holds = (one: TimeWindow, at: string): boolean => windowHolds([one], Date.parse(at));

describe('a time window', () => {
  // 2026-11-20 is a Friday; Berlin is one hour ahead of UTC then.
  it.each([
    ['2026-11-20T07:59:59.999Z', false], ['2026-11-20T08:00:00Z', true], ['2026-11-20T15:59:59.999Z', true], ['2026-11-20T16:00:00Z', false],
    ['2026-11-21T10:00:00Z', false], ['2026-11-22T10:00:00Z', false], ['2026-11-23T10:00:00Z', true],
  ])('Mon-Fri 09:00 to 17:00 at %s: %s', (at, expected) => {
    expect(holds(window('09:00', '17:00'), at)).toBe(expected);
  });

  it.each([
    // Over midnight: it belongs to the day on which it begins.
    ['2026-11-20T20:59:00Z', false], ['2026-11-20T21:00:00Z', true], ['2026-11-20T23:30:00Z', true], ['2026-11-21T04:59:00Z', true], ['2026-11-21T05:00:00Z', false],
    ['2026-11-21T21:30:00Z', false], ['2026-11-23T00:00:00Z', false], ['2026-11-23T21:30:00Z', true],
  ])('Mon-Fri 22:00 to 06:00 at %s: %s', (at, expected) => {
    expect(holds(window('22:00', '06:00'), at)).toBe(expected);
  });

  it('from Sunday night runs into Monday', () => {
    expect([holds(window('22:00', '06:00', [7]), '2026-11-23T01:00:00Z'), holds(window('22:00', '06:00', [1]), '2026-11-23T01:00:00Z')]).toEqual([true, false]);
  });

  it('to 24:00 ends with the day; equal ends hold for a whole day from there', () => {
    expect(['2026-11-20T22:59:00Z', '2026-11-20T23:00:00Z'].map((at) => holds(window('18:00', '24:00', [5]), at))).toEqual([true, false]);
    expect(['2026-11-20T07:59:00Z', '2026-11-20T08:00:00Z', '2026-11-21T07:59:00Z', '2026-11-21T08:00:00Z'].map((at) => holds(window('09:00', '09:00', [5]), at))).toEqual([false, true, true, false]);
    expect(['2026-11-19T22:59:00Z', '2026-11-19T23:00:00Z', '2026-11-20T22:59:00Z', '2026-11-20T23:00:00Z'].map((at) => holds(window('00:00', '24:00', [5]), at))).toEqual([false, true, true, false]);
  });

  it('follows the clock on the wall when summer time begins and ends', () => {
    const early = window('02:30', '03:30', [7]);
    // 2026-03-29: 02:00 to 03:00 is left out, so 03:00 CEST (01:00Z) is the first moment inside.
    expect(['00:59', '01:00', '01:29', '01:30'].map((at) => holds(early, `2026-03-29T${at}:00Z`))).toEqual([false, true, true, false]);
    // 2026-10-25: 02:00 to 03:00 comes twice.
    expect(['00:29', '00:30', '00:59', '01:00', '01:30', '02:29', '02:30'].map((at) => holds(early, `2026-10-25T${at}:00Z`))).toEqual([false, true, true, false, true, true, false]);
  });

  it('knows zones with odd offsets, and none that does not exist', () => {
    expect(wallTime('Asia/Kathmandu', Date.parse('2026-11-20T00:00:00Z'))).toBe('Fri 05:45');
    expect(wallTime('America/St_Johns', Date.parse('2026-11-20T00:00:00Z'))).toBe('Thu 20:30');
    expect([holds(window('00:00', '24:00', [1, 2, 3, 4, 5, 6, 7], 'Mars/Olympus'), '2026-11-20T00:00:00Z'), wallTime('Mars/Olympus', 0)]).toEqual([false, '']);
  });

  it('any of several is enough; none at all holds always', () => {
    const several = [window('09:00', '12:00', [5]), window('13:00', '17:00', [5])];
    expect(['2026-11-20T08:30:00Z', '2026-11-20T11:30:00Z', '2026-11-20T12:30:00Z'].map((at) => windowHolds(several, Date.parse(at)))).toEqual([true, false, true]);
    expect(windowHolds([], 0)).toBe(true);
  });

  it('agrees with the calendar of the runtime at any minute', () => {
    const minutes = fc.integer({ min: 0, max: 1_439 });
    const text = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
    fc.assert(fc.property(
      fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland', 'UTC'), fc.subarray([1, 2, 3, 4, 5, 6, 7]), minutes, minutes,
      fc.date({ min: new Date('2024-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
      (timezone, days, from, to, at) => {
        const parts = Object.fromEntries(new Intl.DateTimeFormat('en-US', { timeZone: timezone, weekday: 'long', hour: 'numeric', minute: 'numeric', hourCycle: 'h23' }).formatToParts(at).map(({ type, value }) => [type, value]));
        const day = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'].indexOf(parts['weekday'] ?? '') + 1;
        const minute = Number(parts['hour']) * 60 + Number(parts['minute']);
        const today = days.includes(day);
        const yesterday = days.includes(day === 1 ? 7 : day - 1);
        const expected = from < to ? today && minute >= from && minute < to : (today && minute >= from) || (yesterday && minute < to);
        expect(windowHolds([{ timezone, days, from: text(from), to: text(to) }], at.getTime())).toBe(expected);
      },
    ), { numRuns: 400 });
  });

  it('asks the calendar once a minute for each zone', () => {
    const asked = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts');
    const at = Date.parse('2031-05-05T10:00:00Z');
    for (let i = 0; i < 1_000; i++) windowHolds([window('09:00', '17:00'), window('18:00', '19:00')], at + i * 59);
    expect(asked).toHaveBeenCalledTimes(1);
    windowHolds([window('09:00', '17:00')], at + 60_000);
    expect(asked).toHaveBeenCalledTimes(2);
  });
});

describe('a rule with time windows', () => {
  const config = view(
    routeSet(1), rule(1, { type: 'prefix', value: '+49' }, { windows: [window('09:00', '17:00')] }), rule(2, { type: 'range', from: '100', to: '199' }, { windows: [window('09:00', '17:00')] }),
    rule(3, { type: 'exact', value: '150' }, { windows: [window('12:00', '13:00')] }), rule(4, { type: 'any' }),
  ).routeSet(1);
  const matched = (user: string, at: string): number | undefined => config?.match(user, 'INVITE', query({ timeMs: Date.parse(at) }), null)?.id;

  it('is passed over outside of them, as one for other methods is', () => {
    expect(['2026-11-20T10:00:00Z', '2026-11-20T11:30:00Z', '2026-11-20T17:00:00Z'].map((at) => matched('150', at))).toEqual([2, 3, 4]);
    expect(['2026-11-20T10:00:00Z', '2026-11-21T10:00:00Z'].map((at) => matched('+4930', at))).toEqual([1, 4]);
  });

  it('says what time it is there', () => {
    const recorder = new Recorder();
    config?.match('+4930', 'INVITE', query({ timeMs: Date.parse('2026-11-21T10:00:00Z') }), recorder);
    expect(recorder.steps.map(({ text }) => text)).toContain('rule 1 (prefix +49): it holds Mon, Tue, Wed, Thu, Fri 09:00 to 17:00 Europe/Berlin only; there it is Sat 11:00');
    expect(windowText(window('22:00', '06:00', [6]))).toBe('Sat 22:00 to 06:00 Europe/Berlin');
  });
});

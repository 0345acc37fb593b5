import { describe, expect, it } from 'vitest';
import { Backoff } from '../../../dataplane/sync/backoff.ts';

describe('reconnecting', () => {
  it('waits up to twice as long after each failure, from half a second to thirty', () => {
    const backoff = new Backoff(['a'], () => 0.999_999);
    expect(Array.from({ length: 9 }, () => backoff.next())).toEqual([499, 999, 1_999, 3_999, 7_999, 15_999, 29_999, 29_999, 29_999]);
    backoff.stable();
    expect(backoff.next()).toBe(499);
  });

  it('has full jitter: any time from nothing on', () => {
    expect(new Backoff(['a'], () => 0).next()).toBe(0);
    const backoff = new Backoff(['a'], () => 0.5);
    backoff.next();
    expect(backoff.next()).toBe(500);
  });

  it('goes round the list of control planes, each in an order of its own', () => {
    const backoff = new Backoff(['a', 'b', 'c'], () => 0);
    const seen = Array.from({ length: 6 }, () => {
      const { url } = backoff;
      backoff.next();
      return url;
    });
    expect(new Set(seen.slice(0, 3))).toEqual(new Set(['a', 'b', 'c']));
    expect(seen.slice(3)).toEqual(seen.slice(0, 3));
    const orders = [0, 0.4, 0.99].map((value) => new Backoff(['a', 'b', 'c'], () => value).url);
    expect(new Set(orders).size).toBeGreaterThan(1);
  });

  it('holds to a time that the server named, give or take a fifth, within reason', () => {
    expect(new Backoff(['a'], () => 0).told(1_000)).toBe(800);
    expect(new Backoff(['a'], () => 0.999_999).told(1_000)).toBe(1_199);
    expect(new Backoff(['a'], () => 0.5).told(1e12)).toBe(300_000);
  });
});

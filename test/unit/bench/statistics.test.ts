import { describe, expect, it } from 'vitest';
import { median, percentile, spread } from '../../../bench/statistics.ts';
import { markdownTable } from '../../../bench/results.ts';

describe('the bench’s statistics', () => {
  it('interpolates percentiles between the closest ranks', () => {
    expect(percentile([4, 1, 3, 2], 50)).toBe(2.5);
    expect(percentile([1, 2, 3, 4, 5], 99)).toBeCloseTo(4.96);
    expect(percentile([7], 99)).toBe(7);
    expect(percentile([], 50)).toBeNaN();
  });

  it('takes the middle, and the lowest and highest', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(spread([9, 1, 5])).toEqual({ low: 1, high: 9 });
  });

  it('writes a table with right-aligned figures', () => {
    expect(markdownTable(['', 'a'], [['row', '1']])).toBe('|  | a |\n| --- | ---: |\n| row | 1 |');
  });
});

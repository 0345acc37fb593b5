import { describe, expect, it } from 'vitest';
import { HelloBucket, Slots } from '../../../controlplane/push/admission.ts';

describe('hellos', () => {
  it('are admitted at once up to a second\'s worth, then in turn', () => {
    const bucket = new HelloBucket(50);
    const waits = Array.from({ length: 100 }, () => bucket.take(10_000));
    expect(waits.slice(0, 50).every((wait) => wait === 0)).toBe(true);
    expect(waits[50]).toBe(20);
    expect(waits[99]).toBe(1_000);
  });

  it('are free again after a pause', () => {
    const bucket = new HelloBucket(50);
    for (let i = 0; i < 60; i++) bucket.take(10_000);
    expect(bucket.take(20_000)).toBe(0);
  });
});

describe('slots', () => {
  it('serve first come, first served', () => {
    const slots = new Slots<string>(2);
    expect(['a', 'b', 'c', 'd'].map((who) => slots.acquire(who))).toEqual([true, true, false, false]);
    expect(slots.release('a')).toEqual(['c']);
    expect(slots.acquire('c')).toBe(true);
    expect(slots.release('b')).toEqual(['d']);
    expect(slots.release('c')).toEqual([]);
  });

  it('keep the turn of one who asks again, and give nothing for one who leaves the queue', () => {
    const slots = new Slots<string>(1);
    slots.acquire('a');
    slots.acquire('b');
    slots.acquire('c');
    expect(slots.acquire('b')).toBe(false);
    expect(slots.release('b')).toEqual([]);
    expect(slots.release('a')).toEqual(['c']);
  });

  it('do not let a newcomer pass the queue', () => {
    const slots = new Slots<string>(1);
    slots.acquire('a');
    slots.acquire('b');
    expect(slots.release('a')).toEqual(['b']);
    expect(slots.acquire('c')).toBe(false);
    expect(slots.release('nobody')).toEqual([]);
  });
});

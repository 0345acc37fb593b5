import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AnswerCache, type CacheOptions, type Loaded, type LookUpNote } from '../../../dataplane/dns/answer-cache.ts';
import { ManualClock } from '../../../dataplane/runtime/clock.ts';

let clock: ManualClock;
let asked: string[];
let open: ((loaded: Loaded<string>) => void)[];

beforeEach(() => {
  vi.useFakeTimers();
  clock = new ManualClock(1_000);
  asked = [];
  open = [];
});
afterEach(() => void vi.useRealTimers());

const make = (options: CacheOptions = {}): AnswerCache<string, string> => new AnswerCache(clock, '', (question) => {
  asked.push(question);
  return new Promise((resolve) => open.push(resolve));
}, options);

/** What callers heard, in order; '' = nothing found. */
function ask(cache: AnswerCache<string, string>, ...keys: string[]): string[] {
  const heard: string[] = [];
  for (const key of keys) cache.ask(key, key.split('.').slice(-2).join('.'), key, (value) => heard.push(value));
  return heard;
}

async function answer(value: string, ttlMs = 10_000): Promise<void> {
  open.shift()?.({ value, ttlMs, told: true });
  await vi.advanceTimersByTimeAsync(0);
}

async function silence(): Promise<void> {
  open.shift()?.({ value: '', ttlMs: 0, told: false });
  await vi.advanceTimersByTimeAsync(0);
}

describe('an answer', () => {
  it('serves all who ask meanwhile by one look-up, then at once until its time is over', async () => {
    const cache = make();
    const heard = ask(cache, 'a.x', 'a.x');
    expect([heard, asked]).toEqual([[], ['a.x']]);
    await answer('one');
    expect(heard).toEqual(['one', 'one']);
    clock.advance(7_999);
    expect([ask(cache, 'a.x'), asked.length]).toEqual([['one'], 1]);
  });

  it('in use is renewed shortly before its end, and its end delays nobody', async () => {
    const cache = make();
    ask(cache, 'a.x');
    await answer('one');
    clock.advance(8_000);
    expect([ask(cache, 'a.x', 'a.x'), asked.length]).toEqual([['one', 'one'], 2]);
    clock.advance(3_000);
    expect(ask(cache, 'a.x')).toEqual(['one']);
    await answer('two');
    expect(ask(cache, 'a.x')).toEqual(['two']);
  });

  it('that nobody used before its end is asked for again', async () => {
    const cache = make();
    ask(cache, 'a.x');
    await answer('one');
    clock.advance(12_000);
    const heard = ask(cache, 'a.x');
    expect(heard).toEqual([]);
    await answer('two');
    expect(heard).toEqual(['two']);
  });

  it('holds for a second at least and for an hour at most; so does "there is none"', async () => {
    const cache = make();
    ask(cache, 'a.x', 'b.x', 'none.x');
    await answer('a', 0);
    await answer('b', 1e12);
    await answer('');
    clock.advance(799);
    expect([ask(cache, 'a.x', 'b.x', 'none.x'), asked.length]).toEqual([['a', 'b', ''], 3]);
    clock.advance(3_589_100);
    ask(cache, 'b.x');
    expect(asked.slice(3)).toEqual([]);
    clock.advance(10_000);
    ask(cache, 'b.x');
    expect(asked.slice(3)).toEqual(['b.x']);
  });
});

describe('silence of DNS', () => {
  it('lets nobody wait longer than the limit, though the look-up goes on', async () => {
    const cache = make({ waitMs: 4_000 });
    const heard = ask(cache, 'a.x');
    await vi.advanceTimersByTimeAsync(3_999);
    expect(heard).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(heard).toEqual(['']);
    // It is late already: who asks now does not wait at all.
    expect(ask(cache, 'a.x')).toEqual(['']);
    await answer('late');
    expect([ask(cache, 'a.x'), asked.length]).toEqual([['late'], 1]);
  });

  it('is remembered shortly', async () => {
    const cache = make();
    ask(cache, 'a.x');
    await silence();
    clock.advance(4_999);
    expect([ask(cache, 'a.x'), asked.length]).toEqual([[''], 1]);
    clock.advance(1);
    expect([ask(cache, 'a.x'), asked.length]).toEqual([[], 2]);
  });

  it('lets the last answer serve on, at once, for a bounded time', async () => {
    const cache = make({ maxStaleMs: 60_000 });
    ask(cache, 'a.x');
    await answer('one');
    clock.advance(20_000);
    const heard = ask(cache, 'a.x');
    await silence();
    expect(heard).toEqual(['one']);
    clock.advance(40_000);
    expect([ask(cache, 'a.x'), asked.length]).toEqual([['one'], 3]);
    await silence();
    clock.advance(10_001);
    const last = ask(cache, 'a.x');
    await silence();
    expect(last).toEqual(['']);
  });

  it('ends with the first word: "there is none" replaces what served on', async () => {
    const cache = make();
    ask(cache, 'a.x');
    await answer('one');
    clock.advance(20_000);
    ask(cache, 'a.x');
    await silence();
    clock.advance(5_000);
    ask(cache, 'a.x');
    await answer('');
    expect(ask(cache, 'a.x')).toEqual(['']);
  });
});

describe('the caps', () => {
  it('hold for look-ups, for look-ups of one zone and for those who wait; others are not touched', async () => {
    const notes: LookUpNote[] = [];
    const cache = make({ maxPending: 3, maxPendingOfZone: 2, maxWaiting: 2, note: (what) => notes.push(what) });
    expect(ask(cache, 'a.evil.x', 'b.evil.x', 'c.evil.x', 'd.evil.x')).toEqual(['', '']);
    const good = ask(cache, 'good.x', 'good.x', 'good.x');
    expect(good).toEqual(['']);
    expect(ask(cache, 'more.x')).toEqual(['']);
    expect(asked).toEqual(['a.evil.x', 'b.evil.x', 'good.x']);
    expect(notes).toEqual(['begun', 'begun', 'refused', 'refused', 'begun', 'refused']);
    await answer('a');
    await silence();
    await answer('good');
    expect(notes.slice(6)).toEqual(['silent']);
    expect(good).toEqual(['', 'good', 'good']);
    ask(cache, 'c.evil.x', 'd.evil.x');
    expect(asked.slice(3)).toEqual(['c.evil.x', 'd.evil.x']);
  });

  it('hold for what is kept, silence included', async () => {
    const cache = make({ maxKeys: 2 });
    ask(cache, 'a.x', 'b.x', 'c.x');
    await answer('a');
    await silence();
    await answer('c');
    expect(ask(cache, 'b.x', 'c.x', 'a.x')).toEqual(['', 'c']);
    expect(asked.slice(3)).toEqual(['a.x']);
  });
});

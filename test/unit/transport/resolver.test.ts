import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../dataplane/runtime/clock.ts';
import { Resolver } from '../../../dataplane/transport/resolver.ts';
import type { Answer, Resolved, ResolverOptions } from '../../../dataplane/transport/resolver.ts';

/** A name server of our own: questions wait until the test answers them. */
const setUp = (options: ResolverOptions = {}) => {
  const clock = new ManualClock(1_000);
  const asked: string[] = [];
  const open = new Map<string, { resolve: (answers: readonly Answer[]) => void; reject: (error: Error) => void }>();
  const query = (host: string): Promise<readonly Answer[]> => new Promise((resolve, reject) => {
    asked.push(host);
    open.set(host, { resolve, reject });
  });
  const resolver = new Resolver(clock, { query, ...options });
  const ask = (host: string, family: 0 | 4 | 6 = 0): Promise<readonly Resolved[]> => new Promise((done) => { resolver.resolve(host, family, done); });
  return { clock, resolver, asked, open, ask };
};

const two: readonly Answer[] = [{ family: 6, address: '2001:db8::5', ttlMs: 20_000 }, { family: 4, address: '203.0.113.5', ttlMs: 30_000 }];
const bare = (answers: readonly Answer[]): readonly Resolved[] => answers.map(({ family, address }) => ({ family, address }));

describe('Resolver', () => {
  test('IP literals are known, at once and without a query', () => {
    const { resolver, asked } = setUp();
    const found: (readonly Resolved[])[] = [];
    resolver.resolve('[2001:DB8::1]', 0, (addresses) => found.push(addresses));
    resolver.resolve('192.0.2.1', 6, (addresses) => found.push(addresses));
    expect(found).toEqual([[{ family: 6, address: '2001:db8::1' }], []]);
    expect(resolver.cached('::ffff:192.0.2.1', 0)).toEqual([{ family: 4, address: '192.0.2.1' }]);
    expect(asked).toEqual([]);
  });

  test('one query serves all who ask meanwhile, in either case of letters and of either family', async () => {
    const { ask, asked, open, resolver } = setUp();
    const all = [ask('pbx.example'), ask('PBX.example', 4), ask('pbx.EXAMPLE', 6)];
    expect(resolver.cached('pbx.example', 0)).toBeNull();
    open.get('pbx.example')?.resolve(two);
    expect(await Promise.all(all)).toEqual([bare(two), bare(two.slice(1)), bare(two.slice(0, 1))]);
    expect(asked).toEqual(['pbx.example']);
    expect(resolver.cached('pbx.example', 0)).toEqual(bare(two));
  });

  test('keeps an answer for the shortest time to live in it', async () => {
    const { ask, clock, open, resolver, asked } = setUp();
    const first = ask('pbx.example');
    open.get('pbx.example')?.resolve(two);
    await first;
    clock.advance(19_999);
    expect(resolver.cached('pbx.example', 0)).not.toBeNull();
    clock.advance(1);
    expect(resolver.cached('pbx.example', 0)).toBeNull();
    const second = ask('pbx.example');
    open.get('pbx.example')?.resolve([{ family: 4, address: '203.0.113.9', ttlMs: 0 }]);
    expect(await second).toEqual([{ family: 4, address: '203.0.113.9' }]);
    expect(asked).toHaveLength(2);
    clock.advance(59_999);
    expect(resolver.cached('pbx.example', 0)).not.toBeNull();
    clock.advance(1);
    expect(resolver.cached('pbx.example', 0)).toBeNull();
  });

  test.each([['reject', true], ['empty', false]])('remembers a failure for five seconds: %s', async (_, rejects) => {
    const { ask, clock, open, resolver, asked } = setUp();
    const first = ask('gone.example');
    if (rejects) open.get('gone.example')?.reject(new Error('ENOTFOUND'));
    else open.get('gone.example')?.resolve([]);
    expect(await first).toEqual([]);
    expect(await ask('gone.example')).toEqual([]);
    expect(asked).toHaveLength(1);
    clock.advance(5_000);
    expect(resolver.cached('gone.example', 0)).toBeNull();
  });

  test('is bounded: names kept, queries open, callbacks waiting, length of a name', async () => {
    const { ask, open, resolver, asked } = setUp({ maxNames: 2, maxPending: 2, maxWaiting: 2 });
    const pending = [ask('a.example'), ask('b.example'), ask('a.example')];
    expect(await ask('c.example')).toEqual([]);
    expect(await ask('a.example')).toEqual([]);
    expect(asked).toEqual(['a.example', 'b.example']);
    for (const name of ['a.example', 'b.example']) open.get(name)?.resolve(two);
    await Promise.all(pending);
    expect(await ask('x'.repeat(254))).toEqual([]);
    const third = ask('c.example');
    open.get('c.example')?.resolve(two);
    await third;
    expect(['a', 'b', 'c'].map((name) => resolver.cached(`${name}.example`, 0) === null)).toEqual([true, false, false]);
  });
});

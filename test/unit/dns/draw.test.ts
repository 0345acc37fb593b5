import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawOrder, type Server } from '../../../dataplane/dns/draw.ts';
import type { Located } from '../../../dataplane/transport/locate.ts';

const at = (address: string, family: 4 | 6 = 4): Located => ({ transport: 'udp', family, address, port: 5060, serverName: '' });
const server = (name: string, priority: number, weight: number): Server => ({ priority, weight, places: [at(name)] });
const names = (order: readonly Located[]): string => order.map(({ address }) => address).join(' ');
/** Numbers below 1 from a seed (mulberry32). */
const chance = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};

describe('the order of servers (RFC 2782)', () => {
  it('is the list itself, without garbage and chance, when there is one address', () => {
    const places = [at('192.0.2.1')];
    const never = (): number => { throw new Error('nothing to draw'); };
    expect(drawOrder([{ priority: 1, weight: 5, places }], 6, never)).toBe(places);
    expect(drawOrder([], 4, never)).toEqual([]);
  });

  it('takes the first whose running sum reaches the number drawn, weight 0 in front', () => {
    const group = [server('a', 1, 10), server('b', 1, 0), server('c', 1, 30)];
    // Sums: b 0, a 10, c 40; the number drawn is floor(random * 41).
    expect(names(drawOrder(group, 4, () => 0))).toBe('b a c');
    expect(names(drawOrder(group, 4, () => 1 / 41))).toBe('a b c');
    expect(names(drawOrder(group, 4, () => 10.5 / 41))).toBe('a c b');
    expect(names(drawOrder(group, 4, () => 11.5 / 41))).toBe('c a b');
    expect(names(drawOrder(group, 4, () => 0.999_999))).toBe('c a b');
  });

  it('spreads the first place in proportion to the weights, and evenly when all are 0', () => {
    const rounds = 20_000;
    const share = (servers: readonly Server[]): Record<string, number> => {
      const random = chance(7);
      const count: Record<string, number> = {};
      for (let i = 0; i < rounds; i++) {
        const first = drawOrder(servers, 4, random)[0]?.address ?? '';
        count[first] = (count[first] ?? 0) + 1 / rounds;
      }
      return count;
    };
    const weighted = share([server('a', 1, 100), server('b', 1, 200), server('c', 1, 700), server('backup', 2, 60_000)]);
    expect(weighted['a']).toBeCloseTo(0.1, 1);
    expect(weighted['b']).toBeCloseTo(0.2, 1);
    expect(weighted['c']).toBeCloseTo(0.7, 1);
    expect(weighted['backup']).toBeUndefined();
    const even = share([server('a', 0, 0), server('b', 0, 0), server('c', 0, 0), server('d', 0, 0)]);
    for (const name of 'abcd') expect(even[name]).toBeCloseTo(0.25, 1);
  });

  it('holds every place once and never puts a higher priority number first, whatever is drawn', () => {
    const someServer = fc.record({ priority: fc.integer({ min: 0, max: 3 }), weight: fc.integer({ min: 0, max: 65_535 }), places: fc.integer({ min: 1, max: 3 }) });
    fc.assert(fc.property(fc.array(someServer, { maxLength: 12 }), fc.integer(), (drafts, seed) => {
      const servers = drafts
        .map(({ priority, weight, places }, index): Server => ({ priority, weight, places: Array.from({ length: places }, (_, n) => at(`${priority}/${index}/${n}`, n % 2 === 0 ? 4 : 6)) }))
        .sort((a, b) => a.priority - b.priority);
      const order = drawOrder(servers, 6, chance(seed)).map(({ address }) => address);
      expect([...order].sort()).toEqual(servers.flatMap(({ places }) => places.map(({ address }) => address)).sort());
      expect(order.map((address) => Number(address[0]))).toEqual(servers.flatMap(({ priority, places }) => places.map(() => priority)));
    }));
  });

  it('puts addresses of the preferred family first at each server, not before a better server, and lets equal ones share', () => {
    const servers: Server[] = [{ priority: 1, weight: 0, places: [at('a4'), at('a6', 6)] }, { priority: 2, weight: 0, places: [at('b4'), at('b6', 6)] }];
    expect(names(drawOrder(servers, 4, () => 0))).toBe('a4 a6 b4 b6');
    expect(names(drawOrder(servers, 6, () => 0))).toBe('a6 a4 b6 b4');
    const many: Server[] = [{ priority: 0, weight: 0, places: [at('x'), at('y'), at('z'), at('v6', 6)] }];
    expect([0, 0.4, 0.9].map((drawn) => names(drawOrder(many, 4, () => drawn)))).toEqual(['x y z v6', 'y z x v6', 'z x y v6']);
  });
});

import { expect, it } from 'vitest';
import { Address } from '../../../dataplane/transport/flow.ts';
import { LargeRequests } from '../../../dataplane/transport/large-requests.ts';

const hop = (n: number): Address => new Address('udp', 4, `10.0.${n >> 8}.${n & 255}`, 5060);

it('a next hop that refused TCP is not asked again for ten minutes', () => {
  const large = new LargeRequests();
  expect(large.mayGoByTcp(hop(1), 0)).toBe(true);
  large.refused(hop(1), 0);
  expect([large.mayGoByTcp(hop(1), 599_999), large.mayGoByTcp(hop(2), 0), large.mayGoByTcp(hop(1), 600_000)]).toEqual([false, true, true]);
});

it('remembers 10,000 next hops and forgets the oldest', () => {
  const large = new LargeRequests();
  for (let n = 0; n <= 10_000; n++) large.refused(hop(n), 0);
  expect([large.mayGoByTcp(hop(0), 1), large.mayGoByTcp(hop(1), 1), large.mayGoByTcp(hop(10_000), 1)]).toEqual([true, false, false]);
});

import { describe, expect, it } from 'vitest';
import { liveCallOf, registrationOf } from '../../../controlplane/live/listed-facts.ts';
import { pageOfNodes, type AskedNode } from '../../../controlplane/live/node-lists.ts';
import { err, ok } from '../../../dataplane/contract/result.ts';

const node = (id: string, remote = false): AskedNode => ({ id, name: `name-${id}`, remote });

/** Nodes that hold so many items each; a node without an entry never answers. */
function world(held: Readonly<Record<string, number>>, clock: () => number = () => 0) {
  const asked: string[] = [];
  const gateway = {
    async command(id: string, name: string, args: unknown, ttlMs: number) {
      const { limit, cursor = 0 } = args as { limit: number; cursor?: number };
      asked.push(`${name} ${id} ${cursor}+${limit} ${ttlMs}`);
      const count = held[id];
      if (count === undefined) return err({ code: 'expired' as const, message: 'no answer' });
      const items = Array.from({ length: Math.min(limit, count - cursor) }, (_, index) => ({ key: `${id}${cursor + index + 1}` }));
      return ok({ items, cursor: cursor + items.length < count ? cursor + items.length : 0 });
    },
  };
  const page = async (nodes: readonly AskedNode[], limit: number, cursor?: string) => {
    const result = await pageOfNodes(gateway, nodes, { command: 'calls.list', args: { text: '' }, limit, cursor }, ({ key }) => (typeof key === 'string' ? key : null), clock);
    if (!result.ok) throw new Error(result.error);
    return result.value;
  };
  return { asked, page };
}

describe('a list that the nodes hold', () => {
  it.each([1, 2, 3, 4, 50])('gives everything once in pages of %i', async (limit) => {
    const { page } = world({ a: 3, b: 0, c: 4 });
    const items: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const one = await page([node('c'), node('a'), node('b')], limit, cursor);
      expect(one.items.length).toBeLessThanOrEqual(limit);
      items.push(...one.items);
      if (one.next === null) break;
      cursor = one.next;
    }
    expect(items).toEqual(['a1', 'a2', 'a3', 'c1', 'c2', 'c3', 'c4']);
  });

  it('asks a node for no more than there is room for, and for a second at most', async () => {
    const { asked, page } = world({ a: 3, b: 9 });
    await page([node('a'), node('b')], 5);
    expect(asked).toEqual(['calls.list a 0+5 1000', 'calls.list b 0+2 1000']);
  });

  it('names nodes that do not answer or that another control plane has, and goes on', async () => {
    const { asked, page } = world({ b: 1, d: 1 });
    expect(await page([node('a'), node('b'), node('c', true), node('d')], 10)).toEqual({ items: ['b1', 'd1'], next: null, missing: ['name-a', 'name-c'] });
    expect(asked.some((line) => line.includes(' c '))).toBe(false);
  });

  it('ends a page when it takes too long, and says where to go on', async () => {
    let now = 0;
    const { page } = world({ a: 1, b: 1, c: 1 }, () => (now += 1_000));
    const first = await page([node('a'), node('b'), node('c')], 10);
    expect(first).toMatchObject({ items: ['a1', 'b1'], missing: [] });
    now = 0;
    expect(await page([node('a'), node('b'), node('c')], 10, first.next ?? '')).toEqual({ items: ['c1'], next: null, missing: [] });
  });

  it('goes on with the next node when the one of the cursor is gone', async () => {
    const { page } = world({ a: 3, b: 2 });
    const { next } = await page([node('a'), node('b')], 2);
    expect(await page([node('b')], 9, next ?? '')).toEqual({ items: ['b1', 'b2'], next: null, missing: [] });
  });

  it.each(['', 'x', Buffer.from('{}').toString('base64url'), Buffer.from('[1,2]').toString('base64url'), Buffer.from('["a",{}]').toString('base64url')])('refuses the cursor "%s"', async (cursor) => {
    await expect(world({ a: 1 }).page([node('a')], 1, cursor)).rejects.toThrow('bad-cursor');
  });

  it.each([[null], ['rubbish'], [{}], [{ items: 3, cursor: 0 }], [{ items: [], cursor: null }]])('counts a node as missing that answers %j', async (value) => {
    const gateway = { command: () => Promise.resolve(ok(value)) };
    expect(await pageOfNodes(gateway, [node('a')], { command: 'calls.list', args: {}, limit: 5, cursor: undefined }, () => 1, () => 0)).toEqual(ok({ items: [], next: null, missing: ['name-a'] }));
  });

  it('leaves out what cannot be read and takes no more than it asked for', async () => {
    const gateway = { command: () => Promise.resolve(ok({ items: [3, null, { key: 'x' }, { key: 'y' }, { key: 'z' }], cursor: 0 })) };
    const page = await pageOfNodes(gateway, [node('a')], { command: 'calls.list', args: {}, limit: 2, cursor: undefined }, ({ key }) => (key === 'x' ? null : key), () => 0);
    expect(page).toEqual(ok({ items: ['y'], next: null, missing: [] }));
  });
});

describe('what a node tells', () => {
  const binding = {
    aor: 'bob@acme.example', contact: 'sip:bob@10.0.0.1', tenant: 3, destination: 0, transport: 'tls', address: '2001:db8::1', port: 5061, agent: 'Phone', behindNat: true, registeredMs: 5, expiresMs: 9.4,
  };
  const keyOf = (tenant: number) => (tenant === 3 ? 'acme' : null);

  it('of a registration is shown with the tenant by its key and the source as one text', () => {
    expect(registrationOf(binding, node('a'), keyOf)).toEqual({
      aor: 'bob@acme.example', contact: 'sip:bob@10.0.0.1', tenant: 'acme', node: 'a', nodeName: 'name-a', source: 'tls:[2001:db8::1]:5061', agent: 'Phone', behindNat: true,
      registeredMs: 5, expiresMs: 9, destination: null,
    });
    expect(registrationOf({ ...binding, tenant: 4, destination: 17 }, node('a'), keyOf)).toMatchObject({ tenant: null, destination: 17 });
    expect(registrationOf({ ...binding, port: '5061' }, node('a'), keyOf)).toBeNull();
  });

  it('of a call is shown with why it went there', () => {
    const uriOf = (destination: number) => (destination === 5 ? 'sip:10.0.0.5' : null);
    const parties = { caller: '+4930@acme.example', callee: '1001@acme.example', dialled: '1001@198.51.100.1' };
    const call = { callId: 'c@x', ...parties, tenant: 3, destination: 5, startedMs: 7, decision: 'rule 1, destination 5' };
    expect(liveCallOf(call, node('a'), keyOf, uriOf)).toEqual({
      callId: 'c@x', ...parties, tenant: 'acme', node: 'a', nodeName: 'name-a', destination: 5, destinationUri: 'sip:10.0.0.5', startedMs: 7, decision: 'rule 1, destination 5', media: null,
    });
    expect(liveCallOf({ ...call, destination: 6 }, node('a'), keyOf, uriOf)).toMatchObject({ destination: 6, destinationUri: null });
    expect(liveCallOf({ callId: 'c@x' }, node('a'), keyOf, uriOf)).toBeNull();
  });

  it('of a call, when it is of a version that does not tell who calls whom, is shown without', () => {
    expect(liveCallOf({ callId: 'c@x', startedMs: 7 }, node('a'), keyOf, () => null)).toMatchObject({ caller: '', callee: '', dialled: '' });
  });
});

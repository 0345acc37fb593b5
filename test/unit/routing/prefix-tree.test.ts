import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { parsePrefix } from '../../../dataplane/contract/address.ts';
import type { Prefix } from '../../../dataplane/contract/address.ts';
import { PrefixTree } from '../../../dataplane/routing/prefix-tree.ts';

interface Entry { readonly key: string }

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === null) throw new Error(`no prefix: ${text}`);
  return parsed;
}

function tree(entries: Readonly<Record<string, string>>): PrefixTree<Entry> {
  let built = new PrefixTree<Entry>();
  for (const [text, key] of Object.entries(entries)) built = built.with(prefix(text), { key });
  return built;
}

/** Few distinct bits, so that prefixes nest and collide. */
const v4 = fc.tuple(fc.constantFrom(10, 192), fc.constantFrom(0, 1), fc.constantFrom(0, 128), fc.integer({ min: 0, max: 7 })).map((parts) => parts.join('.'));
const v6 = fc.tuple(fc.constantFrom('2001:db8', 'fd00:0'), fc.constantFrom('0', '8000'), fc.constantFrom('0', '1'), fc.integer({ min: 0, max: 7 }))
  .map(([net, a, b, last]) => `${net}:${a}:${b}::${last.toString(16)}`);
const v4Prefix = fc.tuple(v4, fc.integer({ min: 0, max: 32 })).map(([address, bits]) => `${address}/${bits}`);
const v6Prefix = fc.tuple(v6, fc.integer({ min: 0, max: 128 })).map(([address, bits]) => `${address}/${bits}`);

function bruteForce(entries: readonly (readonly [string, string])[], address: string): string | null {
  const parsed = ipaddr.parse(address);
  let best: { bits: number; key: string } | null = null;
  for (const [text, key] of entries) {
    const [network, bits] = ipaddr.parseCIDR(text);
    if (network.kind() !== parsed.kind() || !parsed.match(network, bits)) continue;
    if (best === null || bits > best.bits || (bits === best.bits && key < best.key)) best = { bits, key };
  }
  return best?.key ?? null;
}

describe('PrefixTree', () => {
  it('takes the longest prefix', () => {
    const trunks = tree({ '0.0.0.0/0': 'any', '10.0.0.0/8': 'ten', '10.1.0.0/16': 'one', '10.1.2.3': 'host', '2001:db8::/32': 'six', '2001:db8::7': 'seven' });
    expect(['10.1.2.3', '10.1.2.4', '10.2.0.1', '11.0.0.1', '2001:db8::7', '2001:DB8:0::8', '2001:db9::1', '::ffff:10.1.2.3', 'nonsense']
      .map((address) => trunks.find(address)?.key ?? null)).toEqual(['host', 'one', 'ten', 'any', 'seven', 'six', null, 'host', null]);
  });

  it('finds nothing when empty', () => {
    expect(new PrefixTree<Entry>().find('10.0.0.1')).toBeNull();
  });

  it('gives a prefix that two claim to the lower key, whatever the order, and to the other when that goes', () => {
    for (const keys of [['b', 'a'], ['a', 'b']]) {
      let both = new PrefixTree<Entry>();
      for (const key of keys) both = both.with(prefix('192.0.2.0/24'), { key });
      expect(both.find('192.0.2.1')?.key).toBe('a');
      expect(both.without(prefix('192.0.2.0/24'), 'a').find('192.0.2.1')?.key).toBe('b');
      expect(both.find('192.0.2.1')?.key).toBe('a');
    }
  });

  it('agrees with trying every prefix, after any inserts and removals, and never changes an old version', () => {
    const entry = fc.tuple(fc.oneof(v4Prefix, v6Prefix), fc.constantFrom('a', 'b', 'c', 'd'), fc.boolean());
    fc.assert(fc.property(fc.array(entry, { maxLength: 40 }), fc.array(fc.oneof(v4, v6), { minLength: 1, maxLength: 20 }), (changes, addresses) => {
      let current = new PrefixTree<Entry>();
      const held = new Map<string, readonly [string, string]>();
      const history: [PrefixTree<Entry>, readonly (readonly [string, string])[]][] = [];
      for (const [text, key, add] of changes) {
        const parsed = prefix(text);
        const id = `${parsed.family} ${parsed.words.join()}/${parsed.bits} ${key}`;
        current = add ? current.with(parsed, { key }) : current.without(parsed, key);
        if (add) held.set(id, [text, key]);
        else held.delete(id);
        history.push([current, [...held.values()]]);
      }
      for (const [version, entries] of history) {
        for (const address of addresses) expect(version.find(address)?.key ?? null).toBe(bruteForce(entries, address));
      }
    }));
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyMaker } from '../../../dataplane/transaction/keys.ts';
import type { Keyed } from '../../../dataplane/transaction/keys.ts';
import { TransactionTable } from '../../../dataplane/transaction/table.ts';
import { parse, requestText } from './network.ts';

class Entry implements Keyed<Entry> {
  readonly keyFirst: number;
  readonly keySecond: number;
  nextInBucket: Entry | null = null;

  constructor(key: KeyMaker) {
    this.keyFirst = key.first;
    this.keySecond = key.second;
  }
}

const secrets = { first: 0x1234567, second: -99 };
const branchKey = (branch: string, cancel = false, key = new KeyMaker(secrets)): KeyMaker => {
  key.ofBranch(branch, 0, branch.length, cancel);
  return key;
};
const numbers = ({ first, second }: KeyMaker): string => `${first} ${second}`;

describe('TransactionTable', () => {
  test('agrees with a Map over random additions and removals, in one chain or many', () => {
    const action = fc.record({ name: fc.nat(30), add: fc.boolean() });
    fc.assert(fc.property(fc.array(action, { maxLength: 80 }), fc.boolean(), (actions, crowded) => {
      const table = new TransactionTable<Entry>(10);
      const model = new Map<number, Entry>();
      const keyOf = (name: number): KeyMaker => {
        const key = branchKey(String(name));
        // All in one bucket: only the second hash tells them apart.
        if (crowded) key.first = 5;
        return key;
      };
      for (const { name, add } of actions) {
        const held = model.get(name);
        if (add && held === undefined) {
          const entry = new Entry(keyOf(name));
          table.add(entry);
          model.set(name, entry);
        } else if (!add && held !== undefined) {
          expect(table.remove(held)).toBe(true);
          expect(table.remove(held)).toBe(false);
          model.delete(name);
        }
        expect(table.size).toBe(model.size);
        for (let i = 0; i <= 30; i++) expect(table.find(keyOf(i))).toBe(model.get(i) ?? null);
      }
    }), { numRuns: 50 });
  });

  test('holds more than it expected', () => {
    const table = new TransactionTable<Entry>(1);
    const entries = Array.from({ length: 20_000 }, (_, i) => new Entry(branchKey(`z9hG4bK${i}`)));
    for (const entry of entries) table.add(entry);
    expect(table.size).toBe(20_000);
    expect(entries.every((entry, i) => table.find(branchKey(`z9hG4bK${i}`)) === entry)).toBe(true);
  });
});

describe('keys', () => {
  const request = parse(requestText('INVITE'));
  const via = request.topVia!;
  const cookie = (method: string, text = requestText('INVITE')): string => {
    const key = new KeyMaker(secrets);
    key.ofCookie(parse(text).topVia!, method);
    return numbers(key);
  };

  test('every part counts, and where one ends', () => {
    const shifted = (sentBy: string, branch: string): string => cookie('INVITE', requestText('INVITE', { via: `SIP/2.0/UDP ${sentBy};branch=${branch}` }));
    const keys = [
      cookie('INVITE'), cookie('BYE'), numbers(branchKey(via.branch)), numbers(branchKey(via.branch, true)),
      shifted('host1:5060', 'z9hG4bKa'), shifted('host1', 'z9hG4bKa'), shifted('1host1', 'z9hG4bKa'), shifted('host1', 'z9hG4bKa1'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(cookie('INVITE')).toBe(cookie('INVITE', requestText('INVITE', { toTag: 'x', cseq: 7 })));
  });

  test('the old rules look at Request-URI, To tag, From tag, Call-ID, CSeq, method and Via', () => {
    const legacy = (text: string, method = 'INVITE'): string => {
      const message = parse(text);
      const key = new KeyMaker(secrets);
      key.ofRequest(message, message.topVia!, method);
      return numbers(key);
    };
    const plain = { via: 'SIP/2.0/UDP 198.51.100.7:40000' };
    const base = requestText('INVITE', plain);
    const variants = [
      base, base.replace('sip:1001@', 'sip:1002@'), base.replace('tag=a1', 'tag=a2'), base.replace('c1@', 'c2@'),
      requestText('INVITE', { ...plain, cseq: 2 }), requestText('INVITE', { ...plain, toTag: 'b1' }), requestText('INVITE', { via: 'SIP/2.0/UDP 198.51.100.7:40001' }),
    ].map((text) => legacy(text));
    expect(new Set([...variants, legacy(base, 'CANCEL')]).size).toBe(8);
    expect(legacy(base)).toBe(variants[0]);
  });

  test('200,000 branches that differ in a digit have as many keys, and other secrets give other keys', () => {
    const key = new KeyMaker(secrets);
    const seen = new Set<string>();
    const low = new Map<number, number>();
    for (let i = 0; i < 200_000; i++) {
      branchKey(`z9hG4bKsb00${i}`, false, key);
      seen.add(numbers(key));
      const bucket = key.first & 65_535;
      low.set(bucket, (low.get(bucket) ?? 0) + 1);
    }
    expect(seen.size).toBe(200_000);
    // Three a bucket on average: an even spread stays far below this.
    expect(Math.max(...low.values())).toBeLessThan(20);
    expect(numbers(branchKey('z9hG4bKx'))).not.toBe(numbers(branchKey('z9hG4bKx', false, new KeyMaker({ first: 1, second: 2 }))));
  });
});

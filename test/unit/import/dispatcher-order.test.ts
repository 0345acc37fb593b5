import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inModuleOrder, ranksOf } from '../../../controlplane/import/kamailio-dispatcher.ts';
import { readDispatcherAttrs } from '../../../controlplane/import/dispatcher-attrs.ts';
import { notesChoice, readModuleFlags, readNotesFlags } from '../../../controlplane/import/destination-flags.ts';
import type { Algorithm } from '../../../dataplane/contract/algorithms.ts';
import { Notes } from '../../../controlplane/import/report.ts';

describe('the order of Kamailio\'s dispatcher', () => {
  it('tries the highest priority first and ties in reverse file order: A0 B0 C10 D5 E10 → E C D B A', () => {
    const lines = [['A', 0], ['B', 0], ['C', 10], ['D', 5], ['E', 10]] as const;
    expect(inModuleOrder(lines.map(([name, priority]) => ({ name, priority }))).map((line) => line.name).join('')).toBe('ECDBA');
  });

  it('agrees with inserting into an ascending list and indexing it from the back', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 12 }), (priorities) => {
      const lines = priorities.map((priority, at) => ({ priority, at }));
      const ascending: { priority: number; at: number }[] = [];
      for (const line of lines) {
        const behind = ascending.findIndex((other) => other.priority > line.priority);
        ascending.splice(behind === -1 ? ascending.length : behind, 0, line);
      }
      expect(inModuleOrder(lines)).toEqual(ascending.toReversed());
    }));
  });
});

describe('ranks', () => {
  it.each([
    ['are the module\'s order for most algorithms', 4, [10, 5, 5, 0], [1, 2, 3, 4]],
    ['are tiers, lowest first, for algorithm 15', 15, [10, 5, 5, 0], [3, 2, 2, 1]],
    ['are tiers, highest first, for latency', 13, [10, 5, 5, 0], [1, 2, 2, 3]],
    ['are one when algorithm 14 takes all in turn', 14, [7, 7, 7], [1, 1, 1]],
    ['are serial when algorithm 14 has different priorities', 14, [7, 5], [1, 2]],
    ['are serial when algorithm 14 has none', 14, [0, 0], [1, 2]],
  ] as const)('%s', (_what, algorithm, priorities, ranks) => {
    expect(ranksOf(priorities, algorithm)).toEqual(ranks);
  });
});

function attrs(text: string | null) {
  const warnings = new Notes();
  const cannotKeep = new Notes();
  return { ...readDispatcherAttrs(text, 'dispatcher:2', warnings, cannotKeep), warnings: warnings.list().map((note) => note.code), cannotKeep: cannotKeep.list().map((note) => note.code) };
}

describe('attributes of a destination', () => {
  it('takes weight and ping_from out and keeps the rest, names in lower case', () => {
    expect(attrs('Weight=50;duid=a;PING_FROM=sip:ping@edge;My.Own=x;')).toMatchObject({ weight: 50, pingFrom: 'sip:ping@edge', attrs: { duid: 'a', 'my.own': 'x' }, warnings: [], cannotKeep: [] });
  });

  it('keeps a colon in a value, a name without value, and takes quotes off', () => {
    expect(attrs('x=udp:127.0.0.1:5060;flag;q="a b"').attrs).toEqual({ x: 'udp:127.0.0.1:5060', flag: '', q: 'a b' });
  });

  it('says which attributes change nothing here', () => {
    const read = attrs('sockname=backend;ping_socket=udp:1.2.3.4:5060;socket=udp:1.2.3.4:5060;maxload=10;rweight=20');
    expect(read.cannotKeep).toEqual(['attr-without-effect', 'attr-without-effect']);
    expect(Object.keys(read.attrs)).toEqual(['sockname', 'ping_socket', 'socket', 'maxload', 'rweight']);
  });

  it('leaves out what has a meaning and cannot be read, and warns of an obproxy, which serves calls here', () => {
    expect(attrs('maxload=many;socket=5060;cc=yes;ocmin=101')).toMatchObject({ attrs: {}, cannotKeep: ['bad-attr', 'bad-attr', 'bad-attr', 'bad-attr'] });
    expect(attrs('obproxy=sip:10.0.0.9')).toMatchObject({ attrs: { obproxy: 'sip:10.0.0.9' }, warnings: ['obproxy'], cannotKeep: [] });
  });

  it('leaves out a ping_from that is no URI', () => {
    expect(attrs('ping_from=nobody')).toMatchObject({ pingFrom: null, attrs: {}, cannotKeep: ['bad-attr'] });
  });

  it.each([['weight=heavy', ['bad-weight']], ['weight=70000', ['bad-weight']], ['a=1;a=2', ['attr-twice']]])('warns of %s', (text, codes) => {
    expect(attrs(text).warnings).toEqual(codes);
  });

  it.each([['=x', 'attr-without-name'], ['a b=x', 'attr-name'], [`a=${'x'.repeat(300)}`, 'attr-too-long']])('cannot keep %s', (text, code) => {
    expect(attrs(text)).toMatchObject({ attrs: {}, cannotKeep: [code] });
  });

  it('is not fooled by __proto__', () => {
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(attrs('constructor=x').attrs).toEqual({ constructor: 'x' });
    expect(Object.getPrototypeOf(attrs('__proto__=x').attrs)).toBe(Object.prototype);
  });

  it('reads no attributes at all', () => {
    expect(attrs(null)).toMatchObject({ attrs: {}, weight: null, pingFrom: null });
  });
});

describe('flags of a destination', () => {
  const module = (flags: number, uri = 'sip:10.0.0.1') => {
    const warnings = new Notes();
    const cannotKeep = new Notes();
    return { ...readModuleFlags(flags, uri, 'dispatcher:2', warnings, cannotKeep), warnings: warnings.list().map((note) => note.code), cannotKeep: cannotKeep.list().map((note) => note.code) };
  };

  it.each([
    [0, null, false, [], []],
    [1, null, false, ['state-flag'], []],
    [2, null, false, ['state-flag'], []],
    [4, 'disabled', false, [], []],
    [5, 'disabled', false, [], []],
    [8, null, false, [], []],
    [32, null, true, [], []],
    [36, 'disabled', true, [], []],
    [64, null, false, ['unknown-flags'], []],
  ])('the module reads %i', (flags, admin, noProbe, warnings, cannotKeep) => {
    expect(module(flags)).toEqual({ admin, noProbe, warnings, cannotKeep });
  });

  it('the module\'s 16 (no DNS) matters for a host name only', () => {
    expect(module(16).cannotKeep).toEqual([]);
    expect(module(16, 'sip:pbx.example:5060').cannotKeep).toEqual(['no-dns-flag']);
    expect(module(16, 'sip:[2001:db8::1]:5060').cannotKeep).toEqual([]);
  });

  it.each([
    [1, [1, 3], { algorithm: 7, hashOn: 'from-user' }], [2, [1], { algorithm: 7, hashOn: 'to-user' }], [3, [1], { algorithm: 7, hashOn: 'ruri-user' }],
    [1, [1, 2], { algorithm: 1 }], [4, [1, 1], { algorithm: 4 }], [1, [], { algorithm: 1 }],
  ] as const)('flag 1 of SIP Router Notes makes of algorithm %i with flags %j: %j', (algorithm, flags, choice) => {
    expect(notesChoice(algorithm, flags)).toEqual(choice);
  });

  it('SIP Router Notes read 1 as "hash the user part" and 2 as failover, and nothing else', () => {
    const read = (flags: number, algorithm: Algorithm = 4) => {
      const warnings = new Notes();
      const cannotKeep = new Notes();
      readNotesFlags(flags, algorithm, 'dispatcher:2', warnings, cannotKeep);
      return [warnings.list().map((note) => note.code), cannotKeep.list().map((note) => note.code)];
    };
    expect(read(0)).toEqual([[], []]);
    expect(read(1)).toEqual([[], ['hash-user-only']]);
    expect(read(1, 1)).toEqual([[], ['hash-user-only']]);
    expect(read(1, 7)).toEqual([[], []]);
    expect(read(2)).toEqual([[], []]);
    expect(read(3)).toEqual([[], ['hash-user-only']]);
    expect(read(4)).toEqual([['unknown-flags'], []]);
  });
});

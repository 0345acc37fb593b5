import { describe, expect, it } from 'vitest';
import { deliberateRemovals, mergeAllowances } from '../../../controlplane/push/allowance.ts';
import { chunkTexts, mergeRevisions } from '../../../controlplane/push/batches.ts';
import type { Revision, WireOp } from '../../../controlplane/push/ports.ts';
import { parseRowLine } from '../../../dataplane/contract/frames.ts';
import { emptyHashes } from '../../../dataplane/contract/hash.ts';
import type { TableName } from '../../../dataplane/contract/rows.ts';
import { channel } from '../../../dataplane/contract/wire.ts';
import type { WireRow } from '../../../dataplane/contract/wire.ts';

const op = (key: string, json: string | null, table: TableName = 'domain'): WireOp => ({ table, key, json });
const revision = (rev: number, ...ops: WireOp[]): Revision => ({ rev, ops, hashes: { ...emptyHashes, domain: String(rev).padStart(32, '0') } });

describe('merged revisions', () => {
  it('carry the last version of each row and the hashes of the last revision', () => {
    const last = revision(7, op('a', '3'), op('b', null));
    expect(mergeRevisions('e', 5, [revision(6, op('a', '1'), op('b', '2'), op('b', '2', 'node')), last])).toMatchObject({
      epoch: 'e', from: 5, to: 7, rows: [['domain', 'a', '3'], ['domain', 'b', null], ['node', 'b', '2']], hashes: last.hashes, small: true,
    });
  });

  it('are none over a gap, of nothing, and of too many rows', () => {
    expect(mergeRevisions('e', 5, [])).toBeNull();
    expect(mergeRevisions('e', 5, [revision(7)])).toBeNull();
    expect(mergeRevisions('e', 5, [revision(6), revision(8)])).toBeNull();
    const ops = Array.from({ length: channel.deltaRows + 1 }, (_, i) => op(`d${i}`, '{}'));
    expect(mergeRevisions('e', 5, [revision(6, ...ops)])).toBeNull();
  });

  it('may carry no row at all: the revision moves all the same', () => {
    expect(mergeRevisions('e', 5, [revision(6)])).toMatchObject({ rows: [], to: 6, small: true });
  });

  it('that are long travel as a stream', () => {
    expect(mergeRevisions('e', 5, [revision(6, ...Array.from({ length: 2_000 }, (_, i) => op(`d${i}`, '{"some":"json text"}')))])).toMatchObject({ small: false });
  });
});

describe('deliberate removals', () => {
  it('are those of one object and its children', () => {
    expect(deliberateRemovals([
      revision(1, op('10', null, 'dispatcherSet'), op('1', null, 'destination'), op('2', null, 'destination')),
      revision(2, op('a', null)),
      revision(3, op('b', null)),
    ])).toEqual({ dispatcherSet: 1, destination: 2, domain: 2 });
  });

  it('are not those of several objects, or of more than a hundred rows', () => {
    expect(deliberateRemovals([revision(1, op('a', null), op('b', null))])).toEqual({});
    expect(deliberateRemovals([revision(1, op('a', null), op('1', null, 'tenant'))])).toEqual({});
    expect(deliberateRemovals([revision(1, ...Array.from({ length: 101 }, (_, i) => op(String(i), null, 'rule')))])).toEqual({});
  });

  it('add up to the larger allowance', () => {
    expect(mergeAllowances({ domain: 5, node: 1 }, { domain: 3, rule: 2 })).toEqual({ domain: 5, node: 1, rule: 2 });
  });
});

describe('chunks', () => {
  const rows = (count: number, json = '{}'): WireRow[] => Array.from({ length: count }, (_, i) => ['domain', `d${i}`, json]);

  it('hold at most so many rows, all of them in order', () => {
    const texts = [...chunkTexts(rows(2_500), 1_000)];
    expect(texts.map((text) => text.split('\n').length)).toEqual([1_000, 1_000, 500]);
    expect(texts.flatMap((text) => text.split('\n')).map(parseRowLine)).toEqual(rows(2_500));
    expect([...chunkTexts([], 10)]).toEqual([]);
  });

  it('hold at most so many bytes, but any single row', () => {
    const long = JSON.stringify({ x: 'x'.repeat(60_000) });
    for (const text of chunkTexts(rows(20, long), 1_000)) expect(text.length).toBeLessThanOrEqual(channel.chunkBytes);
    expect([...chunkTexts(rows(2, JSON.stringify({ x: 'x'.repeat(300_000) })), 10)]).toHaveLength(2);
  });
});

import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { rowLine } from '../../../dataplane/contract/frames.ts';
import type { NodeEvent } from '../../../dataplane/sync/node-events.ts';
import { feedChunk } from '../../../dataplane/sync/stream-reader.ts';

async function feed(body: Buffer, now: () => number = () => 0): Promise<NodeEvent[]> {
  const events: NodeEvent[] = [];
  await feedChunk({ batch: 3, seq: 5, body }, (event) => { events.push(event); }, now);
  return events;
}

const text = (count: number): string => Array.from({ length: count }, (_, i) => rowLine('node', `n${i}`, '{}')).join('\n');

describe('a chunk', () => {
  it('becomes slices of rows and an end', async () => {
    const events = await feed(gzipSync(text(40)));
    expect(events.map((event) => event.type)).toEqual(['rows', 'rows', 'rows', 'chunk-end']);
    const keys = events.flatMap((event) => (event.type === 'rows' ? event.rows.map((row) => row[1]) : []));
    expect(keys).toEqual(Array.from({ length: 40 }, (_, i) => `n${i}`));
    expect(events.every((event) => !('batch' in event) || event.batch === 3)).toBe(true);
  });

  it('lets the event loop turn when 2 ms are over', async () => {
    let clock = 0;
    let turns = 0;
    const counting = setImmediate(function count() {
      turns++;
      immediate = setImmediate(count);
    });
    let immediate = counting;
    await feed(gzipSync(text(160)), () => (clock += 3));
    clearImmediate(immediate);
    expect(turns).toBeGreaterThan(5);
  });

  it.each<[string, Buffer, RegExp]>([
    ['that is no gzip', Buffer.from('nonsense'), /header/],
    ['that is cut', gzipSync(text(5)).subarray(0, 30), /unexpected end/],
    ['that unpacks to far too much', gzipSync(Buffer.alloc(8_000_000)), /larger than|Cannot create/],
    ['with a line that is no row', gzipSync(`${text(2)}\n[]`), /no row/],
    ['with too many rows', gzipSync(text(1_001)), /more than 1000/],
  ])('%s is broken', async (_what, body, detail) => {
    const last = (await feed(body)).at(-1);
    expect(last).toMatchObject({ type: 'chunk-broken', batch: 3, detail: expect.stringMatching(detail) });
  });
});

import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { Feed } from '../../../controlplane/push/feed.ts';
import { Streams } from '../../../controlplane/push/streams.ts';
import { parseRowLine } from '../../../dataplane/contract/frames.ts';
import { sameHashes } from '../../../dataplane/contract/hash.ts';
import { MemorySource } from '../../integration/push/memory-source.ts';
import { domain, tenant } from '../../integration/push/rows.ts';

let clock: number;
let source: MemorySource;
let reads: string[];
let feed: Feed;

beforeEach(() => {
  clock = 0;
  source = new MemorySource('e1');
  reads = [];
  for (const name of ['head', 'hashesAt', 'revisionsAfter'] as const) {
    const real = source[name].bind(source) as (...args: number[]) => Promise<never>;
    Object.assign(source, { [name]: (...args: number[]) => { reads.push(name); return real(...args); } });
  }
  feed = new Feed(source, () => clock);
});

describe('the feed', () => {
  it('reads the head once for many who ask at once, and again when it has aged', async () => {
    await Promise.all([feed.head(), feed.head(), feed.head()]);
    expect(reads.filter((name) => name === 'head').length).toBeLessThanOrEqual(2);
    reads.length = 0;
    await feed.head();
    expect(reads).toEqual([]);
    clock = 1_000;
    await feed.head();
    expect(reads).toEqual(['head']);
  });

  it('serves recent revisions from memory, the same batch to everyone', async () => {
    await feed.refresh();
    source.write([tenant(1)]);
    source.write([domain('a.example', 1, 1)]);
    await feed.refresh();
    reads.length = 0;
    const [one, other] = await Promise.all([feed.view(0), feed.view(0)]);
    expect(one.batch).toMatchObject({ epoch: 'e1', from: 0, to: 2, rows: { length: 2 } });
    expect(other.batch).toBe(one.batch);
    expect((await feed.view(1)).hashesAt).toBeTruthy();
    expect(reads.filter((name) => name === 'revisionsAfter')).toEqual([]);
  });

  it('reads older revisions from the log, page by page', async () => {
    for (let i = 0; i < 1_200; i++) source.write([domain(`d${i % 7}.example`, 1, i)]);
    const view = await feed.view(3);
    expect(view.batch).toMatchObject({ from: 3, to: 1_200 });
    expect(reads.filter((name) => name === 'revisionsAfter')).toHaveLength(3);
    expect(view.hashesAt).toEqual(await source.hashesAt(3));
  });

  it('has no way from a revision that was pruned, and none from the future', async () => {
    source.write([tenant(1)]);
    source.write([tenant(2)]);
    source.prune();
    source.write([tenant(3)]);
    expect((await feed.view(1)).batch).toBeNull();
    expect(await feed.view(9)).toMatchObject({ hashesAt: null, batch: null });
    expect((await feed.view(3)).hashesAt).toEqual((await source.head()).hashes);
  });

  it('forgets what it kept when the database was restored', async () => {
    await feed.refresh();
    source.write([tenant(1)]);
    await feed.refresh();
    source.restore('e2', 1, [tenant(5)]);
    source.write([tenant(6)]);
    await feed.refresh();
    const view = await feed.view(1);
    expect(view.head.epoch).toBe('e2');
    expect(view.batch).toMatchObject({ epoch: 'e2', rows: [['tenant', '6', expect.anything()]] });
    expect((await feed.view(0)).batch).toBeNull();
  });

  it('does not mix two histories when a restore falls between two reads', async () => {
    for (let i = 1; i < 5; i++) source.write([tenant(i)]);
    const real = source.revisionsAfter.bind(source);
    source.revisionsAfter = async (rev, limit) => {
      const revisions = await real(rev, limit);
      source.epoch = 'e2';
      return revisions;
    };
    expect((await feed.view(1)).batch).toBeNull();
  });

  it('passes the database\'s absence on, and recovers', async () => {
    source.away = true;
    await expect(feed.view(0)).rejects.toThrow('away');
    source.away = false;
    expect((await feed.view(0)).head.rev).toBe(0);
  });
});

describe('snapshots', () => {
  it('are built once for everyone, in chunks of full size', async () => {
    source.write(Array.from({ length: 2_300 }, (_, i) => domain(`d${i}.example`, 1, 1)));
    const streams = new Streams(source, feed);
    const [one, other] = await Promise.all([streams.newest(), streams.newest()]);
    expect(other).toBe(one);
    expect(source.snapshots).toBe(1);
    expect(one.shape).toMatchObject({ kind: 'snapshot', to: 1, chunks: 3, rows: 2_300 });
    const rows = one.chunks.flatMap((chunk) => gunzipSync(chunk).toString('utf8').split('\n').map(parseRowLine));
    expect(new Set(rows.map((row) => row?.[1])).size).toBe(2_300);
  });

  it('serve on while the log leads from them to the head, and are built anew otherwise', async () => {
    source.write([tenant(1)]);
    const streams = new Streams(source, feed);
    const first = await streams.newest();
    source.write([tenant(2)]);
    clock += 1_000;
    expect(await streams.newest()).toBe(first);
    source.prune();
    source.write([tenant(3)]);
    clock += 1_000;
    const second = new Streams(source, new Feed(source, () => clock));
    expect((await second.newest()).shape.to).toBe(3);
    source.restore('e2', 1, [tenant(9)]);
    clock += 1_000;
    expect((await second.newest()).shape).toMatchObject({ epoch: 'e2', to: 1 });
    second.forget();
    expect(sameHashes((await second.newest()).shape.hashes, (await source.head()).hashes)).toBe(true);
  });

  it('are tried again after a failure', async () => {
    source.write([tenant(1)]);
    const streams = new Streams(source, feed);
    source.away = true;
    await expect(streams.newest()).rejects.toThrow('away');
    source.away = false;
    expect((await streams.newest()).shape.to).toBe(1);
  });
});

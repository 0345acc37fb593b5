/** A big table over the real channel: 200,000 domains, a million in a full run. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { combinedHash } from '../../../dataplane/contract/hash.ts';
import { readLastKnownGood } from '../../../dataplane/sync/last-known-good.ts';
import { until } from '../../harness/deadline.ts';
import { full } from '../../harness/length.ts';
import { domain, removal, routeSet, tenant } from './rows.ts';
import { World } from './world.ts';

const size = full ? 1_000_000 : 200_000;
const patienceMs = 150_000;

let world: World;

beforeEach(async () => {
  world = await World.open();
});

afterEach(async () => {
  await world.close();
});

describe(`a snapshot of ${size} domains`, () => {
  it('comes packed, is kept packed, and goes on in single rows', { timeout: 2 * patienceMs }, async () => {
    const folder = await world.folder();
    const node = await world.node('n1', folder);
    world.source.write([tenant(1), routeSet(1), routeSet(2), ...Array.from({ length: size }, (_, i) => domain(`d${i}.example`, 1, 1))]);
    const inStep = async (): Promise<boolean> => {
      const head = await world.source.head();
      return node.status.rev === head.rev && node.status.hash === combinedHash(head.hashes);
    };
    await until('the node has all rows', patienceMs, async () => ((await inStep()) ? true : null));
    expect(node.status.rows['domain']).toBe(size);
    const first = node.commits.at(-1);
    expect([first?.origin, first?.packed.map((one) => one.table), first?.ops.length]).toEqual(['snapshot', ['domain'], 3]);
    // Shared memory: 18 bytes of head, 14 of name, 6.4 of slots a row.
    expect(first?.packed[0]?.buffer.byteLength).toBeLessThan(50 * size);

    world.source.write([domain('d5.example', 1, 2), removal(domain('d6.example', 1, 1)), domain('new.example', 1, 2)]);
    await until('the node has the change', patienceMs, async () => ((await inStep()) ? true : null));
    expect(node.commits.at(-1)).toMatchObject({ origin: 'delta', packed: [], ops: [{ key: 'd5.example' }, { key: 'new.example' }, { key: 'd6.example', row: null }] });
    expect(world.logs.filter((text) => /too slow|protocol/.test(text))).toEqual([]);
    await node.client.close();

    const kept = await readLastKnownGood(folder, 0);
    expect([kept.warnings, kept.replica.hash === node.status.hash, kept.replica.tables.domain.size, kept.packed.length, kept.ops.length]).toEqual([[], true, size, 1, 6]);
  });
});

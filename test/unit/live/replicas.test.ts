import { describe, expect, it } from 'vitest';
import type { NodeRecord } from '../../../controlplane/auth/stores.ts';
import { Live } from '../../../controlplane/live/live.ts';
import { readShared } from '../../../controlplane/live/shared-facts.ts';
import type { SharedFacts, SharedFactsStore } from '../../../controlplane/live/shared-facts.ts';
import type { ChangeSource } from '../../../controlplane/push/ports.ts';
import { emptyHashes } from '../../../dataplane/contract/hash.ts';

const head = { epoch: 'e', rev: 7, hashes: emptyHashes };
const changes: ChangeSource = {
  head: async () => head,
  hashesAt: async () => head.hashes,
  revisionsAfter: async () => [],
  snapshot: async () => ({ head, rows: (async function* () {})() }),
  onWake: () => () => {},
};

/** A database that two control planes share. */
class World {
  now = 1_000_000;
  readonly rows = new Map<string, SharedFacts>();
  readonly nodes: NodeRecord[] = [{ id: 'n1', name: 'ams-1', draining: false, lastSeenAtMs: null }];
  private readonly store: SharedFactsStore = {
    save: async (id, facts) => {
      const copy = readShared(JSON.parse(JSON.stringify(facts)));
      if (copy !== null) this.rows.set(id, copy);
    },
    leave: async (id, replica) => {
      if (this.rows.get(id)?.replica === replica) this.rows.delete(id);
    },
    load: async () => new Map(this.rows),
  };

  async replica(): Promise<Live> {
    const live = new Live({
      changes, revisions: { latest: async () => [], after: async () => [] },
      events: { add: async () => [], list: async () => [], prune: async () => {} },
      nodes: { list: async () => this.nodes, seen: async () => {} }, shared: this.store, now: () => this.now, log: () => {},
    });
    await live.start();
    return live;
  }
}

/** Two ticks write and read once. */
async function ticks(world: World, ...replicas: Live[]): Promise<void> {
  for (let i = 0; i < 2; i += 1) {
    world.now += 2_000;
    for (const replica of replicas) replica.tick();
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const replica of replicas) await replica.refreshNodes();
}

function come(live: Live, boot = 'b'): void {
  live.sink.hello({ id: 'n1', name: 'ams-1' }, { boot, version: '0.1.0', rev: 7, epoch: 'e', capabilities: [], address: '127.0.0.1' });
  live.sink.state('n1', 'in-step', '');
  live.sink.report('n1', {
    counters: { calls_total: 0 }, gauges: { calls: 12, workers: 2 },
    destinations: [{ id: 5, state: 'up', reason: { kind: 'code', code: 200 }, sinceMs: 1, lastProbeMs: 1, latencyMs: { last: 1, avg: 2, max: 3 }, calls: 4 }],
  });
}

describe('two control planes over one database', () => {
  it('both show a node that one of them holds, and raise no alarm for it', async () => {
    const world = new World();
    const [one, two] = [await world.replica(), await world.replica()];
    come(one);
    await ticks(world, one, two);
    world.now += 60_000;
    come(one);
    await ticks(world, one, two);
    for (const live of [one, two]) {
      expect(live.nodes()).toMatchObject([{ name: 'ams-1', state: 'in-step', rev: 7, headRev: 7, lagMs: 0, calls: 12, workers: 2, version: '0.1.0' }]);
      expect(await live.overview('10m')).toMatchObject({ nodes: { total: 1, inStep: 1, connected: 1 }, calls: 12, alarms: [] });
      expect(live.destinations.destination(5)).toMatchObject([{ nodeName: 'ams-1', state: 'up', reasonText: 'answered 200' }]);
    }
    expect(one.registry.here().map((node) => node.name)).toEqual(['ams-1']);
    expect(two.registry.here()).toEqual([]);
    expect(two.registry.connected('ams-1')?.remote).toBe(true);
    await Promise.all([one.close(), two.close()]);
  });

  it('follow a node that moves from one to the other', async () => {
    const world = new World();
    const [one, two] = [await world.replica(), await world.replica()];
    come(one);
    await ticks(world, one, two);
    come(two);
    await ticks(world, two);
    one.sink.gone('n1', 'superseded');
    await ticks(world, one, two);
    expect(one.registry.here()).toEqual([]);
    expect(one.nodes()).toMatchObject([{ state: 'in-step', calls: 12 }]);
    expect(two.nodes()).toMatchObject([{ state: 'in-step', calls: 12 }]);
    await Promise.all([one.close(), two.close()]);
  });

  it('miss a node when the control plane that held it has died', async () => {
    const world = new World();
    const [one, two] = [await world.replica(), await world.replica()];
    come(one);
    await ticks(world, one, two);
    world.now += 40_000;
    await ticks(world, two);
    expect(two.nodes()).toMatchObject([{ state: 'gone' }]);
    expect((await two.overview('10m')).alarms).toMatchObject([{ id: 'node:n1:gone', severity: 'error' }]);
    await Promise.all([one.close(), two.close()]);
  });

  it('do not believe what they wrote themselves before a restart, nor what is not whole', async () => {
    expect(readShared(null)).toBeNull();
    expect(readShared({})).toBeNull();
    expect(readShared({ replica: 'x', atMs: 1, state: 'in-step' })).toBeNull();
    const world = new World();
    const one = await world.replica();
    come(one);
    await ticks(world, one);
    one.sink.gone('n1', 'closed');
    await ticks(world, one);
    expect(world.rows.size).toBe(0);
    expect(one.nodes()).toMatchObject([{ state: 'gone' }]);
    await one.close();
  });
});

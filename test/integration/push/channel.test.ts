/** Real client, real gateway, a loopback websocket between them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { badDomain, domain, removal, routeSet, tenant } from './rows.ts';
import { World } from './world.ts';

let world: World;

beforeEach(async () => {
  world = await World.open();
  world.source.write([tenant(1), routeSet(1), routeSet(2), domain('a.example', 1, 1)]);
});

afterEach(async () => {
  await world.close();
});

describe('edits', () => {
  it('start with a snapshot and go on as deltas', async () => {
    const node = await world.node('n1');
    await node.at(1);
    expect(node.view.get('domain a.example')).toContain('"routeSet":1');
    const rev = world.source.write([domain('a.example', 1, 2)]);
    await node.at(rev);
    expect(node.view.get('domain a.example')).toContain('"routeSet":2');
    expect(node.commits.map((commit) => commit.origin)).toEqual(['snapshot', 'delta']);
    expect(world.source.snapshots).toBe(1);
    await world.watch.until('the sink knows it in step', () => world.sink.states.at(-1)?.state === 'in-step');
  });

  it('are reported to whoever waits for them, node by node', async () => {
    const nodes = [await world.node('n1'), await world.node('n2')];
    for (const node of nodes) await node.at(1);
    const rev = world.source.write([domain('b.example', 1, 1)], true);
    const report = await world.gateway.waitApplied(rev, 5_000);
    expect(report.missing).toEqual([]);
    expect(report.applied.map((entry) => entry.node).sort()).toEqual(['n1', 'n2']);
    for (const node of nodes) expect(node.view.has('domain b.example')).toBe(true);
  });

  it('name the nodes that did not get there in time', async () => {
    const node = await world.node('n1');
    await node.at(1);
    let release = (): void => undefined;
    node.beforeCommit = () => new Promise((resolve) => { release = resolve; });
    const report = await world.gateway.waitApplied(world.source.write([domain('b.example', 1, 1)]), 50);
    expect(report).toMatchObject({ applied: [], missing: [{ node: 'n1', name: 'n1' }] });
    release();
    await node.at(2);
  });

  it('answer at once when no node is connected', async () => {
    expect(await world.gateway.waitApplied(1, 5_000)).toEqual({ applied: [], missing: [] });
  });

  it('that are lost on the way to the gateway are found by asking again', async () => {
    const node = await world.node('n1');
    await node.at(1);
    world.source.write([domain('b.example', 1, 1)], true);
    world.gateway.wake();
    await node.at(2);
  });

  it('made while a batch is applied follow as one batch', async () => {
    const node = await world.node('n1');
    await node.at(1);
    let release = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      node.beforeCommit = () => new Promise((go) => { release = go; resolve(); });
    });
    world.source.write([domain('b.example', 1, 1)]);
    await begun;
    node.beforeCommit = () => Promise.resolve();
    for (let i = 0; i < 5; i++) world.source.write([domain(`c${i}.example`, 1, 1)]);
    release();
    await node.at(7);
    expect(node.commits).toHaveLength(3);
  });

  it('too big for a frame travel as a stream of chunks', async () => {
    const node = await world.node('n1');
    await node.at(1);
    const rev = world.source.write(Array.from({ length: 7_000 }, (_, i) => domain(`d${i}.example`, 1, 1)));
    await node.at(rev);
    expect(node.view.size).toBe(7_004);
    expect(node.commits.at(-1)?.origin).toBe('delta');
    expect(world.source.snapshots).toBe(1);
  });
});

describe('a lost control plane', () => {
  it('is come back to without a snapshot', async () => {
    const node = await world.node('n1');
    await node.at(1);
    await world.killGateway();
    await world.watch.until('the node has noticed', () => node.status.connection !== 'connected');
    const rev = world.source.write([domain('b.example', 1, 1)]);
    await world.startGateway();
    await node.at(rev);
    expect(world.source.snapshots).toBe(1);
    expect(node.commits.map((commit) => commit.origin)).toEqual(['snapshot', 'delta']);
  });

  it('is replaced by the next one of the list', async () => {
    const node = world.add({ name: 'n1', folder: await world.folder(), nodeToken: 'token-n1', urls: ['ws://127.0.0.1:1/sync/v1', world.url] });
    world.directory.tokens.set('token-n1', { id: 'n1', name: 'n1' });
    await node.start();
    await node.at(1);
  });

  it('whose log was pruned meanwhile sends a snapshot', async () => {
    const node = await world.node('n1');
    await node.at(1);
    await world.killGateway();
    world.source.write([domain('b.example', 1, 1)]);
    const rev = world.source.write([domain('c.example', 1, 1)]);
    world.source.prune();
    await world.startGateway();
    await node.at(rev);
    expect(world.source.snapshots).toBe(2);
    // A snapshot, and yet only the difference reaches the workers.
    expect(node.commits.at(-1)).toMatchObject({ origin: 'snapshot', ops: [{ key: 'b.example' }, { key: 'c.example' }] });
  });

  it('whose database was restored is followed to the new epoch, also backwards', async () => {
    const node = await world.node('n1');
    await node.at(1);
    await node.at(world.source.write([domain('b.example', 1, 1)]));
    world.source.restore('e2', 1, [tenant(1), routeSet(1), domain('a.example', 1, 1)]);
    await node.at(1);
    expect(node.status.epoch).toBe('e2');
    expect([...node.view.keys()].sort()).toEqual(['domain a.example', 'routeSet 1', 'tenant 1']);
  });

  it('without its database keeps the node and serves it later', async () => {
    world.source.away = true;
    const node = await world.node('n1');
    await world.watch.until('the gateway has tried', () => world.logs.some((text) => text.includes('could not be read')));
    expect(node.status.rev).toBe(0);
    world.source.away = false;
    await node.at(1);
  });
});

describe('bad rows', () => {
  it('are quarantined: the good version stays, the rest of the batch applies, the reason goes up', async () => {
    const node = await world.node('n1');
    await node.at(1);
    const rev = world.source.write([badDomain('a.example'), domain('b.example', 1, 2)]);
    await node.at(rev);
    expect(node.view.get('domain a.example')).toContain('"routeSet":1');
    expect(node.view.has('domain b.example')).toBe(true);
    const applied = await world.watch.until('the sink knows', () => world.sink.appliedRevs.find((entry) => entry.rev === rev));
    expect(applied.quarantined).toMatchObject([{ table: 'domain', key: 'a.example' }]);
    expect(applied.quarantined[0]?.reason).toContain('/tenant: must be a whole number');
    await node.at(world.source.write([domain('a.example', 1, 2)]));
    expect(node.status.quarantined).toEqual([]);
    expect(node.view.get('domain a.example')).toContain('"routeSet":2');
  });

  it('that refer to what is missing wait for it', async () => {
    const node = await world.node('n1');
    await node.at(1);
    await node.at(world.source.write([domain('a.example', 1, 7)]));
    expect(node.status.quarantined).toMatchObject([{ key: 'a.example', reason: 'routeSet 7 is missing' }]);
    expect(node.view.get('domain a.example')).toContain('"routeSet":1');
    await node.at(world.source.write([routeSet(7)]));
    expect(node.status.quarantined).toEqual([]);
    expect(node.view.get('domain a.example')).toContain('"routeSet":7');
  });
});

describe('the shrink guard', () => {
  const many = Array.from({ length: 400 }, (_, i) => domain(`d${i}.example`, 1, 1));

  it('holds a mass delete until an operator confirms it', async () => {
    const node = await world.node('n1');
    await node.at(1);
    await node.at(world.source.write(many));
    const rev = world.source.write(many.slice(0, 300).map(removal));
    await world.watch.until('the batch is held', () => world.sink.states.at(-1)?.state === 'held');
    expect(node.status.held).toEqual([{ table: 'domain', had: 401, removed: 300 }]);
    expect(node.view.size).toBe(404);
    expect(world.gateway.connected()[0]).toMatchObject({ state: 'held', held: [{ table: 'domain', removed: 300 }] });
    expect(world.gateway.confirmShrink('n1')).toBe(true);
    await node.at(rev);
    expect(node.view.size).toBe(104);
    expect(world.gateway.confirmShrink('n1')).toBe(false);
  });

  it('keeps holding over a reconnect', async () => {
    const node = await world.node('n1');
    await node.at(1);
    await node.at(world.source.write(many));
    world.source.write(many.map(removal));
    await world.watch.until('the batch is held', () => world.sink.states.at(-1)?.state === 'held');
    await world.killGateway();
    await world.startGateway();
    const before = world.sink.states.length;
    await world.watch.until('the batch is held again', () => world.sink.states.slice(before).some((entry) => entry.state === 'held'));
    expect(node.view.size).toBe(404);
  });

  it('lets the deletion of one object pass, even of the last', async () => {
    const node = await world.node('n1');
    await node.at(1);
    await node.at(world.source.write([removal(domain('a.example', 1, 1))]));
    expect(node.view.has('domain a.example')).toBe(false);
  });

  it('holds a revision that empties a table by removing several objects', async () => {
    const node = await world.node('n1');
    await node.at(1);
    await node.at(world.source.write([domain('b.example', 1, 1)]));
    world.source.write([removal(domain('a.example', 1, 1)), removal(domain('b.example', 1, 1))]);
    await world.watch.until('the batch is held', () => world.sink.states.at(-1)?.state === 'held');
    expect(node.view.has('domain a.example')).toBe(true);
  });
});

describe('a batch that workers cannot apply', () => {
  it('comes again, and three times in a row shows the node as rejecting', async () => {
    const node = await world.node('n1');
    await node.at(1);
    node.beforeCommit = () => Promise.reject(new Error('a worker is stuck'));
    world.source.write([domain('b.example', 1, 1)]);
    const state = await world.watch.until('the node is rejecting', () => world.sink.states.find((entry) => entry.state === 'rejecting'));
    expect(state.detail).toContain('a worker is stuck');
    expect(node.status.rev).toBe(1);
  });
});

/** What goes up: reports, events, command results. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodeEvent } from '../../../dataplane/contract/wire.ts';
import { tenant } from './rows.ts';
import { World } from './world.ts';

let world: World;

beforeEach(async () => {
  world = await World.open();
  world.source.write([tenant(1)]);
});

afterEach(async () => {
  await world.close();
});

const fact = (n: number): NodeEvent => ({ atMs: n, kind: 'destination.down', subject: String(n), text: `destination ${n} is down`, detail: { n } });

describe('reports', () => {
  it('go up at once, and the newest that waited goes up on connecting', async () => {
    const node = await world.node('n1');
    node.client.report({ counters: { calls_total: 1 }, gauges: {}, destinations: [] });
    node.client.report({ counters: { calls_total: 2 }, gauges: {}, destinations: [] });
    await node.at(1);
    node.client.report({
      counters: { calls_total: 3 }, gauges: { workers: 1 },
      destinations: [{ id: 7, state: 'down', reason: { kind: 'code', code: 503 }, sinceMs: 1, lastProbeMs: 2, latencyMs: { last: 1, avg: 1, max: 1 }, calls: 0 }],
    });
    await world.watch.until('both have arrived', () => world.sink.reports.length === 2);
    expect(world.sink.reports.map((report) => report.counters['calls_total'])).toEqual([2, 3]);
  });
});

describe('events', () => {
  it('arrive in order, once, over a lost connection', async () => {
    const node = await world.node('n1');
    node.client.events([fact(1), fact(2)]);
    await node.at(1);
    await world.watch.until('the first have arrived', () => world.sink.facts.length === 2);
    await world.killGateway();
    node.client.events(Array.from({ length: 250 }, (_, i) => fact(3 + i)));
    await world.startGateway();
    await world.watch.until('the rest has arrived', () => world.sink.facts.length === 252);
    expect(world.sink.facts.map((event) => event.atMs)).toEqual(Array.from({ length: 252 }, (_, i) => i + 1));
  });
});

describe('commands', () => {
  it('run on the node and bring its answer', async () => {
    const node = await world.node('n1');
    await node.at(1);
    expect(await world.gateway.command('n1', 'probe.now', { destination: 7 }, 5_000)).toEqual({ ok: true, value: { name: 'probe.now', args: { destination: 7 } } });
    expect(await world.gateway.command('n1', 'fail', null, 5_000)).toEqual({ ok: false, error: { code: 'failed', message: 'no such thing' } });
    expect(node.commands).toEqual(['probe.now', 'fail']);
  });

  it('wait for a node that is away, and expire', async () => {
    expect(await world.gateway.command('n1', 'probe.now', null, 20)).toMatchObject({ ok: false, error: { code: 'expired' } });
    const answer = world.gateway.command('n1', 'probe.now', null, 8_000);
    const node = await world.node('n1');
    expect(await answer).toMatchObject({ ok: true });
    expect(node.commands).toEqual(['probe.now']);
  });

  it('are answered when the control plane stops', async () => {
    const answer = world.gateway.command('n1', 'probe.now', null, 60_000);
    await world.killGateway();
    expect(await answer).toMatchObject({ ok: false, error: { code: 'closed' } });
    await world.startGateway();
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AddressInfo } from 'node:net';
import type { DestinationHealth, HealthState } from '../../../dataplane/contract/health.ts';
import type { LiveEvents, StoredEvent } from '../../../controlplane/contract/events.ts';
import type { NodeItem } from '../../../controlplane/contract/nodes.ts';
import { createSharedFactsStore } from '../../../controlplane/db/repositories/shared-facts-store.ts';
import { toShared } from '../../../controlplane/live/shared-facts.ts';
import type { Overview } from '../../../controlplane/contract/overview.ts';
import { EventStreamClient } from '../../harness/event-stream.ts';
import { adminToken, InProcessControlPlane, startDeadlineMs } from '../../harness/control-plane.ts';

let plane: InProcessControlPlane;
let base = '';
let node = { id: '', name: '' };
const destinations: number[] = [];
const bearer = { authorization: `Bearer ${adminToken}` };

beforeAll(async () => {
  plane = await InProcessControlPlane.start();
  await plane.app.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${(plane.app.server.address() as AddressInfo).port}`;
  await plane.ask('PUT', '/tenants/acme', { name: 'Acme' });
  const { body } = await plane.ask<{ destinations: { id: number }[] }>('PUT', '/dispatcher-sets/10', { name: 'acme pbx', tenant: 'acme', algorithm: 8, destinations: [{ uri: 'sip:10.0.1.10' }, { uri: 'sip:10.0.1.11', rank: 2 }] });
  destinations.push(...body.destinations.map((destination) => destination.id));
  await plane.ask('PUT', '/route-sets/1', { name: 'acme', tenant: 'acme', rules: [{ match: { type: 'any' }, sets: [10] }] });
  await plane.ask('PUT', '/domains/sip.acme.example', { tenant: 'acme', routeSet: 1 });
  const { token } = (await plane.ask<{ token: string }>('POST', '/nodes/join-tokens', {})).body;
  node = (await plane.runtime.auth.directory.join(token, 'ams-1'))?.node ?? node;
  await settled();
}, startDeadlineMs);
afterAll(() => plane.close());

async function settled(): Promise<void> {
  plane.runtime.live.mirror.wake();
  await plane.runtime.live.mirror.settled();
}

function health(id: number, state: HealthState, sinceMs = 1_000): DestinationHealth {
  return {
    id, state, sinceMs, lastProbeMs: sinceMs, calls: 3, latencyMs: state === 'up' ? { last: 2, avg: 4, max: 9 } : { last: -1, avg: -1, max: -1 },
    reason: state === 'up' ? { kind: 'code', code: 200 } : { kind: 'timeout' },
  };
}

/** What the push gateway tells when a node comes. */
async function come(): Promise<void> {
  const { sink } = plane.runtime.live;
  const head = await plane.runtime.changes.head();
  sink.hello(node, { boot: 'boot-1', version: '0.1.0', rev: head.rev, epoch: head.epoch, capabilities: [], address: '127.0.0.1' });
  sink.state(node.id, 'in-step', '');
  sink.applied(node.id, head.rev, 5, []);
}

function report(states: readonly HealthState[], sinceMs = 1_000, calls = 0): void {
  plane.runtime.live.sink.report(node.id, {
    counters: { calls_total: calls, invites_total: calls, invite_failed_total: 0 }, gauges: { workers: 2, calls: 6, rss_bytes: 1e8, loop_delay_ms: 0.5 },
    destinations: states.map((state, index) => health(destinations[index] ?? 0, state, sinceMs)),
  });
}

describe('nodes', () => {
  it('that joined and never came are listed as gone', async () => {
    const { body } = await plane.ask<NodeItem[]>('GET', '/nodes');
    expect(body).toMatchObject([{ id: node.id, name: 'ams-1', state: 'gone', rev: 0, connectedSinceMs: null }]);
  });

  it('that are there show what they run and how they fare', async () => {
    await come();
    report(['up', 'up']);
    const head = await plane.runtime.changes.head();
    const { body } = await plane.ask<NodeItem>('GET', `/nodes/${node.id}`);
    expect(body).toMatchObject({
      state: 'in-step', version: '0.1.0', rev: head.rev, headRev: head.rev, lagMs: 0, workers: 2, calls: 6, memoryBytes: 1e8, loopDelayMs: 0.5, draining: false, quarantined: [], boot: 'boot-1',
    });
  });

  it('fall behind with the next revision and catch up', async () => {
    const { body: tenant } = await plane.ask<{ rev: number }>('PATCH', '/tenants/acme', { comment: 'x', name: 'Acme Ltd' });
    await settled();
    const behind = (await plane.ask<NodeItem>('GET', `/nodes/${node.id}`)).body;
    expect(behind.headRev).toBe(tenant.rev);
    expect(behind.rev).toBeLessThan(tenant.rev);
    expect(behind.lagMs).toBeGreaterThanOrEqual(0);
    plane.runtime.live.sink.applied(node.id, tenant.rev, 3, [{ table: 'destination', key: '17', reason: 'no port' }]);
    const again = (await plane.ask<NodeItem>('GET', `/nodes/${node.id}`)).body;
    expect(again).toMatchObject({ rev: tenant.rev, lagMs: 0, quarantined: [{ table: 'destination', key: '17', reason: 'no port' }] });
  });
});

describe('a dispatcher set', () => {
  it('shows what each node sees of its destinations', async () => {
    report(['up', 'down']);
    const { body } = await plane.ask<{ destinations: { live: object[] }[] }>('GET', '/dispatcher-sets/10');
    expect(body.destinations.map((destination) => destination.live)).toMatchObject([
      [{ node: node.id, nodeName: 'ams-1', state: 'up', reasonText: 'answered 200', latencyMs: { avg: 4 }, calls: 3 }],
      [{ nodeName: 'ams-1', state: 'down', reasonText: 'no answer in time' }],
    ]);
  });
});

describe('the overview', () => {
  it('counts, raises alarms and clears them', async () => {
    report(['down', 'down'], 2_000);
    plane.runtime.live.tick();
    const worst = (await plane.ask<Overview>('GET', '/overview')).body;
    expect(worst).toMatchObject({ nodes: { total: 1, inStep: 1, connected: 1 }, destinations: { up: 0, down: 2 }, calls: 6 });
    expect(Object.fromEntries(worst.alarms.map((alarm) => [alarm.id, alarm.severity]))).toEqual({
      [`node:${node.id}:quarantined`]: 'error', 'set:10': 'error', [`destination:${destinations[0]}`]: 'warning', [`destination:${destinations[1]}`]: 'warning',
    });
    expect(worst.alarms[0]?.severity).toBe('error');
    report(['up', 'up'], 3_000);
    plane.runtime.live.sink.applied(node.id, (await plane.runtime.changes.head()).rev, 1, []);
    const well = (await plane.ask<Overview>('GET', '/overview')).body;
    expect(well.alarms).toEqual([]);
    expect(well).toMatchObject({ destinations: { up: 2, down: 0 } });
    expect(well.changes[0]?.summary).toContain('acme');
    expect(well.series.calls).toHaveLength(60);
    expect(well.series.calls.at(-1)).toBeGreaterThan(0);
    expect((await plane.ask<Overview>('GET', '/overview?span=1h')).body.series.stepMs).toBe(60_000);
  });

  it('counts a drained destination by its admin state, not its health', async () => {
    await plane.ask('PATCH', `/destinations/${destinations[1]}`, { admin: 'draining' });
    await settled();
    expect((await plane.ask<Overview>('GET', '/overview')).body.destinations).toMatchObject({ up: 1, draining: 1 });
    await plane.ask('PATCH', `/destinations/${destinations[1]}`, { admin: 'enabled' });
    await settled();
  });
});

describe('explain', () => {
  const ask = async (body: object) => plane.ask<{ rev: number; node: string | null; decision: Record<string, unknown>; steps: { step: string; text: string }[] }>('POST', '/explain', body);

  it('decides with the health that a node sees now', async () => {
    report(['up', 'up'], 4_000);
    const up = await ask({ uri: 'sip:1001@sip.acme.example', source: 'udp:192.0.2.7:5060' });
    expect(up.body).toMatchObject({ node: 'ams-1', decision: { action: 'forward', tenant: 'acme', domain: 'sip.acme.example', routeSet: 1, set: 10, destination: destinations[0], uri: 'sip:10.0.1.10' } });
    expect(up.body.steps.length).toBeGreaterThan(2);
    report(['down', 'up'], 5_000);
    expect((await ask({ uri: 'sip:1001@sip.acme.example', node: 'ams-1' })).body.decision).toMatchObject({ uri: 'sip:10.0.1.11' });
    report(['down', 'down'], 6_000);
    expect((await ask({ uri: 'sip:1001@sip.acme.example' })).body.decision).toMatchObject({ action: 'reply', status: 503 });
    report(['up', 'up'], 7_000);
  });

  it('says what an unknown domain gets', async () => {
    expect((await ask({ uri: 'sip:x@nowhere.example' })).body.decision).toMatchObject({ action: 'drop' });
  });

  it('takes the time, the credentials and the headers of the request', async () => {
    await plane.ask('PUT', '/route-sets/77', { name: 'weekend', tenant: 'acme', rules: [{ match: { type: 'any' }, sets: [10], windows: [{ timezone: 'Europe/Berlin', days: [6, 7], from: '00:00', to: '24:00' }] }] });
    await plane.ask('PUT', '/domains/weekend.example', { tenant: 'acme', routeSet: 77 });
    expect(await plane.ask('PUT', '/aliases/sales@old.example', { target: '1001@weekend.example', tenant: 'acme' })).toMatchObject({ status: 201 });
    await settled();
    const at = async (atMs: number) => (await ask({ uri: 'sip:sales@old.example', atMs, authUser: 'alice', headers: { 'X-Account': '7' } })).body.decision;
    expect(await at(Date.parse('2026-11-21T12:00:00Z'))).toMatchObject({ action: 'forward', alias: 'sales@old.example', user: '1001', host: 'weekend.example', routeSet: 77 });
    expect(await at(Date.parse('2026-11-20T12:00:00Z'))).toMatchObject({ action: 'reply', status: 404 });
  });

  it('reports rules that never decide', async () => {
    const doubtful = [{ match: { type: 'range', from: '1000', to: '1999' }, sets: [10] }, { match: { type: 'range', from: '1200', to: '1300' }, sets: [10] }];
    expect((await plane.ask('PUT', '/route-sets/78', { name: 'doubtful', tenant: 'acme', rules: doubtful })).status).toBe(201);
    await settled();
    const { status, body } = await plane.ask<{ items: { kind: string; text: string }[]; more: number }>('GET', '/route-sets/78/findings');
    expect([status, body.more, body.items.map(({ kind }) => kind)]).toEqual([200, 0, ['unreachable']]);
    expect(body.items[0]?.text).toMatch(/^Rule \d+ \(1200 to 1300\) never decides: rule \d+ \(1000 to 1999\) holds all of its numbers and comes first\.$/);
    expect((await plane.ask('GET', '/route-sets/4711/findings')).status).toBe(404);
  });

  it('of attributes that cannot be read says which, when they are saved', async () => {
    const answer = await plane.ask<{ errors: { pointer: string }[] }>('PATCH', `/destinations/${destinations[0]}`, { attrs: { maxload: 'many', mine: 'kept' } });
    expect([answer.status, answer.body.errors.map(({ pointer }) => pointer)]).toEqual([400, ['/attrs/maxload']]);
  });

  it.each([
    [{ uri: 'not a uri' }, '/uri'], [{ uri: 'sip:a@b.example', source: 'smoke signals' }, '/source'],
    [{ uri: 'sip:a@b.example', method: 'GET /' }, '/method'], [{ uri: 'sip:a@b.example', node: 'nobody' }, '/node'], [{ uri: 'sip:a@b.example', form: 'x' }, '/form'],
  ])('%o points at %s', async (body, pointer) => {
    expect(await ask(body)).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
  });
});

describe('the history of events', () => {
  it('holds what nodes tell and what became of them, newest first, in pages', async () => {
    plane.runtime.live.sink.events(node.id, [
      { atMs: 1_000, kind: 'destination.down', subject: String(destinations[0]), text: 'destination is down', detail: { 'n\u0000ul': 'a\u0000b', literal: '\\u0000', half: '\ud800', deep: [[Number.NaN, undefined]] } },
      { atMs: 2_000, kind: 'destination.up', subject: String(destinations[0]), text: 'destination is up', detail: {} },
    ]);
    await plane.runtime.live.eventLog.flushed();
    const { body } = await plane.ask<{ items: StoredEvent[]; next: string | null }>('GET', `/events?subject=${destinations[0]}`);
    expect(body.items.map(({ kind, severity, nodeName, atMs }) => [kind, severity, nodeName, atMs])).toEqual([['destination.up', 'info', 'ams-1', 2_000], ['destination.down', 'warning', 'ams-1', 1_000]]);
    const first = await plane.ask<{ items: StoredEvent[]; next: string | null }>('GET', '/events?limit=1');
    const second = await plane.ask<{ items: StoredEvent[]; next: string | null }>('GET', `/events?limit=1&cursor=${first.body.next ?? ''}`);
    expect(second.body.items[0]?.id).toBeLessThan(first.body.items[0]?.id ?? 0);
    expect((await plane.ask('GET', '/events?cursor=x')).status).toBe(400);
    expect((await plane.ask<{ items: StoredEvent[] }>('GET', `/events?node=${node.id}&kind=node`)).body.items.some((event) => event.text.startsWith('ams-1 connected from'))).toBe(true);
  });
});

describe('the stream of events', () => {
  it('tells of revisions, nodes, health, alarms, stats and the log', async () => {
    const stream = await EventStreamClient.open(base, bearer);
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    await stream.event('hello');
    const { body } = await plane.ask<{ rev: number }>('PATCH', '/tenants/acme', { name: 'Acme once more' });
    const revision = await stream.event('revision', (data: LiveEvents['revision']) => data.rev === body.rev);
    expect(revision.data).toMatchObject({ actor: 'token:SIGNALBOX_ADMIN_TOKEN', summary: 'Change tenant acme' });
    report(['down', 'up'], 8_000);
    expect((await stream.event('health', (data: LiveEvents['health']) => data.destination.state === 'down')).data).toMatchObject({ nodeName: 'ams-1', set: 10, name: 'sip:10.0.1.10', reasonText: 'no answer in time' });
    expect((await stream.event('alarm', (data: LiveEvents['alarm']) => data.raised)).data).toMatchObject({ alarm: { id: `destination:${destinations[0]}` } });
    report(['up', 'up'], 9_000);
    await stream.event('alarm', (data: LiveEvents['alarm']) => !data.raised);
    await stream.event('node', (data: LiveEvents['node']) => data.name === 'ams-1');
    plane.runtime.live.tick();
    expect((await stream.event('stats')).data).toMatchObject({ nodes: { total: 1, inStep: 1, connected: 1 }, destinations: { up: 2 } });
    plane.runtime.live.sink.gone(node.id, 'socket closed');
    expect((await stream.event('log', (data: LiveEvents['log']) => data.kind === 'node')).data).toMatchObject({ severity: 'warning', text: 'ams-1 is gone: socket closed.' });
    await come();
    stream.close();
  });

  it('resumes after the last event that was seen', async () => {
    const first = await EventStreamClient.open(base, bearer);
    await first.event('hello');
    const { body } = await plane.ask<{ rev: number }>('PATCH', '/tenants/acme', { name: 'one' });
    const seen = await first.event('revision', (data: LiveEvents['revision']) => data.rev === body.rev);
    first.close();
    const { body: missed } = await plane.ask<{ rev: number }>('PATCH', '/tenants/acme', { name: 'two' });
    await settled();
    const second = await EventStreamClient.open(base, { ...bearer, 'last-event-id': seen.id });
    await second.event('revision', (data: LiveEvents['revision']) => data.rev === missed.rev);
    expect(second.events[0]?.name).toBe('hello');
    expect(second.events.filter((event) => event.name === 'revision')).toHaveLength(1);
    second.close();
    const stranger = await EventStreamClient.open(base, { ...bearer, 'last-event-id': 'elsewhere-7' });
    await stranger.event('reset');
    stranger.close();
  });

  it('is refused without a principal', async () => {
    expect((await fetch(`${base}/api/v1/events`, { headers: { accept: 'text/event-stream' } })).status).toBe(401);
  });

  it('ends with its session', async () => {
    const created = await plane.ask('POST', '/users', { email: 'eve@example.com', role: 'viewer', password: 'a long enough password' });
    expect(created.status).toBe(201);
    const signedIn = await fetch(`${base}/api/v1/session`, { method: 'POST', headers: { 'content-type': 'application/json', origin: base }, body: JSON.stringify({ email: 'eve@example.com', password: 'a long enough password' }) });
    const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const stream = await EventStreamClient.open(base, { cookie });
    await stream.event('hello');
    const other = await EventStreamClient.open(base, bearer);
    await fetch(`${base}/api/v1/session`, { method: 'DELETE', headers: { cookie, origin: base, 'x-signalbox-csrf': '1' } });
    await stream.end();
    expect(other.ended).toBe(false);
    other.close();
  });

  it('is bounded a principal', async () => {
    const { body } = await plane.ask<{ token: string }>('POST', '/tokens', { name: 'many', role: 'viewer' });
    const streams = await Promise.all(Array.from({ length: 21 }, () => EventStreamClient.open(base, { authorization: `Bearer ${body.token}` })));
    expect(streams.map((stream) => stream.status).filter((status) => status === 429)).toHaveLength(1);
    for (const stream of streams) stream.close();
  });
});

describe('facts for other replicas', () => {
  it('are kept with the node and leave with the replica that wrote them', async () => {
    const { token } = (await plane.ask<{ token: string }>('POST', '/nodes/join-tokens', {})).body;
    // Held by no control plane of this test, so nobody else writes its facts.
    const other = (await plane.runtime.auth.directory.join(token, 'other-1'))?.node ?? { id: '', name: '' };
    const store = createSharedFactsStore(plane.runtime.database.prisma);
    const facts = toShared(plane.runtime.live.registry.here()[0] ?? expect.fail('no node is here'), 'replica-1', 5_000);
    await store.save(other.id, { ...facts, detail: 'a\u0000b' });
    expect((await store.load()).get(other.id)).toEqual({ ...facts, detail: 'ab' });
    await store.leave(other.id, 'replica-2');
    expect((await store.load()).has(other.id)).toBe(true);
    await store.leave(other.id, 'replica-1');
    expect((await store.load()).has(other.id)).toBe(false);
    await plane.ask('DELETE', `/nodes/${other.id}`);
  });
});

describe('a removed node', () => {
  it('raises no alarm when its socket closes', async () => {
    const { token } = (await plane.ask<{ token: string }>('POST', '/nodes/join-tokens', {})).body;
    const other = (await plane.runtime.auth.directory.join(token, 'old-1'))?.node ?? { id: '', name: '' };
    await plane.runtime.live.refreshNodes();
    plane.runtime.live.sink.hello(other, { boot: 'b', version: '0', rev: 0, epoch: '', capabilities: [], address: '127.0.0.1' });
    const stream = await EventStreamClient.open(base, bearer);
    await stream.event('hello');
    expect((await plane.ask('DELETE', `/nodes/${other.id}`)).status).toBe(204);
    plane.runtime.live.sink.gone(other.id, 'the token is no longer valid');
    await stream.event('node', (data: LiveEvents['node']) => data.id === other.id && data.state === 'gone');
    await stream.event('log', (data: LiveEvents['log']) => data.text.startsWith('old-1 is gone'));
    // One that was behind for long, as it has no revision, may have had an alarm that ends now.
    expect(stream.events.filter(({ name, data }) => name === 'alarm' && (data as LiveEvents['alarm']).raised)).toEqual([]);
    expect((await plane.ask<NodeItem[]>('GET', '/nodes')).body.map((item) => item.name)).toEqual(['ams-1']);
    stream.close();
  });
});

describe('probing now', () => {
  it('answers 404 for an unknown destination and 503 when no node is there', async () => {
    expect((await plane.ask('POST', '/destinations/2147483000/probe')).status).toBe(404);
    expect((await plane.ask('POST', `/destinations/${destinations[0]}/probe?node=nobody`)).status).toBe(404);
    plane.runtime.live.sink.gone(node.id, 'closed');
    const { status, raw } = await plane.ask('POST', `/destinations/${destinations[0]}/probe`);
    expect([status, raw.headers['retry-after']]).toEqual([503, '5']);
    await come();
  });

  it('is paced a destination', async () => {
    let status = 0;
    for (let i = 0; i < 10 && status !== 429; i += 1) status = (await plane.ask('POST', `/destinations/${destinations[1]}/probe?node=nobody`)).status;
    expect(status).toBe(429);
  });
});

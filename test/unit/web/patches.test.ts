import { describe, expect, it } from 'vitest';
import type { DispatcherSet, LiveEvents, NodeItem } from '../../../controlplane/contract/index.ts';
import { patchAlarm, patchLog, patchNodes, patchRevision, patchSet, patchStats, type LiveOverview } from '../../../web/src/api/patches.ts';

const counts = { up: 1, down: 0, probing: 0, unknown: 0, draining: 0, disabled: 0 };
const overview: LiveOverview = {
  head: { epoch: 'e', rev: 4 },
  nodes: { total: 1, inStep: 1, connected: 1 },
  destinations: counts,
  calls: 0,
  callsPerSecond: 0,
  failureRatio: 0,
  alarms: [],
  changes: [],
  events: [],
  series: { stepMs: 60_000, calls: [1, 2, 3], callsPerSecond: [0.1, 0.2, 0.3], latencyMs: [] },
  newestPointMs: 1_000_000,
};
const stats = (atMs: number, calls: number): LiveEvents['stats'] => ({
  atMs, calls, callsPerSecond: calls / 10, failureRatio: 0.5, nodes: { total: 2, inStep: 1, connected: 2 }, headRev: 5, destinations: { ...counts, down: 3 },
});
const node = (id: string, name: string, rev: number): NodeItem => ({
  id, name, version: '1', address: '', state: 'in-step', detail: '', rev, epoch: 'e', headRev: rev, lagMs: 0, connectedSinceMs: 0, lastSeenMs: 0,
  workers: 1, draining: false, answerOptions: true, loopDelayMs: 0, memoryBytes: 0, calls: 0, callsPerSecond: 0, media: null, quarantined: [], boot: 'b',
});

describe('statistics', () => {
  it('replace the totals and the newest point within a step', () => {
    const next = patchStats(overview, stats(1_030_000, 9));
    expect(next).toMatchObject({ calls: 9, head: { rev: 5 }, nodes: { inStep: 1 }, destinations: { down: 3 }, newestPointMs: 1_000_000 });
    expect(next.series.calls).toEqual([1, 2, 9]);
  });

  it('move the series on by whole steps, over gaps too', () => {
    expect(patchStats(overview, stats(1_060_000, 9)).series.calls).toEqual([2, 3, 9]);
    expect(patchStats(overview, stats(1_120_001, 9))).toMatchObject({ series: { calls: [3, 9, 9] }, newestPointMs: 1_120_000 });
    expect(patchStats(overview, stats(9_000_000, 9)).series.calls).toEqual([9, 9, 9]);
  });

  it('never go back in revisions or time', () => {
    const next = patchStats({ ...overview, head: { epoch: 'e', rev: 7 } }, stats(0, 9));
    expect(next.head.rev).toBe(7);
    expect(next.newestPointMs).toBe(1_000_000);
  });
});

describe('lists of recent things', () => {
  it('take a revision once, newest first, ten at most', () => {
    let now = overview;
    for (let rev = 5; rev < 20; rev += 1) now = patchRevision(now, { rev, actor: 'system', summary: `change ${rev}`, atMs: rev });
    now = patchRevision(now, { rev: 19, actor: 'system', summary: 'again', atMs: 19 });
    expect(now.changes.map((change) => change.rev)).toEqual([19, 18, 17, 16, 15, 14, 13, 12, 11, 10]);
    expect(now.head.rev).toBe(19);
  });

  it('take an event once', () => {
    const event = { id: 1, atMs: 1, kind: 'k', severity: 'info' as const, node: '', nodeName: '', subject: '', text: 't' };
    expect(patchLog(patchLog(overview, event), event).events).toHaveLength(1);
  });

  it('raise, replace and clear alarms', () => {
    const alarm = { id: 'a', severity: 'error' as const, text: 'first', since: 1 };
    const raised = patchAlarm(overview, { alarm, raised: true });
    const replaced = patchAlarm(raised, { alarm: { ...alarm, text: 'second' }, raised: true });
    expect(replaced.alarms.map((each) => each.text)).toEqual(['second']);
    expect(patchAlarm(replaced, { alarm, raised: false }).alarms).toEqual([]);
  });
});

describe('nodes', () => {
  it('are replaced in place and added in the order of names', () => {
    const nodes = [node('1', 'ams-1', 3), node('3', 'fra-1', 3)];
    expect(patchNodes(nodes, node('3', 'fra-1', 4)).map((each) => each.rev)).toEqual([3, 4]);
    expect(patchNodes(nodes, node('2', 'ams-2', 4)).map((each) => each.name)).toEqual(['ams-1', 'ams-2', 'fra-1']);
  });
});

describe('health', () => {
  const base = { set: 10, rank: 1, weight: 1, admin: 'enabled' as const, attrs: {}, externalId: null, comment: '', version: 1, createdAtMs: 0, updatedAtMs: 0, live: [] };
  const set: DispatcherSet = {
    id: 10, name: '', tenant: null, algorithm: 4, algorithmName: 'round-robin', affinity: 'aor', affinityAll: false, hashOn: 'call-id', slowStartMs: 0, registration: 'path', externalId: null, comment: '', version: 1, createdAtMs: 0, updatedAtMs: 0,
    probing: { mode: 'always', intervalMs: 1, timeoutMs: 1, downAfter: 1, upAfter: 1, codes: [200], from: '', useUnknown: false },
    destinations: [{ ...base, id: 1, uri: 'sip:a' }, { ...base, id: 2, uri: 'sip:b' }],
  };
  const seen = (id: number, nodeId: string, state: 'up' | 'down'): LiveEvents['health'] => ({
    node: nodeId, nodeName: `node-${nodeId}`, set: 10, name: '', reasonText: 'answered 200',
    destination: { id, state, reason: { kind: 'code', code: 200 }, sinceMs: 1, lastProbeMs: 2, latencyMs: { last: 1, avg: 1, max: 1 }, calls: 3 },
  });

  it('is kept per node, the newest of each', () => {
    const twice = patchSet(patchSet(patchSet(set, seen(1, 'b', 'up')), seen(1, 'a', 'up')), seen(1, 'b', 'down'));
    expect(twice.destinations[0]?.live.map((each) => [each.node, each.state])).toEqual([['a', 'up'], ['b', 'down']]);
    expect(twice.destinations[1]?.live).toEqual([]);
  });

  it('leaves other sets untouched, so that nothing is drawn anew', () => {
    expect(patchSet(set, seen(99, 'a', 'up'))).toBe(set);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommandQueue } from '../../../controlplane/push/command-queue.ts';
import { EventIntake } from '../../../controlplane/push/event-intake.ts';
import { Waiters } from '../../../controlplane/push/waiters.ts';
import type { WatchedNode } from '../../../controlplane/push/waiters.ts';
import type { NodeEvent, ServerMessage } from '../../../dataplane/contract/wire.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('waiting until a revision is applied', () => {
  const node = (id: string, rev: number, epoch = 'e'): WatchedNode => ({ identity: { id, name: `name ${id}` }, epoch, rev, state: 'in-step' });

  it('ends when the last node is there, and tells how long each took', async () => {
    const waiters = new Waiters(Date.now);
    const report = waiters.wait([node('a', 5), node('b', 4), node('c', 4)], 'e', 5, 1_000, 999_990);
    vi.advanceTimersByTime(30);
    waiters.applied({ id: 'b', name: 'name b' }, 'e', 7);
    waiters.applied({ id: 'c', name: 'name c' }, 'e', 4);
    waiters.applied({ id: 'c', name: 'name c' }, 'other', 9);
    vi.advanceTimersByTime(30);
    waiters.applied({ id: 'c', name: 'name c' }, 'e', 5);
    expect(await report).toEqual({ applied: [{ node: 'a', name: 'name a', ms: 10 }, { node: 'b', name: 'name b', ms: 40 }, { node: 'c', name: 'name c', ms: 70 }], missing: [] });
  });

  it('names those that are late with what they are doing, and those that went away', async () => {
    const waiters = new Waiters(Date.now);
    const report = waiters.wait([node('a', 1), node('b', 1), node('c', 9, 'old')], 'e', 5, 1_000, Date.now());
    waiters.state({ id: 'a', name: 'name a' }, 'held');
    waiters.gone({ id: 'b', name: 'name b' });
    vi.advanceTimersByTime(1_000);
    expect(await report).toEqual({
      applied: [], missing: [{ node: 'b', name: 'name b', state: 'gone' }, { node: 'a', name: 'name a', state: 'held' }, { node: 'c', name: 'name c', state: 'in-step' }],
    });
    waiters.applied({ id: 'a', name: 'name a' }, 'e', 5);
  });

  it('ends with the gateway', async () => {
    const waiters = new Waiters(Date.now);
    const report = waiters.wait([node('a', 1)], 'e', 5, 1_000, Date.now());
    waiters.close();
    expect((await report).missing).toHaveLength(1);
  });
});

describe('the command queue', () => {
  const setUp = (): { queue: CommandQueue; sent: Extract<ServerMessage, { t: 'cmd' }>[] } => {
    const sent: Extract<ServerMessage, { t: 'cmd' }>[] = [];
    return { queue: new CommandQueue((_node, message) => { if (message.t === 'cmd') sent.push(message); }, Date.now), sent };
  };

  it('sends a command again when its node comes back, with the time that is left and the same id', async () => {
    const { queue, sent } = setUp();
    const answer = queue.submit('n', 'probe.now', { x: 1 }, 5_000);
    vi.advanceTimersByTime(2_000);
    queue.connected('other');
    queue.connected('n');
    expect(sent).toMatchObject([{ name: 'probe.now', ttlMs: 5_000 }, { ttlMs: 3_000, id: sent[0]?.id }]);
    const id = sent[0]?.id ?? '';
    queue.result('other', { t: 'result', id, ok: true, data: 'forged', error: '' });
    queue.result('n', { t: 'result', id, ok: true, data: 'done', error: '' });
    queue.result('n', { t: 'result', id, ok: false, data: null, error: 'late' });
    expect(await answer).toEqual({ ok: true, value: 'done' });
    queue.connected('n');
    expect(sent).toHaveLength(2);
  });

  it('gives up at the end of its time', async () => {
    const { queue } = setUp();
    const answer = queue.submit('n', 'probe.now', null, 5_000);
    vi.advanceTimersByTime(5_000);
    expect(await answer).toEqual({ ok: false, error: { code: 'expired', message: 'the node did not answer within 5000 ms' } });
  });

  it('is bounded', async () => {
    const { queue } = setUp();
    const waiting = Array.from({ length: 10_000 }, () => queue.submit('n', 'probe.now', null, 5_000));
    expect(await queue.submit('n', 'probe.now', null, 5_000)).toMatchObject({ ok: false, error: { code: 'failed' } });
    queue.close();
    expect(await waiting[0]).toMatchObject({ error: { code: 'closed' } });
  });
});

describe('the event intake', () => {
  const events = (first: number, count: number): NodeEvent[] => Array.from({ length: count }, (_, i) => ({ atMs: first + i, kind: 'k', subject: '', text: '', detail: {} }));

  it('drops what it has seen, by node and boot', () => {
    const intake = new EventIntake();
    expect(intake.take('n', 'b1', 1, events(1, 3))).toEqual({ fresh: events(1, 3), upTo: 3 });
    expect(intake.take('n', 'b1', 2, events(2, 3))).toEqual({ fresh: events(4, 1), upTo: 4 });
    expect(intake.take('n', 'b1', 1, events(1, 2))).toEqual({ fresh: [], upTo: 4 });
    expect(intake.take('n', 'b1', 9, events(9, 1))).toEqual({ fresh: events(9, 1), upTo: 9 });
    expect(intake.take('n', 'b2', 1, events(1, 1)).fresh).toHaveLength(1);
    expect(intake.take('m', 'b1', 1, events(1, 1)).fresh).toHaveLength(1);
  });
});

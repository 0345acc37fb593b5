import { beforeEach, describe, expect, it } from 'vitest';
import { mergeRevisions } from '../../../controlplane/push/batches.ts';
import type { Batch } from '../../../controlplane/push/batches.ts';
import { place, allSessionSafeguards } from '../../../controlplane/push/placement.ts';
import type { Head, WireOp } from '../../../controlplane/push/ports.ts';
import { Session } from '../../../controlplane/push/session.ts';
import type { HistoryView, OpenStream, SessionEffect, SessionEvent } from '../../../controlplane/push/session-events.ts';
import { emptyHashes } from '../../../dataplane/contract/hash.ts';
import type { TableHashes } from '../../../dataplane/contract/hash.ts';
import { wireSchema } from '../../../dataplane/contract/wire.ts';
import type { NodeMessage, Position, ServerMessage } from '../../../dataplane/contract/wire.ts';

const hashesOf = (rev: number): TableHashes => ({ ...emptyHashes, domain: rev.toString(16).padStart(32, '0') });
const position = (rev: number, epoch = 'e'): Position => ({ epoch, rev, hashes: hashesOf(rev) });
const headAt = (rev: number, epoch = 'e'): Head => ({ epoch, rev, hashes: hashesOf(rev) });
const put = (rev: number): WireOp => ({ table: 'domain', key: `d${rev}`, json: '{}' });

/** The history as a true database shows it. */
function view(since: number, head: number, changes: { epoch?: string; batch?: Batch | null; op?: (rev: number) => WireOp } = {}): HistoryView {
  const { epoch = 'e', op = put } = changes;
  const revisions = Array.from({ length: Math.max(0, head - since) }, (_, i) => ({ rev: since + 1 + i, ops: [op(since + 1 + i)], hashes: hashesOf(since + 1 + i) }));
  const batch = changes.batch === undefined ? mergeRevisions(epoch, since, revisions) : changes.batch;
  return { head: headAt(head, epoch), hashesAt: since > head ? null : hashesOf(since), batch };
}

const snapshot = (rev: number, chunks: number): OpenStream => ({ kind: 'snapshot', epoch: 'e', from: -1, to: rev, hashes: hashesOf(rev), chunks, rows: chunks * 10 });

let session: Session;

beforeEach(() => {
  session = new Session();
});

const say = (message: NodeMessage): readonly SessionEffect[] => session.step({ type: 'message', message });
const hello = (have: Position, schema = wireSchema): readonly SessionEffect[] => say({ t: 'hello', boot: 'b', have, schema, version: '1', capabilities: [], quarantined: [] });
const applied = (batch: number, rev: number): readonly SessionEffect[] => say({ t: 'applied', batch, epoch: 'e', rev, tookMs: 1, quarantined: [], quarantinedTotal: 0 });
const reject = (batch: number, code: 'hash' | 'commit' | 'shrink-guard' | 'gap', have: Position): readonly SessionEffect[] =>
  say({ t: 'reject', batch, rev: 9, code, detail: 'why', have, shrink: code === 'shrink-guard' ? [{ table: 'domain', had: 500, removed: 400 }] : [] });

/** Answers the last `read` among the effects. */
function answer(effects: readonly SessionEffect[], shown: HistoryView): readonly SessionEffect[] {
  const question = effects.findLast((effect) => effect.type === 'read');
  if (question === undefined) throw new Error(`no read among ${effects.map((effect) => effect.type).join(', ')}`);
  return session.step({ type: 'read', token: question.token, view: shown });
}

function opened(effects: readonly SessionEffect[], stream: OpenStream): readonly SessionEffect[] {
  const question = effects.findLast((effect) => effect.type === 'open');
  if (question === undefined) throw new Error('nothing to open');
  return session.step({ type: 'opened', token: question.token, stream });
}

const messages = (effects: readonly SessionEffect[]): ServerMessage[] => effects.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));
const has = (effects: readonly SessionEffect[], type: SessionEffect['type']): boolean => effects.some((effect) => effect.type === type);
const states = (effects: readonly SessionEffect[]): string[] => effects.flatMap((effect) => (effect.type === 'state' ? [effect.state] : []));

/** A session in step at `rev`. */
function inStep(rev: number): void {
  answer(hello(position(rev)), view(rev, rev));
}

/** A session with a delta from `rev` in flight; returns its batch number. */
function inFlight(rev: number): number {
  inStep(rev);
  const effects = answer(session.step({ type: 'wake' }), view(rev, rev + 1));
  const delta = effects.find((effect) => effect.type === 'send-delta');
  return delta?.batch ?? -1;
}

describe('placing a node', () => {
  it.each<[string, Position, HistoryView, boolean, string]>([
    ['in step', position(5), view(5, 5), true, 'resume'],
    ['behind, with the log at hand', position(3), view(3, 5), true, 'resume'],
    ['behind a pruned log', position(3), view(3, 5, { batch: null }), true, 'snapshot'],
    ['of another epoch', position(5, 'x'), view(5, 5), true, 'snapshot'],
    ['that has nothing', { epoch: '', rev: 0, hashes: emptyHashes }, view(0, 5), true, 'snapshot'],
    ['that is ahead', position(7), view(7, 5), true, 'snapshot'],
    ['with other rows at its revision', { ...position(3), hashes: hashesOf(99) }, view(3, 5), true, 'snapshot'],
    ['whose revision the log does not know', position(3), { ...view(3, 5), hashesAt: null }, true, 'snapshot'],
    ['that did not state its hashes just now', { ...position(3), hashes: hashesOf(99) }, view(3, 5), false, 'resume'],
  ])('%s', (_what, have, shown, vouched, need) => {
    expect(place(have, shown, vouched, allSessionSafeguards).need).toBe(need);
  });
});

describe('hello', () => {
  it('comes first', () => {
    expect(say({ t: 'hb', n: 1, epoch: '', rev: 0, hash: '' })).toMatchObject([{ type: 'close', code: 4002 }]);
  });

  it('of a node in step is welcomed to resume', () => {
    const effects = answer(hello(position(5)), view(5, 5));
    expect(messages(effects)).toMatchObject([{ t: 'welcome', mode: 'resume', epoch: 'e', head: 5 }]);
    expect(states(effects)).toEqual(['in-step']);
    expect(session.phase).toBe('idle');
  });

  it('of a node behind gets what it lacks as one delta', () => {
    const effects = answer(hello(position(3)), view(3, 6));
    expect(messages(effects)).toMatchObject([{ t: 'welcome', mode: 'resume' }]);
    expect(effects.at(-1)).toMatchObject({ type: 'send-delta', batch: 1, content: { from: 3, to: 6 }, allowShrink: {} });
  });

  it('of another schema keeps the socket for facts, and no rows', () => {
    const effects = hello(position(3), wireSchema - 1);
    expect(states(effects)).toEqual(['rejecting']);
    expect(messages(effects)).toMatchObject([{ t: 'welcome', mode: 'wait' }]);
    expect(session.step({ type: 'wake' })).toEqual([]);
  });

  it('waits for the database when it is away', () => {
    const effects = hello(position(3));
    const read = effects.find((effect) => effect.type === 'read');
    const failed = session.step({ type: 'failed', token: read?.token ?? -1, detail: 'away' });
    expect(failed).toMatchObject([{ type: 'state', state: 'behind' }, { type: 'timer', ms: 1_000 }]);
    const timer = failed.find((effect) => effect.type === 'timer');
    const again = session.step({ type: 'timer', token: timer?.token ?? -1 });
    expect(messages(answer(again, view(3, 3)))).toMatchObject([{ t: 'welcome', mode: 'resume' }]);
  });
});

describe('deltas', () => {
  it('go out one at a time; what comes meanwhile follows as one', () => {
    const batch = inFlight(5);
    expect(session.step({ type: 'wake' })).toEqual([]);
    const next = answer(applied(batch, 6), view(6, 9));
    expect(next.at(-1)).toMatchObject({ type: 'send-delta', batch: batch + 1, content: { from: 6, to: 9 } });
  });

  it('tell the sink what was applied', () => {
    expect(applied(inFlight(5), 6)).toContainEqual({ type: 'applied', epoch: 'e', rev: 6, tookMs: 1, quarantined: [] });
    expect(session.node).toEqual(position(6));
  });

  it('that were given up are not counted when they are acknowledged', () => {
    const batch = inFlight(5);
    say({ t: 'resync', reason: 'lag', have: position(5) });
    expect(applied(batch, 6)).toEqual([]);
    expect(reject(batch, 'hash', position(5))).toEqual([]);
    expect(session.node.rev).toBe(5);
  });

  it('too big for a frame take a place and travel in chunks', () => {
    inStep(5);
    const big = view(5, 6, { op: () => ({ table: 'domain', key: 'd', json: `"${'x'.repeat(70_000)}"` }) });
    expect(has(answer(session.step({ type: 'wake' }), big), 'acquire')).toBe(true);
    const effects = opened(session.step({ type: 'slot', granted: true }), { ...snapshot(6, 1), kind: 'delta', from: 5 });
    expect(messages(effects)).toMatchObject([{ t: 'begin', kind: 'delta', from: 5, to: 6 }, { t: 'end', chunks: 1 }]);
    // Refused, it is followed by a snapshot at once.
    const next = reject(1, 'hash', position(5));
    expect(has(next, 'release')).toBe(true);
    expect(has(answer(next, big), 'acquire')).toBe(true);
  });

  it('carry the allowance of deliberate removals', () => {
    inStep(5);
    const effects = answer(session.step({ type: 'wake' }), view(5, 6, { op: (rev) => ({ ...put(rev), json: null }) }));
    expect(effects.at(-1)).toMatchObject({ allowShrink: { domain: 1 } });
  });
});

describe('snapshots', () => {
  /** A session that asked for a place. */
  const queued = (): readonly SessionEffect[] => answer(hello({ epoch: '', rev: 0, hashes: emptyHashes }), view(0, 5, { batch: null }));

  it('wait for a place, and say so', () => {
    expect(has(queued(), 'acquire')).toBe(true);
    expect(messages(session.step({ type: 'slot', granted: false }))).toMatchObject([{ t: 'welcome', mode: 'wait' }]);
    expect(session.step({ type: 'slot', granted: true })).toMatchObject([{ type: 'open', content: null }]);
  });

  it('have four chunks in flight, and their end behind the last', () => {
    queued();
    const granted = session.step({ type: 'slot', granted: true });
    expect(messages(granted)).toMatchObject([{ t: 'welcome', mode: 'snapshot' }]);
    const begun = opened(granted, snapshot(5, 6));
    expect(messages(begun)).toMatchObject([{ t: 'begin', kind: 'snapshot', from: -1, to: 5 }]);
    expect(begun.flatMap((effect) => (effect.type === 'send-chunk' ? [effect.seq] : []))).toEqual([0, 1, 2, 3]);
    expect(say({ t: 'credit', batch: 1, upTo: 1 })).toEqual([{ type: 'send-chunk', batch: 1, seq: 4 }]);
    expect(say({ t: 'credit', batch: 9, upTo: 4 })).toEqual([]);
    expect(say({ t: 'credit', batch: 1, upTo: 40 })).toEqual([]);
    const last = say({ t: 'credit', batch: 1, upTo: 2 });
    expect(last.map((effect) => effect.type)).toEqual(['send-chunk', 'send']);
    expect(messages(last)).toEqual([{ t: 'end', batch: 1, chunks: 6, rows: 60 }]);
    const done = applied(1, 5);
    expect(has(done, 'release')).toBe(true);
    expect(states(answer(done, view(5, 5)))).toEqual(['in-step']);
  });

  it('of nothing have no chunk', () => {
    queued();
    expect(messages(opened(session.step({ type: 'slot', granted: true }), snapshot(5, 0)))).toMatchObject([{ t: 'begin' }, { t: 'end', chunks: 0 }]);
  });

  it('are not needed any more when the node turns out to be in step', () => {
    queued();
    const again = say({ t: 'resync', reason: 'silence', have: position(5) });
    expect(has(again, 'release')).toBe(false);
    expect(has(answer(again, view(5, 5)), 'release')).toBe(true);
    expect(session.step({ type: 'slot', granted: true })).toEqual([{ type: 'release' }]);
  });

  it('that cannot be read give the place back and try later', () => {
    queued();
    const open = session.step({ type: 'slot', granted: true }).find((effect) => effect.type === 'open');
    expect(session.step({ type: 'failed', token: open?.token ?? -1, detail: 'away' })[0]).toEqual({ type: 'release' });
  });

  it('opened too late are dropped', () => {
    queued();
    const open = session.step({ type: 'slot', granted: true }).find((effect) => effect.type === 'open');
    say({ t: 'resync', reason: 'silence', have: position(5) });
    expect(session.awaits(open?.token ?? -1)).toBe(false);
    expect(session.step({ type: 'opened', token: open?.token ?? -1, stream: snapshot(5, 1) })).toEqual([]);
  });
});

describe('a reject', () => {
  it('of a delta is answered by a snapshot at once', () => {
    const effects = answer(reject(inFlight(5), 'hash', position(5)), view(5, 6));
    expect(has(effects, 'acquire')).toBe(true);
  });

  it('three times in a row shows the node as rejecting, and tries back off', () => {
    let batch = inFlight(5);
    const delays: number[] = [];
    for (let i = 0; i < 6; i++) {
      const effects = reject(batch, 'commit', position(5));
      const timer = effects.find((effect) => effect.type === 'timer');
      delays.push(timer?.ms ?? -1);
      expect(states(effects)).toEqual(i < 2 ? [] : ['rejecting']);
      const again = answer(session.step({ type: 'timer', token: timer?.token ?? -1 }), view(5, 6));
      batch = again.flatMap((effect) => (effect.type === 'send-delta' ? [effect.batch] : [])).at(-1) ?? -1;
    }
    expect(delays).toEqual([1_000, 2_000, 60_000, 120_000, 240_000, 480_000]);
    expect(states(answer(applied(batch, 6), view(6, 6)))).toEqual(['in-step']);
  });

  it('is followed by a welcome when there is nothing to send any more', () => {
    const effects = reject(inFlight(5), 'commit', position(6));
    const timer = effects.find((effect) => effect.type === 'timer');
    const again = answer(session.step({ type: 'timer', token: timer?.token ?? -1 }), view(6, 6));
    expect(messages(again)).toMatchObject([{ t: 'welcome', mode: 'resume' }]);
  });

  it('leaves a node that asks again waiting for the timer', () => {
    reject(inFlight(5), 'commit', position(5));
    expect(messages(say({ t: 'resync', reason: 'silence', have: position(5) }))).toMatchObject([{ t: 'welcome', mode: 'wait' }]);
    expect(session.phase).toBe('paused');
  });
});

describe('a hold of the shrink guard', () => {
  it('waits for an operator, and then allows what was confirmed and a little more', () => {
    const effects = reject(inFlight(5), 'shrink-guard', position(5));
    expect(states(effects)).toEqual(['held']);
    expect(has(effects, 'timer')).toBe(false);
    expect(session.held).toEqual([{ table: 'domain', had: 500, removed: 400 }]);
    const again = answer(session.step({ type: 'confirm' }), view(5, 6));
    expect(again.at(-1)).toMatchObject({ type: 'send-delta', allowShrink: { domain: 500 } });
    expect(session.pendingConfirmation).toEqual({ domain: 500 });
    applied(2, 6);
    expect(session.pendingConfirmation).toEqual({});
  });

  it('is not confirmed when nothing is held', () => {
    inStep(5);
    expect(session.step({ type: 'confirm' })).toEqual([]);
  });

  it('is looked at again when the configuration changes, but not for every change', () => {
    reject(inFlight(5), 'shrink-guard', position(5));
    expect(session.step({ type: 'wake' })).toMatchObject([{ type: 'timer', ms: 5_000 }]);
    expect(session.step({ type: 'wake' })).toEqual([]);
  });

  it('confirmed on an earlier connection holds good on this one', () => {
    session = new Session({ domain: 500 });
    const effects = answer(hello(position(3)), view(3, 6));
    expect(effects.at(-1)).toMatchObject({ type: 'send-delta', allowShrink: { domain: 500 } });
  });
});

describe('heartbeats', () => {
  it('are answered with the head', () => {
    inStep(5);
    expect(say({ t: 'hb', n: 7, epoch: 'e', rev: 5, hash: '' })).toEqual([{ type: 'head', n: 7 }]);
    expect(messages(session.step({ type: 'head', n: 7, head: headAt(6) }))).toMatchObject([{ t: 'hb.ack', n: 7, epoch: 'e', head: 6 }]);
  });

  const beat: SessionEvent = { type: 'beat' };

  it('that stay away end the connection', () => {
    inStep(5);
    for (let i = 0; i < 3; i++) expect(session.step(beat)).toEqual([]);
    expect(session.step(beat)).toMatchObject([{ type: 'close', code: 4012 }]);
  });

  it('without an answer to the batch end the connection too', () => {
    inFlight(5);
    const heard: SessionEffect[] = [];
    for (let i = 0; i < 7; i++) {
      say({ t: 'hb', n: i, epoch: 'e', rev: 5, hash: '' });
      heard.push(...session.step(beat));
    }
    expect(states(heard)).toEqual(['behind']);
    expect(heard.at(-1)).toMatchObject({ type: 'close', code: 4010 });
  });
});

it('passes facts on', () => {
  inStep(5);
  const report: NodeMessage = { t: 'report', report: { counters: {}, gauges: {}, destinations: [] } };
  expect(say(report)).toEqual([{ type: 'deliver', message: report }]);
});

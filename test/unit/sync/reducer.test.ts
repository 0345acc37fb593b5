import { beforeEach, describe, expect, it } from 'vitest';
import { combinedHash } from '../../../dataplane/contract/hash.ts';
import { wireSchema } from '../../../dataplane/contract/wire.ts';
import type { NodeMessage, ServerMessage, WireRow } from '../../../dataplane/contract/wire.ts';
import type { NodeEffect } from '../../../dataplane/sync/node-events.ts';
import { NodeReducer } from '../../../dataplane/sync/reducer.ts';
import { Replica } from '../../../dataplane/sync/replica.ts';
import { applied, domainRow, planFor, routeSetRow, tenantRow, without } from './batch.ts';

const base = applied(Replica.empty, 'snapshot', [tenantRow(1), routeSetRow(1), domainRow('a.example')]).replica;
let node: NodeReducer;

beforeEach(() => {
  node = new NodeReducer(base, { boot: 'b', version: '1', capabilities: [] });
});

/** Feeds a message and lets checks run to their end. */
function tell(message: ServerMessage): NodeEffect[] {
  const effects = [...node.step({ type: 'message', message })];
  while (effects.at(-1)?.type === 'settle') {
    effects.pop();
    effects.push(...node.step({ type: 'settle' }));
  }
  return effects;
}

const welcome = (mode: 'resume' | 'snapshot' | 'wait' = 'resume'): ServerMessage => ({ t: 'welcome', mode, epoch: 'e', head: 1, heartbeatMs: 10_000, deadMs: 30_000 });

function delta(rows: readonly WireRow[], changes: Partial<Extract<ServerMessage, { t: 'delta' }>> = {}): ServerMessage {
  const { epoch, to, hashes, allowShrink } = planFor(node.replica, 'delta', rows);
  return { t: 'delta', batch: 1, epoch, from: node.replica.rev, to, rows, hashes, allowShrink, ...changes };
}

function begin(kind: 'snapshot' | 'delta', rows: readonly WireRow[], changes: Partial<Extract<ServerMessage, { t: 'begin' }>> = {}): ServerMessage {
  const { epoch, to, hashes, allowShrink } = planFor(node.replica, kind, rows);
  return { t: 'begin', kind, batch: 1, epoch, from: kind === 'snapshot' ? -1 : node.replica.rev, to, hashes, allowShrink, ...changes };
}

const ack = (changes: Partial<Extract<ServerMessage, { t: 'hb.ack' }>> = {}): ServerMessage => ({ t: 'hb.ack', n: 1, epoch: 'e', head: node.replica.rev, hash: node.replica.hash, ...changes });

/** The messages among the effects. */
const sent = (effects: readonly NodeEffect[]): NodeMessage[] => effects.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));
const kinds = (effects: readonly NodeEffect[]): string[] => effects.map((effect) => (effect.type === 'send' ? effect.message.t : effect.type));

function live(): void {
  node.step({ type: 'opened' });
  tell(welcome());
}

describe('opening', () => {
  it('says hello with the position', () => {
    expect(sent(node.step({ type: 'opened' }))).toMatchObject([{ t: 'hello', boot: 'b', schema: wireSchema, have: base.position }]);
    expect(node.phase).toBe('placing');
  });

  it('ignores batches until the welcome', () => {
    node.step({ type: 'opened' });
    expect(tell(delta([domainRow('b.example')]))).toEqual([]);
    expect(node.phase).toBe('placing');
  });
});

describe('a delta', () => {
  it('is committed, then acknowledged, then written down', () => {
    live();
    const effects = tell(delta([domainRow('b.example')]));
    expect(effects).toMatchObject([{ type: 'commit', change: { rev: 2, epoch: 'e', origin: 'delta', ops: [{ key: 'b.example' }] } }]);
    expect(node.replica).toBe(base);
    const after = node.step({ type: 'committed', tookMs: 3 });
    expect(kinds(after)).toEqual(['applied', 'persist']);
    expect(sent(after)).toMatchObject([{ batch: 1, epoch: 'e', rev: 2, tookMs: 3, quarantined: [], quarantinedTotal: 0 }]);
    expect(after[1]).toMatchObject({ delta: { from: 1, rows: [domainRow('b.example')] } });
    expect(node.replica.rev).toBe(2);
  });

  it.each([
    ['gap', { from: 0 }], ['gap', { from: 2, to: 3 }], ['gap', { to: 1 }], ['epoch', { epoch: 'other' }], ['hash', { hashes: base.hashes }],
  ])('is rejected for %s when it says %j', (code, changes) => {
    live();
    const effects = tell(delta([domainRow('b.example')], changes));
    expect(sent(effects)).toMatchObject([{ t: 'reject', batch: 1, code, have: base.position, shrink: [] }]);
    expect(node.replica).toBe(base);
    expect(node.lastRejection).toContain(code);
  });

  it('that the shrink guard holds is reported with what would go', () => {
    live();
    const effects = tell(delta([without(tenantRow(1))]));
    expect(kinds(effects)).toEqual(['reject', 'held']);
    expect(node.held).toEqual([{ table: 'tenant', had: 1, removed: 1 }]);
    tell(delta([without(tenantRow(1))], { allowShrink: { tenant: 1 } }));
    node.step({ type: 'committed', tookMs: 0 });
    expect(node.held).toEqual([]);
  });

  it('that workers could not take is rejected and leaves everything as it was', () => {
    live();
    tell(delta([domainRow('b.example')]));
    expect(sent(node.step({ type: 'commit-failed', detail: 'stuck' }))).toMatchObject([{ t: 'reject', code: 'commit', detail: 'stuck' }]);
    expect(node.replica).toBe(base);
    expect(node.phase).toBe('live');
  });

  it('that comes twice while it is handled is one', () => {
    live();
    const message = delta([domainRow('b.example')]);
    tell(message);
    expect(tell(message)).toEqual([]);
    expect(node.phase).toBe('committing');
  });

  it('inside another batch ends the connection', () => {
    live();
    tell(delta([domainRow('b.example')]));
    expect(tell(delta([domainRow('c.example')], { batch: 2 }))).toEqual([{ type: 'close', reason: 'a batch inside a batch' }]);
  });
});

describe('a stream', () => {
  const rows = [tenantRow(1), routeSetRow(1), domainRow('b.example')];

  it('is credited chunk by chunk and committed at its end', () => {
    live();
    tell(begin('snapshot', rows));
    node.step({ type: 'rows', batch: 1, seq: 0, rows: rows.slice(0, 1) });
    node.step({ type: 'rows', batch: 1, seq: 0, rows: rows.slice(1, 2) });
    expect(sent(node.step({ type: 'chunk-end', batch: 1, seq: 0 }))).toEqual([{ t: 'credit', batch: 1, upTo: 1 }]);
    node.step({ type: 'rows', batch: 1, seq: 1, rows: rows.slice(2) });
    node.step({ type: 'chunk-end', batch: 1, seq: 1 });
    expect(kinds(tell({ t: 'end', batch: 1, chunks: 2, rows: 3 }))).toEqual(['commit']);
    const after = node.step({ type: 'committed', tookMs: 0 });
    expect(after[1]).toMatchObject({ type: 'persist', delta: null });
    expect(node.replica.tables.domain.has('b.example')).toBe(true);
  });

  it.each<[string, () => readonly NodeEffect[]]>([
    ['ends early', () => tell({ t: 'end', batch: 1, chunks: 1, rows: 3 })],
    ['misses a chunk', () => node.step({ type: 'rows', batch: 1, seq: 1, rows })],
    ['has a broken chunk', () => node.step({ type: 'chunk-broken', batch: 1, detail: 'incorrect header check' })],
  ])('that %s is rejected', (_what, fault) => {
    live();
    tell(begin('snapshot', rows));
    expect(sent(fault())).toMatchObject([{ t: 'reject', code: 'decode' }]);
    expect(node.phase).toBe('live');
    expect(node.step({ type: 'rows', batch: 1, seq: 0, rows })).toEqual([]);
  });

  it('of another batch, or a chunk that comes again, is ignored', () => {
    live();
    tell(begin('delta', rows));
    expect(node.step({ type: 'rows', batch: 9, seq: 0, rows })).toEqual([]);
    expect(node.step({ type: 'chunk-broken', batch: 9, detail: '' })).toEqual([]);
    node.step({ type: 'rows', batch: 1, seq: 0, rows });
    node.step({ type: 'chunk-end', batch: 1, seq: 0 });
    expect(node.step({ type: 'rows', batch: 1, seq: 0, rows })).toEqual([]);
    expect(node.step({ type: 'chunk-end', batch: 1, seq: 0 })).toEqual([]);
    expect(kinds(tell({ t: 'end', batch: 1, chunks: 1, rows: 3 }))).toEqual(['commit']);
  });

  it('is dropped with the socket', () => {
    live();
    tell(begin('snapshot', rows));
    node.step({ type: 'closed' });
    expect(node.phase).toBe('offline');
    expect(node.step({ type: 'rows', batch: 1, seq: 0, rows })).toEqual([]);
  });
});

describe('a socket that is lost while workers swap', () => {
  it('does not lose the commit', () => {
    live();
    tell(delta([domainRow('b.example')]));
    node.step({ type: 'closed' });
    expect(kinds(node.step({ type: 'committed', tookMs: 0 }))).toEqual(['persist']);
    expect(node.phase).toBe('offline');
    expect(node.replica.rev).toBe(2);
  });

  it('and found again says hello with what was committed', () => {
    live();
    tell(delta([domainRow('b.example')]));
    node.step({ type: 'closed' });
    expect(node.step({ type: 'opened' })).toEqual([]);
    const effects = node.step({ type: 'committed', tookMs: 0 });
    expect(kinds(effects)).toEqual(['persist', 'hello']);
    expect(sent(effects)).toMatchObject([{ have: { rev: 2 } }]);
  });

  it('after which the commit fails goes on as before', () => {
    live();
    tell(delta([domainRow('b.example')]));
    node.step({ type: 'closed' });
    expect(node.step({ type: 'commit-failed', detail: '' })).toEqual([]);
    expect(node.phase).toBe('offline');
  });
});

describe('the heartbeat barrier', () => {
  it('is content when epoch, revision and hash agree', () => {
    live();
    expect(tell(ack())).toEqual([]);
  });

  it.each([
    ['epoch', { epoch: 'other' }], ['ahead', { head: 0 }], ['hash', { hash: combinedHash(Replica.empty.hashes) }],
  ])('asks at once for resync: %s', (reason, changes) => {
    live();
    expect(sent(tell(ack(changes)))).toEqual([{ t: 'resync', reason, have: base.position }]);
    expect(node.phase).toBe('placing');
  });

  it('gives a delta one heartbeat to arrive', () => {
    live();
    expect(tell(ack({ head: 5 }))).toEqual([]);
    expect(sent(tell(ack({ head: 5 })))).toMatchObject([{ t: 'resync', reason: 'lag' }]);
  });

  it('forgets the lag when the node moves', () => {
    live();
    tell(ack({ head: 5 }));
    tell(delta([domainRow('b.example')]));
    node.step({ type: 'committed', tookMs: 0 });
    expect(tell(ack({ head: 5 }))).toEqual([]);
  });

  it('waits for a snapshot that was promised', () => {
    node.step({ type: 'opened' });
    tell(welcome('wait'));
    expect(tell(ack({ epoch: 'other' }))).toEqual([]);
  });

  it('does not move the revision', () => {
    live();
    tell(ack({ head: 5 }));
    tell(ack({ head: 5 }));
    expect(node.replica).toBe(base);
  });
});

describe('beats', () => {
  const beat = (): readonly NodeEffect[] => node.step({ type: 'beat' });

  it('carry the position, and stop while there is no socket', () => {
    expect(beat()).toEqual([]);
    live();
    expect(sent(beat())).toEqual([{ t: 'hb', n: 1, epoch: 'e', rev: 1, hash: base.hash }]);
  });

  it('give up on a server that is silent for three of them', () => {
    live();
    for (let i = 0; i < 3; i++) expect(kinds(beat())).toEqual(['hb']);
    expect(beat()).toEqual([{ type: 'close', reason: 'the control plane is silent' }]);
  });

  it.each([
    ['the welcome', 4, () => { node.step({ type: 'opened' }); }],
    ['the rows of a stream', 4, () => { live(); tell(begin('snapshot', [])); }],
    ['the snapshot that was promised', 31, () => { node.step({ type: 'opened' }); tell(welcome('wait')); }],
  ])('ask again when %s does not come', (_what, after, prepare) => {
    prepare();
    for (let i = 1; i < after; i++) {
      expect(kinds(beat())).toEqual(['hb']);
      tell(ack({ epoch: 'x' }));
    }
    expect(kinds(beat())).toEqual(['resync', 'hb']);
    expect(node.phase).toBe('placing');
  });
});

it('late answers of workers and checks that nobody waits for are ignored', () => {
  live();
  expect(node.step({ type: 'settle' })).toEqual([]);
  expect(node.step({ type: 'committed', tookMs: 0 })).toEqual([]);
  expect(node.step({ type: 'commit-failed', detail: '' })).toEqual([]);
  expect(tell({ t: 'keys', keys: [] })).toEqual([]);
});

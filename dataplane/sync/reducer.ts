/**
 * The node's end of the push channel as a pure machine: events in, effects out, no clock, no socket, no disk.
 *
 * Phases: `offline` (no socket) → `placing` (hello or resync sent, welcome awaited; batches of before are ignored) → `live`
 * (in step, or waiting for the snapshot that was promised) → `receiving` (a stream is being staged) → `settling` (checks run in
 * slices) → `committing` (workers swap) → `live`. A lost socket returns to `offline`; only a commit under way is finished first.
 *
 * Rules (design: push channel): `rev` moves only by a contiguous delta or a whole snapshot; every batch names its epoch and
 * its hashes; the heartbeat's answer is a delivery barrier; after a commit come `applied`, then the last-known-good log.
 */
import type { Result } from '../contract/result.ts';
import type { RejectCode, ServerMessage, Shrink, WireRow } from '../contract/wire.ts';
import { wireSchema } from '../contract/wire.ts';
import type { NodeEffect, NodeEvent, NodeIntroduction, NodePhase } from './node-events.ts';
import { plainRows } from './packing.ts';
import type { Replica } from './replica.ts';
import type { NodeSafeguards } from './safeguards.ts';
import { allNodeSafeguards } from './safeguards.ts';
import { Staging } from './staging.ts';
import type { BatchFault, BatchPlan, Settled } from './staging.ts';

/** Heartbeats without a sign of progress before the node helps itself. */
const patience = { frames: 3, welcome: 3, rows: 3, queue: 30, lag: 2 } as const;

interface Batch {
  readonly id: number;
  readonly plan: BatchPlan;
  readonly from: number;
  readonly staging: Staging;
  /** A delta's rows for the log; null for a snapshot. */
  readonly log: WireRow[] | null;
  nextSeq: number;
  settling: Generator<undefined, Result<Settled, BatchFault>> | null;
  settled: Settled | null;
}

export class NodeReducer {
  replica: Replica;
  phase: NodePhase = 'offline';
  held: readonly Shrink[] = [];
  lastRejection = '';
  private readonly introduction: NodeIntroduction;
  private readonly safeguards: NodeSafeguards;
  private readonly plain: number;
  private batch: Batch | null = null;
  /** The server has promised a snapshot; until it comes being behind is no fault. */
  private promised = false;
  private beats = 0;
  private silent = 0;
  private idleBeats = 0;
  private lagging = 0;
  private lagRev = -1;
  /** Set when the socket opened or closed while workers were swapping. */
  private reopened = false;
  private lost = false;

  /** @param plain rows up to which big tables are not packed; tests pack sooner */
  constructor(replica: Replica, introduction: NodeIntroduction, safeguards: NodeSafeguards = allNodeSafeguards, plain: number = plainRows) {
    this.plain = plain;
    this.replica = replica;
    this.introduction = introduction;
    this.safeguards = safeguards;
  }

  /** Handles one event; effects are to be run in order before the next event. */
  step(event: NodeEvent): readonly NodeEffect[] {
    switch (event.type) {
      case 'opened': return this.opened();
      case 'closed': return this.closed();
      case 'message': return this.message(event.message);
      case 'rows': return this.rows(event.batch, event.seq, event.rows);
      case 'chunk-end': return this.chunkEnd(event.batch, event.seq);
      case 'chunk-broken': return this.receivingBatch(event.batch) ? this.reject('decode', event.detail) : [];
      case 'settle': return this.settle();
      case 'committed': return this.committed(event.tookMs);
      case 'commit-failed': return this.commitFailed(event.detail);
      case 'beat': return this.beat();
    }
  }

  private opened(): readonly NodeEffect[] {
    this.silent = 0;
    this.held = [];
    if (this.phase === 'committing') {
      this.reopened = true;
      return [];
    }
    return this.hello();
  }

  private hello(): readonly NodeEffect[] {
    this.enter('placing');
    this.promised = false;
    this.lagging = 0;
    return [{
      type: 'send',
      message: { t: 'hello', ...this.introduction, schema: wireSchema, have: this.replica.position, quarantined: this.replica.quarantined() },
    }];
  }

  private closed(): readonly NodeEffect[] {
    this.reopened = false;
    if (this.phase === 'committing') {
      this.lost = true;
      return [];
    }
    this.batch = null;
    this.enter('offline');
    return [];
  }

  private message(message: ServerMessage): readonly NodeEffect[] {
    this.silent = 0;
    switch (message.t) {
      case 'welcome':
        // An answer of before the reconnect cannot arrive: sockets are ordered and die whole.
        if (this.phase !== 'placing' && this.phase !== 'live') return [];
        this.enter('live');
        this.promised = message.mode !== 'resume';
        return [];
      case 'delta': return this.delta(message);
      case 'begin': return this.begin(message);
      case 'end': return this.end(message.batch, message.chunks, message.rows);
      case 'hb.ack': return this.barrier(message.epoch, message.head, message.hash);
      case 'identity': case 'keys': case 'events.ack': case 'cmd': case 'bye':
        return []; // the shell's own business
    }
  }

  private delta(message: Extract<ServerMessage, { t: 'delta' }>): readonly NodeEffect[] {
    const refusal = this.open({ ...message, kind: 'delta' });
    if (refusal !== null) return refusal;
    for (const row of message.rows) this.take(row);
    return this.startSettling();
  }

  private begin(message: Extract<ServerMessage, { t: 'begin' }>): readonly NodeEffect[] {
    return this.open(message) ?? [];
  }

  /** Opens a batch, or says why not: null = opened. */
  private open(message: BatchPlan & { readonly batch: number; readonly from: number }): readonly NodeEffect[] | null {
    // Sent before the server saw our resync: what it says is about a position that we no longer vouch for.
    if (this.phase === 'placing' || this.phase === 'offline') return [];
    if (this.batch !== null) return this.batch.id === message.batch ? [] : [{ type: 'close', reason: 'a batch inside a batch' }];
    const fault = this.refuse(message);
    if (fault !== null) return [this.rejection(message.batch, message.to, fault)];
    const plan = this.safeguards.epochOnDeltas || message.kind === 'snapshot' ? message : { ...message, epoch: this.replica.epoch };
    this.batch = {
      id: message.batch, plan, from: message.from, staging: new Staging(this.replica, plan, this.safeguards, this.plain),
      log: message.kind === 'delta' ? [] : null, nextSeq: 0, settling: null, settled: null,
    };
    this.promised = false;
    this.enter('receiving');
    return null;
  }

  private refuse(plan: BatchPlan & { readonly from: number }): BatchFault | null {
    if (plan.kind === 'snapshot') return null;
    if (this.safeguards.epochOnDeltas && plan.epoch !== this.replica.epoch) return fault('epoch', `delta of epoch ${plan.epoch}, at ${this.replica.epoch}`);
    if (this.safeguards.contiguity && (plan.from !== this.replica.rev || plan.to <= plan.from)) {
      return fault('gap', `delta from ${plan.from} to ${plan.to}, at ${this.replica.rev}`);
    }
    return null;
  }

  private rows(batch: number, seq: number, rows: readonly WireRow[]): readonly NodeEffect[] {
    const current = this.receivingBatch(batch);
    if (current === null || seq < current.nextSeq) return [];
    if (seq > current.nextSeq) return this.reject('decode', `chunk ${current.nextSeq} is missing`);
    this.idleBeats = 0;
    for (const row of rows) this.take(row);
    return [];
  }

  private take(row: WireRow): void {
    this.batch?.staging.receive(row);
    this.batch?.log?.push(row);
  }

  private chunkEnd(batch: number, seq: number): readonly NodeEffect[] {
    const current = this.receivingBatch(batch);
    if (current === null || seq !== current.nextSeq) return [];
    current.nextSeq++;
    this.idleBeats = 0;
    return [{ type: 'send', message: { t: 'credit', batch, upTo: current.nextSeq } }];
  }

  private end(batch: number, chunks: number, rows: number): readonly NodeEffect[] {
    const current = this.receivingBatch(batch);
    if (current === null) return [];
    if (current.nextSeq !== chunks || current.staging.received !== rows) {
      return this.reject('decode', `${current.nextSeq} of ${chunks} chunks and ${current.staging.received} of ${rows} rows came`);
    }
    return this.startSettling();
  }

  private startSettling(): readonly NodeEffect[] {
    if (this.batch === null) return [];
    this.batch.settling = this.batch.staging.settle();
    this.enter('settling');
    return [{ type: 'settle' }];
  }

  private settle(): readonly NodeEffect[] {
    const settling = this.phase === 'settling' ? this.batch?.settling : null;
    if (this.batch === null || settling === null || settling === undefined) return [];
    const slice = settling.next();
    if (slice.done !== true) return [{ type: 'settle' }];
    if (!slice.value.ok) return this.rejectFor(slice.value.error);
    this.batch.settled = slice.value.value;
    this.enter('committing');
    return [{ type: 'commit', change: slice.value.value.change }];
  }

  private committed(tookMs: number): readonly NodeEffect[] {
    const { batch } = this;
    if (this.phase !== 'committing' || batch === null || batch.settled === null) return [];
    const { replica } = batch.settled;
    this.replica = replica;
    this.batch = null;
    this.held = [];
    this.lastRejection = '';
    const { connected, effects } = this.leaveCommit();
    const persist: NodeEffect = { type: 'persist', replica, delta: batch.log === null ? null : { from: batch.from, rows: batch.log } };
    if (!connected) return [persist, ...effects];
    return [
      { type: 'send', message: { t: 'applied', batch: batch.id, epoch: replica.epoch, rev: replica.rev, tookMs, quarantined: replica.quarantined(), quarantinedTotal: replica.quarantine.size } },
      persist,
    ];
  }

  private commitFailed(detail: string): readonly NodeEffect[] {
    const { batch } = this;
    if (this.phase !== 'committing' || batch === null) return [];
    this.batch = null;
    const { connected, effects } = this.leaveCommit();
    return connected ? [this.rejection(batch.id, batch.plan.to, fault('commit', detail))] : effects;
  }

  /** Back from the workers; the socket may have gone, or gone and come back. */
  private leaveCommit(): { readonly connected: boolean; readonly effects: readonly NodeEffect[] } {
    const { lost, reopened } = this;
    this.lost = false;
    this.reopened = false;
    if (reopened) return { connected: false, effects: this.hello() };
    this.enter(lost ? 'offline' : 'live');
    return { connected: !lost, effects: [] };
  }

  private reject(code: RejectCode, detail: string): readonly NodeEffect[] {
    return this.rejectFor(fault(code, detail));
  }

  private rejectFor(why: BatchFault): readonly NodeEffect[] {
    const { batch } = this;
    if (batch === null) return [];
    this.batch = null;
    this.enter('live');
    const effects: NodeEffect[] = [this.rejection(batch.id, batch.plan.to, why)];
    if (why.code === 'shrink-guard') {
      this.held = why.shrink;
      effects.push({ type: 'held', shrink: why.shrink });
    }
    return effects;
  }

  private rejection(batch: number, rev: number, why: BatchFault): NodeEffect {
    this.lastRejection = `${why.code}: ${why.detail}`;
    // The server decides what comes next (another try, a snapshot, or nothing for a while).
    this.promised = true;
    return { type: 'send', message: { t: 'reject', batch, rev, code: why.code, detail: why.detail.slice(0, 1_024), have: this.replica.position, shrink: why.shrink } };
  }

  private beat(): readonly NodeEffect[] {
    if (this.phase === 'offline' || this.lost) return [];
    if (++this.silent > patience.frames) return [{ type: 'close', reason: 'the control plane is silent' }];
    this.beats++;
    const effects: NodeEffect[] = [];
    const limit = this.phase === 'placing' ? patience.welcome : this.phase === 'receiving' ? patience.rows : this.promised ? patience.queue : Infinity;
    if (++this.idleBeats > limit) effects.push(...this.resync('silence'));
    effects.push({ type: 'send', message: { t: 'hb', n: this.beats, epoch: this.replica.epoch, rev: this.replica.rev, hash: this.replica.hash } });
    return effects;
  }

  /** The answer to a heartbeat comes behind everything the server sent before: whoever is still behind has lost something. */
  private barrier(epoch: string, head: number, hash: string): readonly NodeEffect[] {
    if (!this.safeguards.barrier || this.phase !== 'live' || this.promised) return [];
    const { replica } = this;
    if (epoch !== replica.epoch) return this.resync('epoch');
    if (head < replica.rev) return this.resync('ahead');
    if (head === replica.rev) {
      this.lagging = 0;
      return this.safeguards.barrierHash && hash !== replica.hash ? this.resync('hash') : [];
    }
    // The delta may be on its way; standing still over two answers is not explained by that.
    this.lagging = this.lagRev === replica.rev ? this.lagging + 1 : 1;
    this.lagRev = replica.rev;
    return this.lagging >= patience.lag ? this.resync('lag') : [];
  }

  private resync(reason: 'lag' | 'hash' | 'epoch' | 'ahead' | 'silence'): readonly NodeEffect[] {
    this.batch = null;
    this.promised = false;
    this.lagging = 0;
    this.enter('placing');
    return [{ type: 'send', message: { t: 'resync', reason, have: this.replica.position } }];
  }

  private receivingBatch(id: number): Batch | null {
    return this.phase === 'receiving' && this.batch?.id === id ? this.batch : null;
  }

  private enter(phase: NodePhase): void {
    this.phase = phase;
    this.idleBeats = 0;
  }
}

const fault = (code: RejectCode, detail: string): BatchFault => ({ code, detail, shrink: [] });

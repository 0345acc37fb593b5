/**
 * The server's end of one node's channel as a pure machine: events in, effects out, no clock, no socket, no database.
 *
 * Phases: `new` (no hello yet) → `reading` (the history is looked up from the node's position) → `idle` (in step), `delta`
 * (one delta in flight), or for streams `queued` (waiting for a place) → `opening` (chunks are prepared) → `streaming` →
 * `reading`. `paused` follows a rejection: until a timer, a new head or an operator's word.
 *
 * At most one batch is in flight. Answers to reads, openings and timers carry the token of the question; late ones are dropped.
 */
import { combinedHash, emptyHashes } from '../../dataplane/contract/hash.ts';
import { limits } from '../../dataplane/contract/limits.ts';
import { channel, closeCodes, wireSchema } from '../../dataplane/contract/wire.ts';
import type { NodeMessage, Position, RejectCode, Shrink, ShrinkAllowance } from '../../dataplane/contract/wire.ts';
import { mergeAllowances } from './allowance.ts';
import type { Batch } from './batches.ts';
import { allSessionSafeguards, place } from './placement.ts';
import type { SessionSafeguards } from './placement.ts';
import type { NodeState } from './ports.ts';
import type { HistoryView, OpenStream, SessionEffect, SessionEvent } from './session-events.ts';

export type SessionPhase = 'new' | 'reading' | 'idle' | 'delta' | 'queued' | 'opening' | 'streaming' | 'paused';

/** Heartbeat periods without a sign of life, or without progress of a batch. */
const patience = { silent: 3, stuck: 6 } as const;
const retryMs = { failedRead: 1_000, reject: 1_000, rejecting: 60_000, rejectingMax: 900_000, held: 5_000 } as const;
/** Rows that may vanish beyond those an operator confirmed, because the world goes on meanwhile. */
const confirmSlack = 100;

interface InFlight {
  readonly batch: number;
  readonly kind: 'delta' | 'snapshot';
  /** It came in chunks and holds one of the places for streams. */
  readonly streamed: boolean;
  readonly after: Position;
}

export class Session {
  phase: SessionPhase = 'new';
  state: NodeState = 'connected';
  detail = '';
  node: Position = { epoch: '', rev: 0, hashes: emptyHashes };
  held: readonly Shrink[] = [];
  private readonly safeguards: SessionSafeguards;
  private token = 0;
  private batches = 0;
  private inFlight: InFlight | null = null;
  private stream: { readonly batch: number; readonly open: OpenStream; sent: number; acked: number } | null = null;
  /** What the stream in preparation carries; null = a snapshot. */
  private content: Batch | null = null;
  private owesWelcome = false;
  private stale = false;
  private forceSnapshot = false;
  private confirmed: ShrinkAllowance = {};
  private rejects: { readonly code: RejectCode | ''; readonly count: number } = { code: '', count: 0 };
  private timerSet = false;
  private silent = 0;
  private stuck = 0;

  /** @param confirmed what an operator confirmed for this node on an earlier connection, not yet applied. */
  constructor(confirmed: ShrinkAllowance = {}, safeguards: SessionSafeguards = allSessionSafeguards) {
    this.confirmed = confirmed;
    this.safeguards = safeguards;
  }

  /** What is confirmed and not yet applied: the gateway carries it over a reconnect. */
  get pendingConfirmation(): ShrinkAllowance {
    return this.confirmed;
  }

  /** True when an `opened` with this token would be taken. */
  awaits(token: number): boolean {
    return token === this.token && this.phase === 'opening';
  }

  /** Handles one event; effects are to be run in order before the next event. */
  step(event: SessionEvent): readonly SessionEffect[] {
    switch (event.type) {
      case 'message': return this.message(event.message);
      case 'wake': return this.wake();
      case 'read': return event.token === this.token && this.phase === 'reading' ? this.proceed(event.view) : [];
      case 'opened': return this.awaits(event.token) ? this.begin(event.stream) : [];
      case 'failed': return event.token === this.token ? this.failed(event.detail) : [];
      case 'head': return [{ type: 'send', message: { t: 'hb.ack', n: event.n, epoch: event.head.epoch, head: event.head.rev, hash: combinedHash(event.head.hashes) } }];
      case 'slot': return this.slot(event.granted);
      case 'timer': return event.token === this.token && this.phase === 'paused' ? this.read() : [];
      case 'confirm': return this.confirm();
      case 'beat': return this.beat();
    }
  }

  private message(message: NodeMessage): readonly SessionEffect[] {
    this.silent = 0;
    if (this.phase === 'new' && message.t !== 'hello') {
      return [{ type: 'close', code: closeCodes.protocol, reason: 'hello comes first' }];
    }
    switch (message.t) {
      case 'hello': return this.hello(message);
      case 'resync': return this.replace(message.have);
      case 'applied': return this.applied(message);
      case 'reject': return this.rejected(message);
      case 'credit': return this.credit(message.batch, message.upTo);
      case 'hb': return [{ type: 'head', n: message.n }];
      case 'report': case 'events': case 'result': return [{ type: 'deliver', message }];
    }
  }

  private hello(message: Extract<NodeMessage, { t: 'hello' }>): readonly SessionEffect[] {
    const known: SessionEffect = { type: 'deliver', message };
    if (message.schema !== wireSchema) {
      this.phase = 'paused';
      this.node = message.have;
      return [known, this.enter('rejecting', `the node speaks schema ${message.schema}, this control plane ${wireSchema}`), this.welcome('wait', this.node.epoch, this.node.rev)];
    }
    return [known, this.enter('syncing', ''), ...this.replace(message.have)];
  }

  /** The node states its position: whatever was under way is void, and it waits for a welcome. */
  private replace(have: Position): readonly SessionEffect[] {
    this.node = have;
    this.owesWelcome = true;
    if (this.phase === 'paused') {
      return [this.welcome('wait', have.epoch, have.rev)];
    }
    return [...this.abandon(this.phase !== 'queued'), ...this.read()];
  }

  private abandon(releaseSlot: boolean): readonly SessionEffect[] {
    const placed = this.phase === 'opening' || this.phase === 'queued' || this.inFlight?.streamed === true;
    this.inFlight = null;
    this.stream = null;
    this.stuck = 0;
    return placed && releaseSlot ? [{ type: 'release' }] : [];
  }

  private read(): readonly SessionEffect[] {
    this.phase = 'reading';
    this.stale = false;
    this.timerSet = false;
    return [{ type: 'read', token: ++this.token, since: this.node.rev }];
  }

  private proceed(view: HistoryView): readonly SessionEffect[] {
    const vouched = this.owesWelcome;
    const placement = this.forceSnapshot ? { need: 'snapshot' as const } : place(this.node, view, vouched, this.safeguards);
    if (placement.need === 'snapshot') return this.queue(null);
    const welcome = this.owesWelcome ? [this.welcome('resume', view.head.epoch, view.head.rev)] : [];
    this.owesWelcome = false;
    const { batch } = placement;
    // A turn kept in the queue is not needed any more.
    if (batch === null) return [...welcome, { type: 'release' }, ...this.rest(view.head.rev)];
    if (!batch.small) return [...welcome, ...this.queue(batch)];
    this.phase = 'delta';
    this.inFlight = { batch: ++this.batches, kind: 'delta', streamed: false, after: { epoch: batch.epoch, rev: batch.to, hashes: batch.hashes } };
    return [...welcome, { type: 'release' }, { type: 'send-delta', batch: this.batches, content: batch, allowShrink: mergeAllowances(batch.allowShrink, this.confirmed) }];
  }

  /** Nothing to send: in step, unless the head moved while we looked. */
  private rest(head: number): readonly SessionEffect[] {
    if (this.stale) return this.read();
    this.phase = 'idle';
    return this.node.rev >= head && this.held.length === 0 ? [this.enter('in-step', '')] : [];
  }

  private queue(content: Batch | null): readonly SessionEffect[] {
    this.content = content;
    this.phase = 'queued';
    return [this.enter('syncing', content === null ? 'snapshot' : 'large change'), { type: 'acquire' }];
  }

  private slot(granted: boolean): readonly SessionEffect[] {
    if (this.phase !== 'queued') return granted ? [{ type: 'release' }] : [];
    const welcome = this.owesWelcome ? [this.welcome(granted ? 'snapshot' : 'wait', this.node.epoch, this.node.rev)] : [];
    this.owesWelcome = false;
    if (!granted) return welcome;
    this.phase = 'opening';
    return [...welcome, { type: 'open', token: ++this.token, content: this.content }];
  }

  private begin(open: OpenStream): readonly SessionEffect[] {
    const batch = ++this.batches;
    this.phase = 'streaming';
    this.forceSnapshot = false;
    this.stream = { batch, open, sent: 0, acked: 0 };
    this.inFlight = { batch, kind: open.kind, streamed: true, after: { epoch: open.epoch, rev: open.to, hashes: open.hashes } };
    const allowShrink = mergeAllowances(this.content?.allowShrink ?? {}, this.confirmed);
    return [
      { type: 'send', message: { t: 'begin', kind: open.kind, batch, epoch: open.epoch, from: open.kind === 'snapshot' ? -1 : open.from, to: open.to, hashes: open.hashes, allowShrink } },
      ...this.pour(),
    ];
  }

  /** Sends chunks while the window is open, and the end behind the last. */
  private pour(): readonly SessionEffect[] {
    const { stream } = this;
    if (stream === null) return [];
    const effects: SessionEffect[] = [];
    while (stream.sent < stream.open.chunks && stream.sent - stream.acked < limits.chunkWindow) {
      effects.push({ type: 'send-chunk', batch: stream.batch, seq: stream.sent++ });
    }
    if (stream.sent === stream.open.chunks) {
      effects.push({ type: 'send', message: { t: 'end', batch: stream.batch, chunks: stream.open.chunks, rows: stream.open.rows } });
      this.stream = null;
    }
    return effects;
  }

  private credit(batch: number, upTo: number): readonly SessionEffect[] {
    if (this.inFlight?.batch !== batch) return [];
    this.stuck = 0;
    if (this.stream === null || upTo > this.stream.sent) return [];
    this.stream.acked = Math.max(this.stream.acked, upTo);
    return this.pour();
  }

  private applied(message: Extract<NodeMessage, { t: 'applied' }>): readonly SessionEffect[] {
    const { inFlight } = this;
    // Of a batch that we gave up: the position that the node states next is what counts.
    if (inFlight === null || inFlight.batch !== message.batch || inFlight.after.rev !== message.rev) return [];
    this.node = inFlight.after;
    this.rejects = { code: '', count: 0 };
    this.confirmed = {};
    this.held = [];
    const released = this.abandon(true);
    const { epoch, rev, tookMs, quarantined } = message;
    // The hash of what was applied is known, so looking again costs one cached read; it also tells whether we are in step.
    return [...released, { type: 'applied', epoch, rev, tookMs, quarantined }, ...this.read()];
  }

  private rejected(message: Extract<NodeMessage, { t: 'reject' }>): readonly SessionEffect[] {
    const { inFlight } = this;
    if (inFlight === null || inFlight.batch !== message.batch) return [];
    this.node = message.have;
    // The node expects something next; if there is nothing to send, a welcome says so.
    this.owesWelcome = true;
    const released = this.abandon(true);
    if (message.code === 'shrink-guard') {
      this.held = message.shrink;
      return [...released, this.enter('held', message.detail), ...(this.stale ? this.pause(retryMs.held) : this.pause(null))];
    }
    const count = this.rejects.code === message.code ? this.rejects.count + 1 : 1;
    this.rejects = { code: message.code, count };
    this.forceSnapshot = message.code !== 'commit';
    if (count >= channel.rejectsTolerated) {
      const ms = Math.min(retryMs.rejectingMax, retryMs.rejecting * 2 ** Math.min(10, count - channel.rejectsTolerated));
      return [...released, this.enter('rejecting', `${message.code}: ${message.detail}`), ...this.pause(ms)];
    }
    // A refused delta is answered by a snapshot at once; what was refused whole gets some time.
    if (inFlight.kind === 'delta' && message.code !== 'commit') return [...released, ...this.read()];
    return [...released, ...this.pause(retryMs.reject * 2 ** (count - 1))];
  }

  private pause(ms: number | null): readonly SessionEffect[] {
    this.phase = 'paused';
    this.stale = false;
    const token = ++this.token;
    this.timerSet = ms !== null;
    return ms === null ? [] : [{ type: 'timer', token, ms }];
  }

  private failed(detail: string): readonly SessionEffect[] {
    const released: readonly SessionEffect[] = this.phase === 'opening' ? [{ type: 'release' }] : [];
    return [...released, this.enter('behind', detail), ...this.pause(retryMs.failedRead)];
  }

  private wake(): readonly SessionEffect[] {
    if (this.phase === 'idle') return this.read();
    this.stale = true;
    // What is held may have been taken back by the change; ask again, but not for every change.
    if (this.phase === 'paused' && this.held.length > 0 && !this.timerSet) return this.pause(retryMs.held);
    return [];
  }

  private confirm(): readonly SessionEffect[] {
    if (this.held.length === 0) return [];
    const allowed = Object.fromEntries(this.held.map(({ table, removed }) => [table, removed + confirmSlack]));
    this.confirmed = mergeAllowances(this.confirmed, allowed);
    this.held = [];
    return this.phase === 'paused' ? [this.enter('syncing', 'confirmed'), ...this.read()] : [];
  }

  private beat(): readonly SessionEffect[] {
    if (++this.silent > patience.silent) return [{ type: 'close', code: closeCodes.silent, reason: 'the node is silent' }];
    if (this.inFlight === null) return [];
    if (++this.stuck > patience.stuck) return [{ type: 'close', code: closeCodes.slow, reason: 'a batch is not answered' }];
    return this.phase === 'delta' && this.state === 'in-step' ? [this.enter('behind', 'a change is not answered yet')] : [];
  }

  private welcome(mode: 'resume' | 'snapshot' | 'wait', epoch: string, head: number): SessionEffect {
    return { type: 'send', message: { t: 'welcome', mode, epoch, head, heartbeatMs: channel.heartbeatMs, deadMs: channel.deadMs } };
  }

  private enter(state: NodeState, detail: string): SessionEffect {
    this.state = state;
    this.detail = detail;
    return { type: 'state', state, detail };
  }
}

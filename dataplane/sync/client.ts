/**
 * The node's end of the push channel: the shell around the reducer. It owns the socket, the timers, the order in which frames
 * are handled, the last-known-good store and the kept secrets. It never gives up and never throws at the supervisor.
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as pause } from 'node:timers/promises';
import { parseChunk } from '../contract/frames.ts';
import { mapTables } from '../contract/hash.ts';
import { parseServerMessage } from '../contract/messages.ts';
import { tableNames } from '../contract/rows.ts';
import { channel } from '../contract/wire.ts';
import type { NodeEvent as NodeFact, NodeMessage, NodeReport, ServerMessage } from '../contract/wire.ts';
import { Backoff } from './backoff.ts';
import { CommandLog } from './command-log.ts';
import { Identity } from './identity.ts';
import { readLastKnownGood } from './last-known-good.ts';
import { Link } from './link.ts';
import type { NodeEffect, NodeEvent } from './node-events.ts';
import { Outbox } from './outbox.ts';
import type { ConnectionState, SyncClient, SyncClientOptions, SyncStatus } from './ports.ts';
import { NodeReducer } from './reducer.ts';
import { Replica } from './replica.ts';
import { LastKnownGoodStore } from './store.ts';
import { feedChunk, sliceMs } from './stream-reader.ts';

/** Creates the client; nothing happens before `loadLastKnownGood` and `start`. @throws RangeError without a control URL */
export function createSyncClient(options: SyncClientOptions): SyncClient {
  return new WebsocketSyncClient(options);
}

type Frame = { readonly link: Link } & ({ readonly text: string } | { readonly bytes: Buffer } | { readonly opened: true });

class WebsocketSyncClient implements SyncClient {
  private readonly options: SyncClientOptions;
  private readonly backoff: Backoff;
  private readonly store: LastKnownGoodStore;
  private readonly identity: Identity;
  private readonly commands: CommandLog;
  private readonly outbox = new Outbox();
  private readonly boot = randomUUID();
  private reducer: NodeReducer;
  private link: Link | null = null;
  private connection: ConnectionState = 'disconnected';
  /** Frames wait here while one is being handled: a chunk takes several turns of the event loop. */
  private inbox: Frame[] = [];
  private handling: Promise<void> | null = null;
  private reconnectTimer: NodeJS.Timeout | null = null;
  private beatTimer: NodeJS.Timeout | null = null;
  private stableTimer: NodeJS.Timeout | null = null;
  private retryAfterMs = -1;
  private lastUrl = '';
  private complained = false;
  private closed = false;

  constructor(options: SyncClientOptions) {
    if (options.urls.length === 0) throw new RangeError('no control URL');
    this.options = options;
    this.backoff = new Backoff(options.urls, Math.random);
    this.store = new LastKnownGoodStore(options.folder, (text) => { options.log('warn', text); });
    this.identity = new Identity(options);
    this.commands = new CommandLog(options.onCommand);
    this.reducer = this.newReducer(Replica.empty);
  }

  async loadLastKnownGood(): Promise<void> {
    const { options } = this;
    await this.identity.load();
    const known = await readLastKnownGood(options.folder, Date.now());
    for (const warning of known.warnings) options.log('warn', warning);
    const { replica } = known;
    if (replica.epoch === '') return;
    await options.listener.commit({ packed: known.packed, ops: known.ops, epoch: replica.epoch, rev: replica.rev, origin: 'disk' });
    this.reducer = this.newReducer(replica);
    options.log('info', `started from the last-known-good revision ${replica.rev}`, { epoch: replica.epoch, rows: tableNames.reduce((sum, table) => sum + replica.tables[table].size, 0) });
  }

  start(): void {
    this.connect();
  }

  report(report: NodeReport): void {
    this.outbox.putReport(report);
    this.flushOutbox();
  }

  events(events: readonly NodeFact[]): void {
    this.outbox.putEvents(events);
    this.flushOutbox();
  }

  status(): SyncStatus {
    const { replica, held, lastRejection } = this.reducer;
    return {
      connection: this.connection, url: this.lastUrl, node: this.identity.node, epoch: replica.epoch, rev: replica.rev, hash: replica.hash,
      rows: mapTables((table) => replica.tables[table].size), quarantined: replica.quarantined(), held, lastRejection,
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    this.stopTimers();
    this.flushOutbox();
    this.link?.destroy();
    this.link = null;
    this.inbox = [];
    await this.handling;
    await this.store.close();
  }

  private newReducer(replica: Replica): NodeReducer {
    return new NodeReducer(replica, { boot: this.boot, version: this.options.version, capabilities: this.options.capabilities });
  }

  private connect(): void {
    if (this.closed) return;
    this.reconnectTimer = null;
    this.setConnection('connecting');
    const introduction = this.identity.introduction();
    if (introduction === null) {
      this.lost('there is neither a node token nor a join token', true);
      return;
    }
    this.lastUrl = this.backoff.url;
    const link: Link = new Link(this.lastUrl, introduction, {
      opened: () => { this.enqueue({ link, opened: true }); },
      text: (text) => { this.enqueue({ link, text }); },
      binary: (bytes) => { this.enqueue({ link, bytes }); },
      over: (reason, refused) => { if (this.link === link) this.lost(reason, refused); },
    });
    this.link = link;
  }

  private lost(reason: string, refused: boolean): void {
    const stood = this.connection === 'connected';
    this.link = null;
    this.stopTimers();
    this.inbox = [];
    if (stood) this.step({ type: 'closed' });
    if (this.closed) return;
    if (refused) this.identity.refused();
    this.setConnection(refused ? 'unauthorized' : 'disconnected');
    const waitMs = this.retryAfterMs >= 0 ? this.backoff.told(this.retryAfterMs) : this.backoff.next();
    this.retryAfterMs = -1;
    // Once aloud, then quietly until a connection stands again.
    this.options.log(this.complained && !stood ? 'debug' : 'warn', `no connection to the control plane: ${reason}`, { url: this.lastUrl, retryMs: waitMs });
    this.complained = true;
    this.reconnectTimer = setTimeout(() => { this.connect(); }, waitMs);
  }

  private enqueue(frame: Frame): void {
    this.inbox.push(frame);
    if (this.handling !== null) return;
    this.handling = this.handleAll()
      .catch((error: unknown) => { this.drop(`a frame could not be handled: ${error instanceof Error ? error.message : String(error)}`); })
      .finally(() => {
        this.handling = null;
      });
  }

  private async handleAll(): Promise<void> {
    for (let frame = this.inbox.shift(); frame !== undefined; frame = this.inbox.shift()) {
      if (frame.link !== this.link) continue;
      if ('opened' in frame) this.opened();
      else if ('text' in frame) await this.handleText(frame.text);
      else await this.handleBytes(frame.bytes, frame.link);
    }
  }

  private opened(): void {
    this.complained = false;
    this.setConnection('connected');
    this.options.log('info', 'connected to the control plane', { url: this.lastUrl });
    this.outbox.reconnected();
    this.stableTimer = setTimeout(() => { this.backoff.stable(); }, channel.stableMs);
    this.step({ type: 'opened' });
    this.beatLater();
    this.flushOutbox();
  }

  private async handleText(text: string): Promise<void> {
    const parsed = parseServerMessage(text);
    if (!parsed.ok) {
      // A newer server may say more than we know; a frame that we should know and cannot read is another matter.
      if (parsed.error.code === 'malformed') this.drop(`the control plane sent a frame that cannot be read: ${parsed.error.message}`);
      return;
    }
    await this.handleMessage(parsed.value);
  }

  private async handleMessage(message: ServerMessage): Promise<void> {
    switch (message.t) {
      case 'identity':
        await this.identity.accepted(message.node, message.token);
        break;
      case 'keys':
        await this.identity.keysArrived(message.keys);
        break;
      case 'cmd':
        this.fireAndLog('a command', this.commands.answer(message).then((answer) => { this.send(answer); }));
        break;
      case 'events.ack':
        this.outbox.acknowledged(message.upTo);
        this.flushOutbox();
        break;
      case 'bye':
        this.retryAfterMs = message.retryAfterMs;
        this.options.log('info', `the control plane says goodbye: ${message.code}`, { retryAfterMs: message.retryAfterMs });
        break;
      case 'welcome': case 'delta': case 'begin': case 'end': case 'hb.ack':
        break;
    }
    this.step({ type: 'message', message });
  }

  private async handleBytes(bytes: Buffer, link: Link): Promise<void> {
    const chunk = parseChunk(bytes);
    if (chunk === null) {
      this.drop('the control plane sent a binary frame that is no chunk');
      return;
    }
    await feedChunk(chunk, (event) => { if (this.link === link) this.step(event); }, () => performance.now());
  }

  private step(event: NodeEvent): void {
    for (const effect of this.reducer.step(event)) this.run(effect);
  }

  private run(effect: NodeEffect): void {
    switch (effect.type) {
      case 'send': this.send(effect.message); return;
      case 'settle': this.fireAndLog('checking a batch', this.settle()); return;
      case 'commit': this.fireAndLog('applying a batch', this.commit(effect.change)); return;
      case 'persist': if (!this.closed) this.store.save(effect.replica, effect.delta); return;
      case 'close': this.drop(effect.reason); return;
      case 'held':
        this.options.log('error', 'a batch is held because it removes too much; an operator has to confirm it', { shrink: effect.shrink });
        this.notify();
    }
  }

  /** Runs the checks for 2 ms at a time. */
  private async settle(): Promise<void> {
    for (let asked = true; asked;) {
      const sliceStart = performance.now();
      do {
        asked = false;
        for (const effect of this.reducer.step({ type: 'settle' })) {
          if (effect.type === 'settle') asked = true;
          else this.run(effect);
        }
      } while (asked && performance.now() - sliceStart < sliceMs);
      if (asked) await pause();
    }
  }

  private async commit(change: Parameters<SyncClientOptions['listener']['commit']>[0]): Promise<void> {
    const start = performance.now();
    try {
      await this.options.listener.commit(change);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.options.log('error', `revision ${change.rev} could not be applied: ${detail}`);
      this.step({ type: 'commit-failed', detail });
      return;
    }
    this.step({ type: 'committed', tookMs: Math.round((performance.now() - start) * 1_000) / 1_000 });
    this.notify();
  }

  private send(message: NodeMessage): void {
    this.link?.send(JSON.stringify(message));
  }

  private flushOutbox(): void {
    // Reports are replaced, not queued, while the socket cannot keep up.
    if (this.connection !== 'connected' || this.link === null || this.link.congested) return;
    for (const message of this.outbox.take()) this.send(message);
  }

  /** Every 10 s, give or take 10 %: a fleet must not beat in step. */
  private beatLater(): void {
    this.beatTimer = setTimeout(() => {
      this.beatLater();
      this.step({ type: 'beat' });
    }, channel.heartbeatMs * (0.9 + 0.2 * Math.random()));
  }

  private drop(reason: string): void {
    const { link } = this;
    if (link === null) return;
    link.destroy();
    this.lost(reason, false);
  }

  private stopTimers(): void {
    for (const timer of [this.reconnectTimer, this.beatTimer, this.stableTimer]) if (timer !== null) clearTimeout(timer);
    this.reconnectTimer = null;
    this.beatTimer = null;
    this.stableTimer = null;
  }

  private setConnection(connection: ConnectionState): void {
    this.connection = connection;
    this.notify();
  }

  private notify(): void {
    this.options.onState?.(this.status());
  }

  private fireAndLog(what: string, promise: Promise<unknown>): void {
    promise.catch((error: unknown) => { this.options.log('error', `${what} failed: ${error instanceof Error ? error.message : String(error)}`); });
  }
}

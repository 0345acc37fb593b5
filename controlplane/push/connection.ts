/** One node's socket on the server's side: the shell that feeds its session and runs the session's effects. */
import type { WebSocket } from 'ws';
import { chunkHeader } from '../../dataplane/contract/frames.ts';
import { parseNodeMessage } from '../../dataplane/contract/messages.ts';
import { channel, closeCodes } from '../../dataplane/contract/wire.ts';
import type { NodeMessage, ServerMessage, ShrinkAllowance } from '../../dataplane/contract/wire.ts';
import type { Slots } from './admission.ts';
import type { Batch } from './batches.ts';
import type { Feed } from './feed.ts';
import type { NodeIdentity, NodeState } from './ports.ts';
import { Session } from './session.ts';
import type { SessionEffect, SessionEvent } from './session-events.ts';
import type { PackedStream, Streams } from './streams.ts';

/** What a connection needs of its gateway. */
export interface ConnectionHost {
  readonly feed: Feed;
  readonly streams: Streams;
  readonly slots: Slots<NodeConnection>;
  /** Milliseconds to wait for a turn to be greeted. */
  readonly admit: () => number;
  readonly state: (connection: NodeConnection, state: NodeState, detail: string) => void;
  readonly applied: (connection: NodeConnection, effect: Extract<SessionEffect, { type: 'applied' }>) => void;
  readonly deliver: (connection: NodeConnection, message: Extract<SessionEffect, { type: 'deliver' }>['message']) => void;
  readonly over: (connection: NodeConnection, reason: string) => void;
  readonly fireAndLog: (what: string, promise: Promise<unknown>) => void;
  readonly warn: (text: string) => void;
}

/** Bytes that may wait in a socket before a node counts as too slow to keep. */
const slowBytes = 8 * 1024 * 1024;
/** Longest wait for a turn; whoever would wait longer is asked to come back. */
const longestAdmissionMs = 10_000;
/** RFC 6455 §5.5 leaves 123 bytes for a reason. */
const longestReason = 100;

export class NodeConnection {
  readonly identity: NodeIdentity;
  readonly token: string;
  readonly session: Session;
  readonly openedAtMs: number;
  boot = '';
  private readonly socket: WebSocket;
  private readonly host: ConnectionHost;
  private stream: PackedStream | null = null;
  /** Streams by the token of the question, until the session takes or drops them. */
  private readonly prepared = new Map<number, PackedStream>();
  private timer: NodeJS.Timeout | null = null;
  private readonly helloTimer: NodeJS.Timeout;
  private greeted = false;
  private ended = false;

  constructor(socket: WebSocket, identity: NodeIdentity, token: string, confirmed: ShrinkAllowance, host: ConnectionHost, nowMs: number) {
    this.socket = socket;
    this.identity = identity;
    this.token = token;
    this.host = host;
    this.session = new Session(confirmed);
    this.openedAtMs = nowMs;
    this.helloTimer = setTimeout(() => { this.close(closeCodes.noHello, 'no hello'); }, channel.helloMs);
    socket.on('message', (data, isBinary) => {
      if (isBinary || !Buffer.isBuffer(data)) {
        this.close(closeCodes.protocol, 'text frames only');
        return;
      }
      try {
        this.frame(data.toString('utf8'));
      } catch (error) {
        // A fault of ours costs this node its connection, not the control plane its life.
        host.warn(`a frame of node ${identity.name} could not be handled: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        this.close(closeCodes.internal, 'internal error');
      }
    });
    socket.on('error', (error) => { this.end(error.message); });
    socket.on('close', (code) => { this.end(`closed with ${code}`); });
  }

  /** True once the node has said hello and may get commands. */
  get ready(): boolean {
    return this.greeted && !this.ended;
  }

  send(message: ServerMessage): void {
    this.write(JSON.stringify(message));
  }

  step(event: SessionEvent): void {
    if (this.ended) return;
    if (event.type === 'opened' && this.session.awaits(event.token)) this.stream = this.prepared.get(event.token) ?? null;
    if (event.type === 'opened') this.prepared.delete(event.token);
    for (const effect of this.session.step(event)) this.run(effect);
  }

  /** Asks the node to come back later and closes. */
  bye(code: string, retryAfterMs: number, closeCode: number): void {
    this.send({ t: 'bye', code, retryAfterMs });
    this.close(closeCode, code);
  }

  /** Closes with a code of our own; a peer that does not answer the closing handshake is cut off by `terminate`. */
  close(code: number, reason: string): void {
    if (this.ended) return;
    this.socket.close(code, reason.slice(0, longestReason));
    this.end(reason);
  }

  /** Cuts the socket, whether or not the peer is still there. */
  terminate(): void {
    this.socket.terminate();
  }

  private frame(text: string): void {
    if (this.ended) return;
    const parsed = parseNodeMessage(text);
    if (parsed.ok) {
      if (parsed.value.t === 'hello') this.hello(parsed.value);
      else this.step({ type: 'message', message: parsed.value });
    } else if (parsed.error.code === 'malformed') {
      this.host.warn(`node ${this.identity.name} sent a frame that cannot be read: ${parsed.error.message}`);
      this.close(closeCodes.protocol, parsed.error.message);
    }
  }

  /** Many nodes that come back at once are greeted in turn. */
  private hello(message: Extract<NodeMessage, { t: 'hello' }>): void {
    clearTimeout(this.helloTimer);
    if (this.greeted) return;
    const waitMs = this.host.admit();
    if (waitMs > longestAdmissionMs) {
      this.bye('busy', waitMs, closeCodes.busy);
      return;
    }
    this.greeted = true;
    this.boot = message.boot;
    if (waitMs === 0) this.step({ type: 'message', message });
    else this.later(waitMs, { type: 'message', message });
  }

  private run(effect: SessionEffect): void {
    const { host } = this;
    switch (effect.type) {
      case 'send': this.send(effect.message); return;
      case 'send-delta': this.write(`{"t":"delta","batch":${effect.batch},"allowShrink":${JSON.stringify(effect.allowShrink)},${deltaTail(effect.content)}`); return;
      case 'send-chunk': this.sendChunk(effect.batch, effect.seq); return;
      case 'read':
        this.answer(effect.token, host.feed.view(effect.since).then((view) => ({ type: 'read', token: effect.token, view })));
        return;
      case 'open':
        this.answer(effect.token, this.open(effect.token, effect.content));
        return;
      case 'head':
        host.fireAndLog('reading the head for a heartbeat', host.feed.head().then((head) => { this.step({ type: 'head', n: effect.n, head }); }));
        return;
      case 'acquire': this.step({ type: 'slot', granted: host.slots.acquire(this) }); return;
      case 'release': this.release(); return;
      case 'timer': this.later(effect.ms, { type: 'timer', token: effect.token }); return;
      case 'state': host.state(this, effect.state, effect.detail); return;
      case 'applied': host.applied(this, effect); return;
      case 'deliver': host.deliver(this, effect.message); return;
      case 'close': this.close(effect.code, effect.reason); this.terminate(); return;
    }
  }

  private answer(token: number, question: Promise<SessionEvent>): void {
    const answered = question.then(
      (event) => { this.step(event); },
      (error: unknown) => {
        const detail = error instanceof Error ? error.message : String(error);
        this.host.warn(`the configuration for node ${this.identity.name} could not be read: ${detail}`);
        this.step({ type: 'failed', token, detail: 'the database cannot be read' });
      },
    );
    this.host.fireAndLog('answering a session', answered);
  }

  private async open(token: number, content: Batch | null): Promise<SessionEvent> {
    const packed = content === null ? await this.host.streams.newest() : await this.host.streams.delta(content);
    this.prepared.set(token, packed);
    return { type: 'opened', token, stream: packed.shape };
  }

  private sendChunk(batch: number, seq: number): void {
    const body = this.stream?.chunks[seq];
    if (body === undefined) return;
    // Header and shared body as two fragments of one message: the body is never copied.
    this.socket.send(chunkHeader(batch, seq), { binary: true, fin: false });
    this.socket.send(body, { binary: true, fin: true });
    this.checkSpeed();
  }

  private write(text: string): void {
    if (this.ended) return;
    this.socket.send(text);
    this.checkSpeed();
  }

  private checkSpeed(): void {
    if (this.socket.bufferedAmount <= slowBytes) return;
    this.close(closeCodes.slow, 'too slow');
    this.terminate();
  }

  private release(): void {
    this.stream = null;
    for (const granted of this.host.slots.release(this)) granted.step({ type: 'slot', granted: true });
  }

  private later(ms: number, event: SessionEvent): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.step(event);
    }, ms);
  }

  private end(reason: string): void {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.helloTimer);
    if (this.timer !== null) clearTimeout(this.timer);
    this.stream = null;
    this.release();
    this.host.over(this, reason);
  }
}

const tails = new WeakMap<Batch, string>();

/** The part of a delta's text that is the same for every node. */
function deltaTail(batch: Batch): string {
  const known = tails.get(batch);
  if (known !== undefined) return known;
  const { epoch, from, to, rows, hashes } = batch;
  const tail = JSON.stringify({ epoch, from, to, rows, hashes }).slice(1);
  tails.set(batch, tail);
  return tail;
}

import { TimerNode } from '../runtime/timer-wheel.ts';
import type { TimerWheel } from '../runtime/timer-wheel.ts';
import type { Flow, SendOwner } from './flow.ts';
import { codeOf } from './listen-error.ts';
import type { MessageReceiver } from './receiver.ts';
import type { TransportCounters, TransportLimits } from './settings.ts';

/** What the connections of one worker share. */
export interface ConnectionEnvironment {
  readonly wheel: TimerWheel;
  readonly receiver: MessageReceiver;
  readonly counters: TransportCounters;
  readonly limits: TransportLimits;
  /** The connection is gone: forget it. */
  closed(connection: Connection): void;
}

const never = -1;
/** With more than that unread a keep-alive gets no answer: it would not be read either, and keep-alives cost their sender nothing. */
const unansweredBytes = 4_096;
/** Owners noted before it is looked through for those that have their answer. */
const firstSweep = 64;

/**
 * One connection that messages come and go by, accepted or opened by us. Here are its guards, on one timer node
 * (connecting, idling, half a message for too long), its bounded queue, and who is told when it dies: every request that
 * has no response yet.
 */
export abstract class Connection extends TimerNode {
  readonly id: number;
  /** The one Flow of everything that comes over this connection. */
  readonly flow: Flow;
  /** Key in the table of remote addresses. */
  readonly remote: string;
  /** Another port of the other end that it leads to (RFC 5923), 0 = none. */
  aliasPort = 0;
  protected readonly environment: ConnectionEnvironment;
  protected connecting: boolean;
  protected closing = false;
  #idleTick: number;
  #messageTick = never;
  /** Requests that may still wait for a response; looked through each time it has doubled. */
  #owners: Set<SendOwner> | null = null;
  #sweepAt = firstSweep;

  constructor(environment: ConnectionEnvironment, flow: Flow, remote: string, connecting: boolean) {
    super();
    this.environment = environment;
    this.id = flow.connection;
    this.flow = flow;
    this.remote = remote;
    this.connecting = connecting;
    const { wheel, limits } = environment;
    this.#idleTick = wheel.tickAfter(connecting ? limits.connectTimeoutMs : limits.idleTimeoutMs);
    wheel.armTick(this, this.#idleTick);
  }

  /** Writable, or about to be. */
  get open(): boolean {
    return !this.closing;
  }

  /** Whether the other end reads what it gets, so that a keep-alive is worth an answer. */
  protected get reading(): boolean {
    return this.queued < unansweredBytes;
  }

  /** Bytes that wait to be written. */
  protected abstract get queued(): number;
  /** Hands one message to the socket; a failure shows in its closing. */
  protected abstract write(text: string): void;
  /** Closes the socket at once; `error` is why, for `lost`. */
  protected abstract cut(error?: Error): void;

  /** Queues one message; a reader that lets too much pile up loses the connection. */
  send(text: string, owner: SendOwner | null): void {
    const { counters, limits } = this.environment;
    if (this.queued + text.length > limits.streamQueueBytes) {
      counters.connectionsReaped++;
      this.destroy();
      if (owner !== null) process.nextTick(() => owner.sendFailed(`${this.place} does not read`));
      return;
    }
    counters.messagesOut++;
    if (!this.connecting) this.touch();
    if (owner !== null) this.#note(owner);
    this.write(text);
  }

  /** Address and port of the other end, for people. */
  get place(): string {
    const { family, address, port } = this.flow;
    return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
  }

  destroy(): void {
    this.closing = true;
    this.cut();
  }

  override fire(tick: number): void {
    const late = this.#messageTick !== never && this.#messageTick <= tick;
    if (late || this.#idleTick <= tick) {
      this.environment.counters.connectionsReaped++;
      this.closing = true;
      this.cut(this.connecting ? new ConnectTimeout() : undefined);
      return;
    }
    this.#arm();
  }

  protected connected(): void {
    this.connecting = false;
    this.touch();
    this.#arm();
  }

  /** Something was read or written: idling begins anew. */
  protected touch(): void {
    // The node stays where it is: `fire` finds that there is time left.
    this.#idleTick = this.environment.wheel.tickAfter(this.environment.limits.idleTimeoutMs);
  }

  /** The time for a message runs from its first byte; more bytes of it do not prolong it. */
  protected guardMessage(partial: boolean, fresh: boolean): void {
    if (!partial) {
      this.#messageTick = never;
      return;
    }
    if (this.#messageTick !== never && !fresh) return;
    this.#messageTick = this.environment.wheel.tickAfter(this.environment.limits.messageTimeoutMs);
    this.#arm();
  }

  /** The socket is closed: whoever waits for an answer over it learns that none will come; if it never opened, everybody learns that nothing was sent. */
  protected lost(error: unknown): void {
    this.closing = true;
    this.environment.wheel.disarm(this);
    this.environment.closed(this);
    const owners = this.#owners;
    this.#owners = null;
    if (owners === null) return;
    const detail = `${error === null || error === undefined ? 'closed by' : codeOf(error)} ${this.place}`;
    for (const owner of owners) {
      if (!owner.awaiting && !this.connecting) continue;
      this.environment.counters.sendErrors++;
      owner.sendFailed(detail);
    }
  }

  #note(owner: SendOwner): void {
    const owners = (this.#owners ??= new Set());
    owners.add(owner);
    if (owners.size < this.#sweepAt) return;
    for (const one of owners) if (!one.awaiting) owners.delete(one);
    this.#sweepAt = Math.max(firstSweep, 2 * owners.size);
  }

  #arm(): void {
    const message = this.#messageTick;
    this.environment.wheel.armTick(this, message !== never && message < this.#idleTick ? message : this.#idleTick);
  }
}

class ConnectTimeout extends Error {
  readonly code = 'ETIMEDOUT';
}

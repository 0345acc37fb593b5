import type { Socket } from 'node:net';
import { TimerNode } from '../runtime/timer-wheel.ts';
import type { TimerWheel } from '../runtime/timer-wheel.ts';
import { FRAME, StreamFramer } from '../sip/framing.ts';
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

/**
 * One TCP connection, accepted or opened by us: framing (RFC 3261 §18.3), keep-alives (RFC 5626 §4.4.1) and three
 * guards on one timer node: connecting, idling, and half a message for too long.
 */
export class Connection extends TimerNode {
  readonly id: number;
  /** The one Flow of everything that comes over this connection. */
  readonly flow: Flow;
  /** Key in the table of remote addresses. */
  readonly remote: string;
  readonly #environment: ConnectionEnvironment;
  readonly #socket: Socket;
  readonly #framer = new StreamFramer();
  #connecting: boolean;
  #closing = false;
  #idleTick: number;
  #messageTick = never;

  constructor(environment: ConnectionEnvironment, flow: Flow, remote: string, socket: Socket, connecting: boolean) {
    super();
    this.#environment = environment;
    this.id = flow.connection;
    this.flow = flow;
    this.remote = remote;
    this.#socket = socket;
    this.#connecting = connecting;
    const { wheel, limits } = environment;
    this.#idleTick = wheel.tickAfter(connecting ? limits.connectTimeoutMs : limits.idleTimeoutMs);
    wheel.armTick(this, this.#idleTick);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => { environment.counters.receiveErrors++; });
    socket.on('close', () => this.#closed());
    if (connecting) socket.once('connect', () => this.#connected());
  }

  /** Writable, or about to be. */
  get open(): boolean {
    return !this.#closing;
  }

  /** Queues one message; a reader that lets too much pile up loses the connection. */
  send(text: string, owner: SendOwner | null): void {
    const { counters, limits, wheel } = this.#environment;
    if (this.#socket.writableLength + text.length > limits.streamQueueBytes) {
      counters.connectionsReaped++;
      this.destroy();
      if (owner !== null) process.nextTick(() => owner.sendFailed(`${this.remote} does not read`));
      return;
    }
    counters.messagesOut++;
    if (!this.#connecting) this.#idleTick = wheel.tickAfter(limits.idleTimeoutMs);
    if (owner === null) {
      this.#socket.write(text, 'latin1');
      return;
    }
    this.#socket.write(text, 'latin1', (error) => {
      if (error === null || error === undefined) return;
      counters.sendErrors++;
      owner.sendFailed(`${codeOf(this.#socket.errored ?? error)} ${this.remote}`);
    });
  }

  destroy(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  override fire(tick: number): void {
    const late = this.#messageTick !== never && this.#messageTick <= tick;
    if (late || this.#idleTick <= tick) {
      this.#environment.counters.connectionsReaped++;
      this.#closing = true;
      this.#socket.destroy(this.#connecting ? new ConnectTimeout() : undefined);
      return;
    }
    this.#arm();
  }

  #connected(): void {
    this.#connecting = false;
    this.#touch();
    this.#arm();
  }

  #read(chunk: Buffer): void {
    if (this.#closing) return;
    const framer = this.#framer;
    const { receiver, counters } = this.#environment;
    this.#touch();
    framer.push(chunk.toString('latin1'));
    let fresh = false;
    for (;;) {
      const found = framer.next();
      if (found === FRAME.message) {
        fresh = true;
        counters.messagesIn++;
        receiver.receive(framer.text, this.flow);
      } else if (found === FRAME.ping) {
        this.#socket.write('\r\n', 'latin1');
      } else if (found === FRAME.fault) {
        counters.streamFaults++;
        receiver.fault(framer.text, framer.status, framer.fault, this.flow);
        this.#closing = true;
        this.#socket.destroySoon();
        return;
      } else {
        break;
      }
      if (this.#closing) return;
    }
    this.#guardMessage(fresh);
  }

  /** The time for a message runs from its first byte; more bytes of it do not prolong it. */
  #guardMessage(fresh: boolean): void {
    if (!this.#framer.partial) {
      this.#messageTick = never;
      return;
    }
    if (this.#messageTick !== never && !fresh) return;
    this.#messageTick = this.#environment.wheel.tickAfter(this.#environment.limits.messageTimeoutMs);
    this.#arm();
  }

  #touch(): void {
    // The node stays where it is: `fire` finds that there is time left.
    this.#idleTick = this.#environment.wheel.tickAfter(this.#environment.limits.idleTimeoutMs);
  }

  #arm(): void {
    const message = this.#messageTick;
    this.#environment.wheel.armTick(this, message !== never && message < this.#idleTick ? message : this.#idleTick);
  }

  #closed(): void {
    this.#closing = true;
    this.#environment.wheel.disarm(this);
    this.#environment.closed(this);
  }
}

class ConnectTimeout extends Error {
  readonly code = 'ETIMEDOUT';
}

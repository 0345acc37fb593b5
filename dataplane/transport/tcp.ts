import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { err, ok } from '../contract/result.ts';
import type { Result } from '../contract/result.ts';
import type { TimerWheel } from '../runtime/timer-wheel.ts';
import { normalizeAddress } from './addresses.ts';
import { Connection } from './connection.ts';
import type { ConnectionEnvironment } from './connection.ts';
import { ReceivedBy } from './flow.ts';
import type { Family, SendOwner, Target } from './flow.ts';
import { codeOf, ListenError } from './listen-error.ts';
import { BoundListener } from './listener.ts';
import type { MessageReceiver } from './receiver.ts';
import type { ListenerSettings, TransportCounters, TransportLimits } from './settings.ts';

/** One listening TCP socket; its connections belong to the table. */
export class TcpListener {
  readonly listener: BoundListener;
  readonly #server: Server;

  private constructor(listener: BoundListener, server: Server, table: ConnectionTable) {
    this.listener = listener;
    this.#server = server;
    server.on('connection', (socket) => table.accept(listener, socket));
    server.on('error', () => { table.counters.receiveErrors++; });
  }

  static open(id: number, settings: ListenerSettings, table: ConnectionTable): Promise<Result<TcpListener, ListenError>> {
    return new Promise((resolve) => {
      const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
      const refused = (error: unknown): void => { resolve(err(new ListenError(settings, codeOf(error)))); };
      server.once('error', refused);
      server.once('listening', () => {
        server.removeListener('error', refused);
        const bound = server.address();
        const port = bound !== null && typeof bound === 'object' ? bound.port : settings.port;
        resolve(ok(new TcpListener(new BoundListener(id, settings, port), server, table)));
      });
      server.listen({
        host: settings.address, port: settings.port, ipv6Only: settings.family === 6, reusePort: settings.reusePort,
        backlog: 1_024, exclusive: true,
      });
    });
  }

  /** Stops accepting; connections stay until the table closes them. */
  close(): Promise<void> {
    return new Promise((resolve) => { this.#server.close(() => resolve()); });
  }
}

/**
 * The TCP connections of one worker, found by id (a flow) and by remote address and port (reuse, RFC 3261 §18),
 * capped in total and per source.
 */
export class ConnectionTable {
  readonly counters: TransportCounters;
  readonly #limits: TransportLimits;
  readonly #environment: ConnectionEnvironment;
  readonly #byId = new Map<number, Connection>();
  readonly #byRemote = new Map<string, Connection>();
  readonly #perSource = new Map<string, number>();
  #lastId: number;
  #idle: (() => void) | null = null;

  /** @param firstId connections are numbered from the one behind it */
  constructor(wheel: TimerWheel, receiver: MessageReceiver, counters: TransportCounters, limits: TransportLimits, firstId: number) {
    this.#lastId = firstId;
    this.counters = counters;
    this.#limits = limits;
    this.#environment = { wheel, receiver, counters, limits, closed: (connection) => this.#remove(connection) };
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Whether the connection exists and takes messages. */
  isOpen(id: number): boolean {
    return this.#byId.get(id)?.open ?? false;
  }

  /** Id of the open connection to that remote address and port, 0 = none. */
  find(address: string, port: number): number {
    const connection = this.#byRemote.get(remoteKey(normalizeAddress(address), port));
    return connection?.open === true ? connection.id : 0;
  }

  /** Takes over an accepted socket; above a cap it is closed at once. */
  accept(listener: BoundListener, socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.destroy();
      return;
    }
    const address = normalizeAddress(remoteAddress);
    if (this.#full(address)) {
      this.counters.connectionsRefused++;
      socket.destroy();
      return;
    }
    this.counters.connectionsAccepted++;
    this.#add(listener, listener.family, address, remotePort, socket, false);
  }

  /** Sends by the target's connection, else by any to its address and port, else by a new one from `listener`. */
  send(listener: BoundListener, target: Target, text: string, owner: SendOwner | null): void {
    const preferred = target.connection === 0 ? undefined : this.#byId.get(target.connection);
    const connection = preferred?.open === true ? preferred : this.#reach(listener, target);
    if (connection !== null) {
      connection.send(text, owner);
      return;
    }
    this.counters.connectionsRefused++;
    if (owner !== null) process.nextTick(() => owner.sendFailed(`too many connections to reach ${target.address}:${target.port}`));
  }

  /** Destroys every connection and waits until all are gone. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#byId.size === 0) {
        resolve();
        return;
      }
      this.#idle = resolve;
      for (const connection of this.#byId.values()) connection.destroy();
    });
  }

  #reach(listener: BoundListener, target: Target): Connection | null {
    const open = this.#byRemote.get(remoteKey(target.address, target.port));
    if (open?.open === true) return open;
    if (this.#full(target.address)) return null;
    const socket = connect({
      host: target.address, port: target.port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000,
      ...(listener.wildcard ? {} : { localAddress: listener.address }),
    });
    this.counters.connectionsOpened++;
    return this.#add(listener, target.family, target.address, target.port, socket, true);
  }

  #full(address: string): boolean {
    return this.#byId.size >= this.#limits.connections || (this.#perSource.get(address) ?? 0) >= this.#limits.connectionsPerSource;
  }

  #add(listener: BoundListener, family: Family, address: string, port: number, socket: Socket, connecting: boolean): Connection {
    const id = ++this.#lastId;
    const remote = remoteKey(address, port);
    const connection = new Connection(this.#environment, new ReceivedBy(listener, family, address, port, id), remote, socket, connecting);
    this.#byId.set(id, connection);
    this.#byRemote.set(remote, connection);
    this.#perSource.set(address, (this.#perSource.get(address) ?? 0) + 1);
    return connection;
  }

  #remove(connection: Connection): void {
    if (!this.#byId.delete(connection.id)) return;
    if (this.#byRemote.get(connection.remote) === connection) this.#byRemote.delete(connection.remote);
    const { address } = connection.flow;
    const left = (this.#perSource.get(address) ?? 1) - 1;
    if (left === 0) this.#perSource.delete(address);
    else this.#perSource.set(address, left);
    if (this.#byId.size === 0) this.#idle?.();
  }
}

const remoteKey = (address: string, port: number): string => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);

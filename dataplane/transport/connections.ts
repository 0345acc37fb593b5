import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { WebSocket } from 'ws';
import { TimerNode } from '../runtime/timer-wheel.ts';
import type { TimerWheel } from '../runtime/timer-wheel.ts';
import { networkOf, normalizeAddress } from './addresses.ts';
import { Aliases } from './aliases.ts';
import type { AliasNotice } from './aliases.ts';
import { nameMismatch } from './certificate-names.ts';
import type { Connection, ConnectionEnvironment } from './connection.ts';
import { isSecure, isWebSocket, ReceivedBy } from './flow.ts';
import type { Family, SendOwner, Target, TransportName } from './flow.ts';
import type { BoundListener } from './listener.ts';
import type { MessageReceiver } from './receiver.ts';
import type { TransportCounters, TransportLimits } from './settings.ts';
import { StreamConnection } from './stream-connection.ts';
import { causeOf } from './tls-door.ts';
import type { TlsIdentities } from './tls-identities.ts';
import { WebConnection } from './web-connection.ts';

/** What every connection of a table stands on. */
export interface TableParts {
  readonly wheel: TimerWheel;
  readonly receiver: MessageReceiver;
  readonly counters: TransportCounters;
  readonly limits: TransportLimits;
  readonly identities: TlsIdentities;
}

/**
 * The connections of one worker, TCP, TLS and WebSocket: found by id (a flow), by transport and remote address (reuse,
 * RFC 3261 §18, RFC 5923), capped in total and per source from the moment a socket is accepted.
 */
export class ConnectionTable {
  readonly counters: TransportCounters;
  readonly #limits: TransportLimits;
  readonly #wheel: TimerWheel;
  readonly #identities: TlsIdentities;
  readonly #environment: ConnectionEnvironment;
  readonly #byId = new Map<number, Connection>();
  readonly #byRemote = new Map<string, Connection>();
  /** Also those of the siblings' connections. */
  readonly aliases = new Aliases();
  /** Told of each alias that comes or goes with a connection of this table. */
  onAlias: (notice: AliasNotice) => void = () => undefined;
  /** Sockets of each source (`networkOf`), those on the doorstep included. */
  readonly #perSource = new Map<string, number>();
  /** Accepted, but no connection yet: a handshake or an upgrade is under way. */
  readonly #guests = new Map<string, Guest>();
  #sockets = 0;
  #lastId: number;
  #idle: (() => void) | null = null;

  /** @param firstId connections are numbered from the one behind it */
  constructor({ wheel, receiver, counters, limits, identities }: TableParts, firstId: number) {
    this.#lastId = firstId;
    this.counters = counters;
    this.#limits = limits;
    this.#wheel = wheel;
    this.#identities = identities;
    this.#environment = { wheel, receiver, counters, limits, closed: (connection) => this.#remove(connection) };
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Whether the connection exists and takes messages. */
  isOpen(id: number): boolean {
    return this.#byId.get(id)?.open ?? false;
  }

  /** Id of the open connection of that transport to that remote address and port, 0 = none. */
  find(transport: TransportName, address: string, port: number): number {
    const connection = this.#byRemote.get(remoteKey(transport, normalizeAddress(address), port));
    return connection?.open === true ? connection.id : 0;
  }

  /** Lets an accepted socket in; above a cap it is closed at once. True = go on with `welcome`, or with a handshake before it. */
  admit(socket: Socket): boolean {
    const address = sourceOf(socket);
    if (address === '' || this.#full(address)) {
      if (address !== '') this.counters.connectionsRefused++;
      socket.destroy();
      return false;
    }
    this.counters.connectionsAccepted++;
    this.#hold(address, socket);
    return true;
  }

  /** Gives an admitted socket `handshakeTimeoutMs` to become a connection. */
  await(listener: BoundListener, socket: Socket): void {
    const guest = new Guest(socket, this.counters);
    const key = guestKey(listener, socket);
    this.#guests.set(key, guest);
    this.#wheel.armTick(guest, this.#wheel.tickAfter(this.#limits.handshakeTimeoutMs));
    socket.once('close', () => this.#leave(key));
  }

  /** An admitted socket, or the TLS one over it, speaks SIP from now on. */
  welcome(listener: BoundListener, socket: Socket): void {
    this.#leave(guestKey(listener, socket));
    const address = sourceOf(socket);
    if (address === '') socket.destroy();
    else this.#keep((flow, remote) => new StreamConnection(this.#environment, flow, remote, socket, false), listener, listener.family, address, socket.remotePort ?? 0, '');
  }

  /** The same for a WebSocket over `socket`. */
  welcomeWeb(listener: BoundListener, web: WebSocket, socket: Socket): void {
    this.#leave(guestKey(listener, socket));
    const address = sourceOf(socket);
    if (address === '') web.terminate();
    else this.#keep((flow, remote) => new WebConnection(this.#environment, flow, remote, web, socket), listener, listener.family, address, socket.remotePort ?? 0, '');
  }

  /** Sends by the target's connection, else by any to its address and port, else by a new one from `listener`. */
  send(listener: BoundListener, target: Target, text: string, owner: SendOwner | null): void {
    const preferred = target.connection === 0 ? undefined : this.#byId.get(target.connection);
    const connection = preferred?.open === true ? preferred : this.#reach(listener, target);
    if (typeof connection !== 'string') {
      connection.send(text, owner);
      return;
    }
    this.counters.sendErrors++;
    if (owner !== null) process.nextTick(() => owner.sendFailed(connection));
  }

  /**
   * The other end of a connection asks for requests to its `port` to come back by it (RFC 5923 §5). Honoured only where a
   * client certificate has proved who that is, once a connection; what the certificate does not name never takes this way.
   */
  alias(id: number, port: number): void {
    const connection = this.#byId.get(id);
    if (!(connection instanceof StreamConnection) || connection.aliasPort !== 0) return;
    const { verifiedCertificate: certificate } = connection;
    if (certificate === '') return;
    connection.aliasPort = port;
    this.#noteAlias(connection, certificate);
  }

  #noteAlias({ flow: { family, address, port }, id, aliasPort }: Connection, certificate: string): void {
    const notice = { family, address, aliasPort, port, connection: id, certificate };
    this.aliases.note(notice);
    this.onAlias(notice);
  }

  /** Destroys every connection and waits until all are gone. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      for (const guest of this.#guests.values()) guest.destroy();
      if (this.#sockets === 0) {
        resolve();
        return;
      }
      this.#idle = resolve;
      for (const connection of this.#byId.values()) connection.destroy();
    });
  }

  /** An open connection, or a new one; a text says why there can be none. */
  #reach(listener: BoundListener, target: Target): Connection | string {
    const { transport, address, port, serverName } = target;
    const open = this.#byRemote.get(remoteKey(transport, address, port, serverName));
    if (open?.open === true) return open;
    if (isWebSocket(transport)) return `no connection to ${address}:${port}`;
    if (this.#full(address)) {
      this.counters.connectionsRefused++;
      return `too many connections to reach ${address}:${port}`;
    }
    const socket = this.#dial(listener, target);
    this.counters.connectionsOpened++;
    this.#hold(address, socket);
    return this.#keep((flow, remote) => new StreamConnection(this.#environment, flow, remote, socket, true), listener, target.family, address, port, serverName);
  }

  #dial(listener: BoundListener, { transport, address, port, serverName }: Target): Socket {
    const where = { host: address, port, ...(listener.wildcard ? {} : { localAddress: listener.address }) };
    if (!isSecure(transport)) return connect({ ...where, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
    const socket = connectTls({
      ...where, secureContext: this.#identities.outgoing(), rejectUnauthorized: this.#identities.policy.verifyDestinations,
      checkServerIdentity: (_, certificate) => nameMismatch(serverName === '' ? address : serverName, certificate),
      // An address is no server name (RFC 6066 §3).
      ...(serverName === '' ? {} : { servername: serverName }),
    });
    socket.setKeepAlive(true, 60_000);
    let secure = false;
    socket.once('secureConnect', () => { secure = true; });
    socket.once('error', (error) => { if (!secure) this.counters[causeOf(error)]++; });
    return socket;
  }

  #full(address: string): boolean {
    return this.#sockets >= this.#limits.connections || (this.#perSource.get(networkOf(address)) ?? 0) >= this.#limits.connectionsPerSource;
  }

  /** Counts a socket of that address until it closes. */
  #hold(address: string, socket: Socket): void {
    const source = networkOf(address);
    this.#sockets += 1;
    this.#perSource.set(source, (this.#perSource.get(source) ?? 0) + 1);
    socket.once('close', () => {
      this.#sockets -= 1;
      const left = (this.#perSource.get(source) ?? 1) - 1;
      if (left === 0) this.#perSource.delete(source);
      else this.#perSource.set(source, left);
      if (this.#sockets === 0) this.#idle?.();
    });
  }

  #leave(key: string): void {
    const guest = this.#guests.get(key);
    if (guest === undefined) return;
    this.#guests.delete(key);
    this.#wheel.disarm(guest);
  }

  #keep(make: (flow: ReceivedBy, remote: string) => Connection, listener: BoundListener, family: Family, address: string, port: number, serverName: string): Connection {
    const remote = remoteKey(listener.transport, address, port, serverName);
    const connection = make(new ReceivedBy(listener, family, address, port, ++this.#lastId), remote);
    this.#byId.set(connection.id, connection);
    this.#byRemote.set(remote, connection);
    return connection;
  }

  #remove(connection: Connection): void {
    if (!this.#byId.delete(connection.id)) return;
    if (this.#byRemote.get(connection.remote) === connection) this.#byRemote.delete(connection.remote);
    if (connection.aliasPort !== 0) this.#noteAlias(connection, '');
  }
}

/** A socket that is accepted and no connection yet. */
class Guest extends TimerNode {
  readonly #socket: Socket;
  readonly #counters: TransportCounters;

  constructor(socket: Socket, counters: TransportCounters) {
    super();
    this.#socket = socket;
    this.#counters = counters;
  }

  override fire(): void {
    this.#counters.handshakesTimedOut++;
    this.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** A TLS socket has the addresses of the one below it. */
const guestKey = ({ id }: BoundListener, { remoteAddress = '', remotePort = 0 }: Socket): string => `${id} ${remotePort} ${remoteAddress}`;

/** '' = closed already. */
const sourceOf = ({ remoteAddress }: Socket): string => (remoteAddress === undefined ? '' : normalizeAddress(remoteAddress));

/** `tcp 192.0.2.1:5060`; for TLS that we open also whom the other end has to be. */
function remoteKey(transport: TransportName, address: string, port: number, serverName = ''): string {
  const place = address.includes(':') ? `${transport} [${address}]:${port}` : `${transport} ${address}:${port}`;
  return serverName === '' ? place : `${place} ${serverName}`;
}

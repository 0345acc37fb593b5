import { err, ok } from '../contract/result.ts';
import type { Result } from '../contract/result.ts';
import type { TimerWheel } from '../runtime/timer-wheel.ts';
import type { Family, Listener, MessageSender, SendOwner, Target, TransportName } from './flow.ts';
import { transportNames } from './flow.ts';
import type { ListenError } from './listen-error.ts';
import type { MessageReceiver } from './receiver.ts';
import { defaultLimits, newTransportCounters } from './settings.ts';
import type { ListenerSettings, TransportCounters, TransportLimits } from './settings.ts';
import type { AliasNotice, Aliases } from './aliases.ts';
import { ConnectionTable } from './connections.ts';
import { StreamListener } from './stream-listener.ts';
import type { TlsParts } from './stream-listener.ts';
import { TlsIdentities } from './tls-identities.ts';
import { UdpListener } from './udp.ts';
import type { UdpSocket } from './udp-socket.ts';

/** All sockets of one worker: opens them, sends by them, closes them. */
export class Transports implements MessageSender {
  readonly listeners: readonly Listener[];
  readonly counters: TransportCounters;
  readonly #sockets: readonly (UdpListener | StreamListener)[];
  readonly #connections: ConnectionTable;
  /** By `slotOf`: what an unbound target of that transport and family is sent from, and what the public sees. */
  readonly #outgoing: readonly (UdpListener | StreamListener | null)[];
  readonly #public: readonly (Listener | null)[];

  private constructor(sockets: readonly (UdpListener | StreamListener)[], connections: ConnectionTable, counters: TransportCounters) {
    this.#sockets = sockets;
    this.#connections = connections;
    this.counters = counters;
    this.listeners = sockets.map(({ listener }) => listener);
    const slots = Array.from({ length: 2 * transportNames.length }, (_, slot) => slot).map((slot) => sockets.filter(({ listener }) => slotOf(listener) === slot));
    this.#outgoing = slots.map((found) => found.find(({ listener }) => listener.backend) ?? found[0] ?? null);
    this.#public = slots.map((found) => (found.find(({ listener }) => !listener.backend) ?? found[0])?.listener ?? null);
  }

  /**
   * Opens every listener, or none: the first that fails closes the others. The receiver may be called before
   * the promise settles. `wheel` must be turned by its driver for the connections' time-outs. Connections are numbered from
   * `firstConnection` on. Without `tls` there is no certificate to show, and none is trusted.
   */
  static async open(
    settings: readonly ListenerSettings[], receiver: MessageReceiver, wheel: TimerWheel, limits: Partial<TransportLimits> = {}, firstConnection = 0, tls: TlsParts = withoutTls(),
  ): Promise<Result<Transports, ListenError>> {
    const bounds = { ...defaultLimits, ...limits };
    const counters = newTransportCounters();
    const connections = new ConnectionTable({ wheel, receiver, counters, limits: bounds, identities: tls.identities }, firstConnection);
    const sockets: (UdpListener | StreamListener)[] = [];
    for (const [id, one] of settings.entries()) {
      const opened = one.transport === 'udp'
        ? await UdpListener.open(id, one, receiver, counters, bounds)
        : await StreamListener.open(id, one, connections, tls);
      if (!opened.ok) {
        await Promise.all(sockets.map((socket) => socket.close()));
        return err(opened.error);
      }
      sockets.push(opened.value);
    }
    return ok(new Transports(sockets, connections, counters));
  }

  send(target: Target, text: string, owner: SendOwner | null): void {
    const slot = slotOf(target);
    const bound = target.listener === null ? undefined : this.#sockets[target.listener.id];
    const socket = bound !== undefined && slotOf(bound.listener) === slot ? bound : this.#outgoing[slot];
    if (socket === null || socket === undefined || target.port < 1 || target.port > 65_535) {
      this.counters.sendErrors++;
      if (owner !== null) process.nextTick(() => owner.sendFailed(`no ${target.transport} listener of IPv${target.family} to reach ${target.address}:${target.port}`));
      return;
    }
    if (socket instanceof UdpListener) socket.send(target, text, owner);
    else this.#connections.send(socket.listener, target, text, owner);
  }

  /** How UDP is served, each way once; nothing without a UDP listener. */
  get sockets(): readonly UdpSocket['kind'][] {
    return [...new Set(this.#sockets.flatMap((socket) => (socket instanceof UdpListener ? [socket.kind] : [])))];
  }

  /** The listener that messages to backends leave by: a backend one if there is one, else the first; null = none of that kind. */
  listenerFor(transport: TransportName, family: Family): Listener | null {
    return this.#outgoing[slotOf({ transport, family })]?.listener ?? null;
  }

  /** The listener that Record-Route and Path name for that transport and family. */
  publicListenerFor(transport: TransportName, family: Family): Listener | null {
    return this.#public[slotOf({ transport, family })] ?? null;
  }

  /** Number of the open connection of that transport to that address and port, 0 = none. */
  connectionTo(transport: TransportName, address: string, port: number): number {
    return this.#connections.find(transport, address, port);
  }

  /** Notes what the `alias` parameter of a Via asks for (RFC 5923); without effect unless a client certificate is verified. */
  alias(connection: number, port: number): void {
    this.#connections.alias(connection, port);
  }

  /** Told of each alias that comes or goes with a connection of this worker. */
  set onAlias(told: (notice: AliasNotice) => void) {
    this.#connections.onAlias = told;
  }

  /** Aliases of this worker's connections, and those that the siblings told of. */
  get aliases(): Aliases {
    return this.#connections.aliases;
  }

  /** Whether a stream connection (a flow) still takes messages. */
  connectionOpen(id: number): boolean {
    return this.#connections.isOpen(id);
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Takes no new connections; those that are open stay. */
  stopAccepting(): void {
    for (const socket of this.#sockets) if (socket instanceof StreamListener) socket.stopAccepting();
  }

  /** Leaves the ports that are shared with another process: resolves when all that had arrived at them has been received. Nothing is sent over UDP any more. */
  async retire(): Promise<void> {
    await Promise.all(this.#sockets.filter((socket) => socket instanceof UdpListener).map((socket) => socket.retire()));
  }

  /** Closes listeners and connections; nothing is received any more when it settles. */
  async close(): Promise<void> {
    const listeners = this.#sockets.map((socket) => socket.close());
    await this.#connections.close();
    await Promise.all(listeners);
  }
}

const slotOf = (of: { readonly transport: TransportName; readonly family: Family }): number =>
  (of.transport === 'udp' ? 0 : 2 * transportNames.indexOf(of.transport)) + (of.family === 4 ? 0 : 1);

const withoutTls = (): TlsParts => ({
  identities: new TlsIdentities({ policy: { clientCertificates: 'off', ca: '', minVersion: 'TLSv1.2', verifyDestinations: true }, identities: [] }),
  tickets: new Uint8Array(48),
});

import { getSystemErrorName } from 'node:util';
import type { ArrivedDatagrams } from '../system/arrived.ts';
import { bindUdp, type BoundSocket } from '../system/bind-udp.ts';
import type { SystemCalls } from '../system/calls.ts';
import { OutgoingDatagrams } from '../system/outgoing.ts';
import type { Outbox, Poll, PolledSocket } from '../system/poll.ts';
import { socketAddressBytes, writeSocketAddress } from '../system/socket-address.ts';
import type { Family, SendOwner } from './flow.ts';
import type { ListenerSettings, TransportLimits } from './settings.ts';
import { discardPort, whenQuiet, type UdpReader, type UdpSocket } from './udp-socket.ts';

/** EAGAIN: nothing there. */
const tryAgain = 11;
/** For so long a socket that ends offers what the system did not take: 20 ms. */
const [lastTries, triedEveryMicros] = [20, 1_000];

/** Room for an address while the system reads it. */
const name = Buffer.allocUnsafeSlow(socketAddressBytes(6));

type BoundTo = Pick<ListenerSettings, 'family' | 'address' | 'port' | 'reusePort'>;

/** What all such sockets of a thread share; texts of datagrams are read before the next are received. */
export interface Batching {
  readonly calls: SystemCalls;
  readonly poll: Poll;
  readonly arrived: Readonly<Record<Family, ArrivedDatagrams>>;
}

/** A UDP socket of plain system calls: what arrived together is received by one of them, what a turn of the thread sends leaves by one. */
export class BatchedUdpSocket implements UdpSocket, PolledSocket, Outbox {
  readonly kind = 'system calls';
  readonly descriptor: number;
  readonly port: number;
  readonly #shared: Batching;
  readonly #family: Family;
  readonly #reader: UdpReader;
  readonly #outgoing: OutgoingDatagrams<SendOwner | null>;
  #open = true;
  #received = 0;
  #refused = 0;

  private constructor(shared: Batching, { descriptor, port }: BoundSocket, family: Family, reader: UdpReader) {
    this.#shared = shared;
    this.descriptor = descriptor;
    this.port = port;
    this.#family = family;
    this.#reader = reader;
    this.#outgoing = new OutgoingDatagrams<SendOwner | null>(shared.calls, family, descriptor, (owner, error, address, to) => {
      this.#refused++;
      process.nextTick(failed, reader, getSystemErrorName(-error), address, to, owner);
    });
    shared.poll.addOutbox(this);
  }

  /**
   * Binds a socket, IPv6 for IPv6 only.
   * @returns null = the system refused it; node:dgram says why
   */
  static open(shared: Batching, settings: BoundTo, reader: UdpReader, limits: Pick<TransportLimits, 'udpReceiveBytes' | 'udpSendBytes'>): BatchedUdpSocket | null {
    const { calls, poll } = shared;
    const bound = bindUdp(calls, { ...settings, receiveBytes: limits.udpReceiveBytes, sendBytes: limits.udpSendBytes });
    if (bound === null) return null;
    const socket = new BatchedUdpSocket(shared, bound, settings.family, reader);
    if (poll.watch(socket, 'prompt')) return socket;
    poll.removeOutbox(socket);
    calls.close(bound.descriptor);
    return null;
  }

  send(text: string, address: string, port: number, owner: SendOwner | null): boolean {
    // The descriptor may be another socket's by now.
    return this.#open && this.#outgoing.add(text, address, port, owner);
  }

  readable(): number {
    const arrived = this.#shared.arrived[this.#family];
    const count = arrived.receive(this.descriptor);
    if (count < 0) {
      if (this.#shared.calls.errno() !== tryAgain) this.#reader.receiveFailed();
      return 0;
    }
    this.#received += count;
    for (let i = 0; i < count && this.#open; i++) this.#reader.received(arrived.text(i), arrived.address(i), arrived.port(i));
    return count;
  }

  flush(): boolean {
    const refused = this.#refused;
    return this.#outgoing.flush() && this.#refused === refused;
  }

  retire(self: string): Promise<void> {
    if (!this.#open) return Promise.resolve();
    // From the connected socket it would leave by the address that this is connected from.
    this.#settle();
    const { calls } = this.#shared;
    if (writeSocketAddress(name, this.#family, { address: self, port: discardPort })) calls.connect(this.descriptor, calls.pointer(name), socketAddressBytes(this.#family));
    return whenQuiet(() => this.#received);
  }

  close(): Promise<void> {
    this.closeNow();
    return Promise.resolve();
  }

  closeNow(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#settle();
    const { poll, calls } = this.#shared;
    poll.removeOutbox(this);
    poll.forget(this);
    calls.close(this.descriptor);
  }

  /** Sends what waits; senders of what the system still does not take hear ECANCELED. */
  #settle(): void {
    for (let tries = 0; !this.#outgoing.flush() && tries < lastTries; tries++) this.#shared.calls.usleep(triedEveryMicros);
    this.#outgoing.abandon();
  }
}

const failed = (reader: UdpReader, code: string, address: string, port: number, owner: SendOwner | null): void => reader.sendFailed(code, address, port, owner);

/** UDP sockets of node:dgram: every platform and runtime has them. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { literalLookup } from '../../system/literal-lookup.ts';
import { ofFamily, type Endpoint, type Family } from '../relay.ts';
import type { RelaySettings } from './settings.ts';
import type { DatagramReceiver, Datagrams, DatagramSocket } from './datagrams.ts';

/** More waiting packets than this are dropped: late media is worth nothing. */
const maxWaitingPackets = 64;
/** The queue is looked at once in so many packets. */
const lookEvery = 16;

class NodeSocket implements DatagramSocket {
  readonly #socket: Socket;
  readonly #receiver: DatagramReceiver;
  readonly #tick: () => void;
  #open = true;
  #known: Endpoint | null = null;
  #target: Endpoint | null = null;
  #untilLook = 0;
  #congested = false;

  constructor(socket: Socket, receiver: DatagramReceiver, tick: () => void) {
    this.#socket = socket;
    this.#receiver = receiver;
    this.#tick = tick;
    socket.on('message', (data, from) => this.#receive(data, from));
    // Of single datagrams (ICMP); each send tells its own.
    socket.on('error', () => undefined);
  }

  know(source: Endpoint | null): void {
    this.#known = source;
  }

  aim(target: Endpoint | null): void {
    this.#target = target === null || target.port === 0 ? null : target;
  }

  send(data: Uint8Array, length: number): boolean {
    const target = this.#target;
    if (target === null || !this.#open || !this.#admit()) return false;
    this.#socket.send(length === data.length ? data : data.subarray(0, length), target.port, target.address);
    return true;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket.close();
  }

  #admit(): boolean {
    if (--this.#untilLook > 0 && !this.#congested) return true;
    this.#untilLook = lookEvery;
    this.#congested = this.#socket.getSendQueueCount() > maxWaitingPackets;
    return !this.#congested;
  }

  #receive(data: Buffer, { address, port }: RemoteInfo): void {
    if (!this.#open) return;
    this.#tick();
    const known = this.#known;
    if (known !== null && known.port === port && known.address === address) this.#receiver.known(data, data.length);
    else this.#receiver.other(data, data.length, address, port);
  }
}

export class NodeSockets implements Datagrams {
  readonly kind = 'node:dgram';
  readonly #bind: RelaySettings['bind'];
  #now = performance.now();

  constructor(bind: RelaySettings['bind']) {
    this.#bind = bind;
  }

  open(family: Family, port: number, receiver: DatagramReceiver): DatagramSocket | null {
    const address = ofFamily(this.#bind, family);
    if (address === '') return null;
    const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', ipv6Only: family === 6, lookup: literalLookup });
    try {
      socket.bindSync({ address, port });
    } catch {
      // In use by another program, no such address, or no descriptors left: the caller tries another port, or gives up.
      socket.close();
      return null;
    }
    return new NodeSocket(socket, receiver, () => { this.#now = performance.now(); });
  }

  now(): number {
    return this.#now;
  }
}

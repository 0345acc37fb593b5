/** UDP sockets served by plain system calls: one epoll for all of them, one receive and one send a packet, nothing allocated. */
import { bindUdp } from '../../system/bind-udp.ts';
import { constants, type SystemCalls } from '../../system/calls.ts';
import { pollOf, type Poll, type PolledSocket } from '../../system/poll.ts';
import { readSocketAddress, socketAddressBytes, writeSocketAddress } from '../../system/socket-address.ts';
import { ofFamily, type Endpoint, type Family } from '../relay.ts';
import type { RelaySettings } from './settings.ts';
import type { DatagramReceiver, Datagrams, DatagramSocket } from './datagrams.ts';

const maxDatagramBytes = 65_536;

/** struct msghdr with an address and one buffer, for all sockets of a family. */
class Message {
  readonly pointer: bigint;
  readonly name: Buffer;
  /** The same bytes: family and port, then the address. */
  readonly words: Int32Array;
  readonly #vector: Buffer;
  readonly #header: Buffer;

  constructor(calls: SystemCalls, family: Family, data: Uint8Array) {
    this.words = new Int32Array(7);
    this.name = Buffer.from(this.words.buffer);
    this.#vector = Buffer.alloc(16);
    this.#vector.writeBigUInt64LE(calls.pointer(data), 0);
    this.bytes = data.length;
    this.#header = Buffer.alloc(56);
    this.#header.writeBigUInt64LE(calls.pointer(this.name), 0);
    this.#header.writeUInt32LE(socketAddressBytes(family), 8);
    this.#header.writeBigUInt64LE(calls.pointer(this.#vector), 16);
    this.#header.writeBigUInt64LE(1n, 24);
    this.pointer = calls.pointer(this.#header);
  }

  /** How much of the buffer is meant. */
  set bytes(length: number) {
    this.#vector.writeUInt32LE(length, 8);
  }
}

/** What all sockets of a thread share. */
class Shared {
  readonly calls: SystemCalls;
  readonly data = new Uint8Array(maxDatagramBytes);
  readonly in4: Message;
  readonly in6: Message;
  readonly out4: Message;
  readonly out6: Message;
  /** For addresses on their way between text and words. */
  readonly scratch = new Int32Array(7);
  readonly scratchBytes = Buffer.from(this.scratch.buffer);

  constructor(calls: SystemCalls) {
    this.calls = calls;
    this.in4 = new Message(calls, 4, this.data);
    this.in6 = new Message(calls, 6, this.data);
    this.out4 = new Message(calls, 4, this.data);
    this.out6 = new Message(calls, 6, this.data);
  }
}

/** Addresses are kept as the words of their sockaddr: comparing and aiming are a few integers. Word 1 of IPv6 is the flow label. */
class MediaSocket implements DatagramSocket, PolledSocket {
  readonly descriptor: number;
  readonly family: Family;
  readonly #shared: Shared;
  readonly #receiver: DatagramReceiver;
  readonly #closed: (socket: MediaSocket) => void;
  #open = true;
  #aimed = false;
  /** Family and port of the known source, 0 = nobody is; then its address. */
  #known = 0;
  #known1 = 0;
  #known2 = 0;
  #known3 = 0;
  #known4 = 0;
  #aim = 0;
  #aim1 = 0;
  #aim2 = 0;
  #aim3 = 0;
  #aim4 = 0;

  constructor(descriptor: number, family: Family, shared: Shared, receiver: DatagramReceiver, closed: (socket: MediaSocket) => void) {
    this.descriptor = descriptor;
    this.family = family;
    this.#shared = shared;
    this.#receiver = receiver;
    this.#closed = closed;
  }

  know(source: Endpoint | null): void {
    const words = this.#words(source);
    this.#known = words === null ? 0 : (words[0] ?? 0);
    if (words === null) return;
    [this.#known1, this.#known2, this.#known3, this.#known4] = this.#addressOf(words);
  }

  aim(target: Endpoint | null): void {
    const words = target === null || target.port === 0 ? null : this.#words(target);
    this.#aimed = words !== null;
    if (words === null) return;
    this.#aim = words[0] ?? 0;
    [this.#aim1, this.#aim2, this.#aim3, this.#aim4] = this.#addressOf(words);
  }

  send(data: Uint8Array, length: number): boolean {
    if (!this.#aimed || !this.#open) return false;
    const { out4, out6, calls, data: shared } = this.#shared;
    if (data !== shared) shared.set(data.subarray(0, length));
    const message = this.family === 4 ? out4 : out6;
    const words = message.words;
    words[0] = this.#aim;
    if (this.family === 4) {
      words[1] = this.#aim1;
    } else {
      words[2] = this.#aim1;
      words[3] = this.#aim2;
      words[4] = this.#aim3;
      words[5] = this.#aim4;
    }
    message.bytes = length;
    return calls.sendmsg(this.descriptor, message.pointer, constants.dontWait | constants.noSignal) >= 0;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#closed(this);
  }

  /** One datagram, if there is one: epoll names the socket again when there are more. */
  readable(): number {
    const { in4, in6, calls, data } = this.#shared;
    const message = this.family === 4 ? in4 : in6;
    const length = calls.recvmsg(this.descriptor, message.pointer, constants.dontWait);
    if (length < 0) return 0;
    const words = message.words;
    const same = words[0] === this.#known && (this.family === 4
      ? words[1] === this.#known1
      : words[2] === this.#known1 && words[3] === this.#known2 && words[4] === this.#known3 && words[5] === this.#known4);
    if (same) {
      this.#receiver.known(data, length);
    } else {
      const { address, port } = readSocketAddress(message.name, this.family);
      this.#receiver.other(data, length, address, port);
    }
    return 1;
  }

  #words(at: Endpoint | null): Int32Array | null {
    return at !== null && writeSocketAddress(this.#shared.scratchBytes, this.family, at) ? this.#shared.scratch : null;
  }

  #addressOf(words: Int32Array): [number, number, number, number] {
    if (this.family === 4) return [words[1] ?? 0, 0, 0, 0];
    return [words[2] ?? 0, words[3] ?? 0, words[4] ?? 0, words[5] ?? 0];
  }
}

export class PolledSockets implements Datagrams {
  readonly kind = 'system calls';
  readonly #calls: SystemCalls;
  readonly #bind: RelaySettings['bind'];
  readonly #shared: Shared;
  readonly #poll: Poll;

  /** @throws when the system gives no epoll */
  constructor(calls: SystemCalls, bind: RelaySettings['bind']) {
    this.#calls = calls;
    this.#bind = bind;
    this.#shared = new Shared(calls);
    this.#poll = pollOf(calls);
  }

  open(family: Family, port: number, receiver: DatagramReceiver): DatagramSocket | null {
    const address = ofFamily(this.#bind, family);
    const bound = address === '' ? null : bindUdp(this.#calls, { family, address, port });
    if (bound === null) return null;
    const socket = new MediaSocket(bound.descriptor, family, this.#shared, receiver, (closed) => this.#forget(closed));
    if (this.#poll.watch(socket, 'patient')) return socket;
    this.#calls.close(bound.descriptor);
    return null;
  }

  now(): number {
    return this.#poll.now();
  }

  /** Serves what has arrived, or arrives within `waitMs`. @returns packets served */
  serve(waitMs: number): number {
    return this.#poll.serve(waitMs);
  }

  /** Serves until `done`, for a self-test: gives up after about `limitMs`. */
  serveUntil(done: () => boolean, limitMs: number): void {
    this.#poll.serveUntil(done, limitMs);
  }

  #forget(socket: MediaSocket): void {
    this.#poll.forget(socket);
    this.#calls.close(socket.descriptor);
  }
}

/**
 * UDP sockets served by plain system calls: one epoll for all of them, one receive and one send a packet, nothing allocated.
 *
 * The thread waits in this epoll instead of in Node's loop, whose own descriptor is among those that end the wait: messages
 * of other threads are served at once. Timers of this thread may be late by `idleWaitMs`, which nothing here minds. Without sockets
 * nothing runs.
 */
import { ofFamily, type Endpoint, type Family } from '../relay.ts';
import type { RelaySettings } from './settings.ts';
import { readSocketAddress, socketAddressBytes, writeSocketAddress } from './socket-address.ts';
import { constants, eventToken, eventWords, type SystemCalls } from './system-calls.ts';
import type { DatagramReceiver, Datagrams, DatagramSocket } from './datagrams.ts';

const maxDatagramBytes = 65_536;
const maxEvents = 256;
/** How long packets keep the thread from the rest of its work. */
const stayMs = 2;
const busyWaitMs = 2;
const idleWaitMs = 20;
/**
 * From so many packets a millisecond on, packets are served in groups: waking up for each of them costs as much as forwarding
 * it. They wait half a millisecond at most, as long as a network card that moderates its interrupts lets them wait.
 */
const gatherFromPerMs = 4;
const gatherMicros = 500;
/** Larger groups need no help. */
const gatherUpTo = 64;
/** Number of Node's loop among the sockets. */
const loopToken = 0;

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
class PolledSocket implements DatagramSocket {
  readonly descriptor: number;
  readonly token: number;
  readonly family: Family;
  readonly #shared: Shared;
  readonly #receiver: DatagramReceiver;
  readonly #closed: (socket: PolledSocket) => void;
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

  constructor(descriptor: number, token: number, family: Family, shared: Shared, receiver: DatagramReceiver, closed: (socket: PolledSocket) => void) {
    this.descriptor = descriptor;
    this.token = token;
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

  /** Receives one datagram, if there is one: epoll names the socket again when there are more. @returns whether there was */
  receive(): boolean {
    const { in4, in6, calls, data } = this.#shared;
    const message = this.family === 4 ? in4 : in6;
    const length = calls.recvmsg(this.descriptor, message.pointer, constants.dontWait);
    if (length < 0) return false;
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
    return true;
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
  readonly #poll: number;
  readonly #events = new Int32Array(maxEvents * eventWords);
  readonly #eventsAt: bigint;
  readonly #sockets: (PolledSocket | null)[] = [null];
  readonly #freeTokens: number[] = [];
  readonly #turn = (): void => this.#run();
  #count = 0;
  #scheduled = false;
  #idle = false;
  #gathers = false;
  #loopDue = false;
  #now = performance.now();

  /** @throws when the system gives no epoll */
  constructor(calls: SystemCalls, bind: RelaySettings['bind']) {
    this.#calls = calls;
    this.#bind = bind;
    this.#shared = new Shared(calls);
    this.#eventsAt = calls.pointer(this.#events);
    this.#poll = calls.epollCreate(constants.closeOnExec);
    if (this.#poll < 0 || !this.#watch(calls.loopDescriptor(), loopToken)) throw new Error('the system gives no epoll');
  }

  open(family: Family, port: number, receiver: DatagramReceiver): DatagramSocket | null {
    const address = ofFamily(this.#bind, family);
    const { scratchBytes } = this.#shared;
    if (address === '' || !writeSocketAddress(scratchBytes, family, { address, port })) return null;
    const calls = this.#calls;
    const descriptor = calls.socket(family === 4 ? constants.inet : constants.inet6, constants.datagram | constants.nonblocking | constants.closeOnExec, 0);
    if (descriptor < 0) return null;
    const token = this.#freeTokens.pop() ?? this.#sockets.length;
    if ((family === 6 && !this.#ipv6Only(descriptor)) || calls.bind(descriptor, calls.pointer(scratchBytes), socketAddressBytes(family)) < 0 || !this.#watch(descriptor, token)) {
      calls.close(descriptor);
      this.#freeTokens.push(token);
      if (token === this.#sockets.length) this.#sockets.push(null);
      return null;
    }
    const socket = new PolledSocket(descriptor, token, family, this.#shared, receiver, (closed) => this.#forget(closed));
    this.#sockets[token] = socket;
    this.#count++;
    this.#schedule();
    return socket;
  }

  now(): number {
    return this.#now;
  }

  /**
   * Serves what has arrived, or arrives within `waitMs`; Node's loop ends the wait too.
   * @returns sockets that had something
   */
  serve(waitMs: number): number {
    const count = this.#calls.epollWait(this.#poll, this.#eventsAt, maxEvents, waitMs);
    this.#now = performance.now();
    this.#loopDue = false;
    let served = 0;
    for (let i = 0; i < count; i++) {
      const token = this.#events[i * eventWords + eventToken] ?? loopToken;
      if (token === loopToken) this.#loopDue = true;
      else if (this.#sockets[token]?.receive() === true) served++;
    }
    return served;
  }

  /** Gives its own descriptor back; its sockets are closed already. */
  close(): void {
    this.#calls.close(this.#poll);
  }

  #run(): void {
    this.#scheduled = false;
    if (this.#count === 0) return;
    const began = this.#now;
    const until = performance.now() + stayMs;
    let served = this.serve(this.#idle ? idleWaitMs : busyWaitMs);
    let total = served;
    this.#idle = served === 0;
    while (served > 0 && !this.#loopDue && this.#now < until) {
      if (this.#gathers && served < gatherUpTo) this.#calls.usleep(gatherMicros);
      served = this.serve(busyWaitMs);
      total += served;
    }
    this.#gathers = total > gatherFromPerMs * (this.#now - began);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#count === 0) return;
    this.#scheduled = true;
    setImmediate(this.#turn);
  }

  #watch(descriptor: number, token: number): boolean {
    const event = new Int32Array(eventWords);
    event[0] = constants.pollIn;
    event[eventToken] = token;
    return this.#calls.epollControl(this.#poll, constants.pollAdd, descriptor, this.#calls.pointer(event)) === 0;
  }

  /** So that both families can have one port. */
  #ipv6Only(descriptor: number): boolean {
    const on = new Int32Array([1]);
    return this.#calls.setsockopt(descriptor, constants.ipv6Level, constants.ipv6Only, this.#calls.pointer(on), 4) === 0;
  }

  #forget(socket: PolledSocket): void {
    this.#calls.close(socket.descriptor);
    this.#sockets[socket.token] = null;
    this.#freeTokens.push(socket.token);
    this.#count--;
  }
}

import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { err, ok } from '../contract/result.ts';
import type { Result } from '../contract/result.ts';
import { normalizeAddress } from './addresses.ts';
import { ReceivedBy } from './flow.ts';
import type { SendOwner, Target } from './flow.ts';
import { codeOf, ListenError } from './listen-error.ts';
import { BoundListener } from './listener.ts';
import type { MessageReceiver } from './receiver.ts';
import type { ListenerSettings, TransportCounters, TransportLimits } from './settings.ts';
import { bindingResponse, isStun } from './stun.ts';

/** Addresses here are literals always: answering at once spares a look-up and a turn of the loop for each datagram. */
const literal = (address: string, options: unknown, done: unknown): void => {
  if (typeof done === 'function') done(null, address, options);
};
const slabBytes = 128 * 1024;
const maxDatagramBytes = 65_507;
/** RFC 863. */
const discardPort = 9;

/**
 * One UDP socket. Datagrams are written into a slab and sent from there: `send` nearly always hands them to the
 * kernel before it returns, so the slab is reused unless the socket's queue holds some (bench/micro/udp.ts).
 */
export class UdpListener {
  readonly listener: BoundListener;
  readonly #socket: Socket;
  readonly #receiver: MessageReceiver;
  readonly #counters: TransportCounters;
  readonly #queueBytes: number;
  #slab = Buffer.allocUnsafeSlow(slabBytes);
  #used = 0;
  #congested = false;
  #retired = false;
  #received = 0;

  private constructor(id: number, settings: ListenerSettings, socket: Socket, receiver: MessageReceiver, counters: TransportCounters, limits: TransportLimits) {
    this.listener = new BoundListener(id, settings, socket.address().port);
    this.#socket = socket;
    this.#receiver = receiver;
    this.#counters = counters;
    this.#queueBytes = limits.udpQueueBytes;
    socket.on('message', (data, from) => this.#receive(data, from));
    socket.on('error', () => { counters.receiveErrors++; });
  }

  /** Binds a socket. IPv6 sockets carry IPv6 only, so that both families can have one port. */
  static open(id: number, settings: ListenerSettings, receiver: MessageReceiver, counters: TransportCounters, limits: TransportLimits): Promise<Result<UdpListener, ListenError>> {
    return new Promise((resolve) => {
      const socket = createSocket({
        type: settings.family === 6 ? 'udp6' : 'udp4',
        ipv6Only: settings.family === 6,
        reusePort: settings.reusePort,
        recvBufferSize: limits.udpReceiveBytes,
        sendBufferSize: limits.udpSendBytes,
        lookup: literal,
      });
      const refused = (error: unknown): void => {
        socket.removeAllListeners();
        socket.close();
        resolve(err(new ListenError(settings, codeOf(error))));
      };
      socket.once('error', refused);
      socket.once('listening', () => {
        socket.removeListener('error', refused);
        resolve(ok(new UdpListener(id, settings, socket, receiver, counters, limits)));
      });
      socket.bind({ address: settings.address, port: settings.port, exclusive: true });
    });
  }

  send(target: Target, text: string, owner: SendOwner | null): void {
    if (this.#retired || !this.#admit(text.length)) {
      this.#counters.dropped++;
      if (owner !== null) process.nextTick(fail, owner, `queue full towards ${target.address}:${target.port}`);
      return;
    }
    const end = this.#used + text.length;
    this.#slab.write(text, this.#used, text.length, 'latin1');
    const view = this.#slab.subarray(this.#used, end);
    this.#used = end;
    this.#counters.messagesOut++;
    if (owner === null) this.#socket.send(view, target.port, target.address);
    else this.#socket.send(view, target.port, target.address, (error) => { if (error !== null) this.#failed(error, target, owner); });
  }

  /**
   * Leaves the group of sockets that share the port, and resolves when what had arrived has been received: what a closed
   * socket has in its buffer is lost. A connected socket is dealt nothing but its peer's datagrams (Linux), and keeps what
   * it has; nobody is at that peer. Nothing is sent any more.
   */
  retire(): Promise<void> {
    this.#retired = true;
    const self = this.listener.wildcard ? (this.listener.family === 4 ? '127.0.0.1' : '::1') : this.listener.address;
    return new Promise((resolve) => {
      this.#socket.connect(discardPort, self, () => this.#whenQuiet(this.#received, 0, resolve));
    });
  }

  /** Waits for turns of the loop in which nothing came: each reads the socket until it is empty, or 32 datagrams. */
  #whenQuiet(received: number, quietTurns: number, done: () => void): void {
    if (quietTurns === 2) done();
    else setImmediate(() => this.#whenQuiet(this.#received, this.#received === received ? quietTurns + 1 : 0, done));
  }

  close(): Promise<void> {
    return new Promise((resolve) => { this.#socket.close(resolve); });
  }

  /** Finds room in the slab; false = too long, or the socket does not keep up. */
  #admit(length: number): boolean {
    if (length > maxDatagramBytes) return false;
    if (this.#used + length > slabBytes || this.#congested) {
      const waiting = this.#socket.getSendQueueSize();
      if (waiting > this.#queueBytes) {
        this.#congested = true;
        return false;
      }
      this.#congested = false;
      // Datagrams in the queue still refer to the old slab.
      if (waiting > 0) this.#slab = Buffer.allocUnsafeSlow(slabBytes);
      this.#used = 0;
    }
    return true;
  }

  #failed(error: Error, target: Target, owner: SendOwner): void {
    this.#counters.sendErrors++;
    owner.sendFailed(`${codeOf(error)} ${target.address}:${target.port}`);
  }

  #receive(data: Buffer, from: RemoteInfo): void {
    this.#received++;
    const raw = data.toString('latin1');
    const address = from.address.startsWith('::ffff:') ? normalizeAddress(from.address) : from.address;
    const flow = new ReceivedBy(this.listener, this.listener.family, address, from.port, 0);
    if (isStun(raw)) {
      const answer = bindingResponse(raw, flow.family, address, from.port);
      if (answer !== '') this.send(flow, answer, null);
      return;
    }
    this.#counters.messagesIn++;
    this.#receiver.receive(raw, flow);
  }
}

const fail = (owner: SendOwner, detail: string): void => owner.sendFailed(detail);

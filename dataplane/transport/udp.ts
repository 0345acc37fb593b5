import { ok, type Result } from '../contract/result.ts';
import { ReceivedBy, type SendOwner, type Target } from './flow.ts';
import type { ListenError } from './listen-error.ts';
import { BoundListener } from './listener.ts';
import type { MessageReceiver } from './receiver.ts';
import type { ListenerSettings, TransportCounters, TransportLimits } from './settings.ts';
import { bindingResponse, isStun } from './stun.ts';
import { openUdpSocket } from './udp-choice.ts';
import type { UdpReader, UdpSocket } from './udp-socket.ts';

const maxDatagramBytes = 65_507;

/** One UDP listener: SIP messages go to the receiver, STUN is answered. */
export class UdpListener {
  readonly listener: BoundListener;
  readonly #socket: UdpSocket;
  readonly #receiver: MessageReceiver;
  readonly #counters: TransportCounters;
  #retired = false;

  private constructor(listener: BoundListener, socket: UdpSocket, receiver: MessageReceiver, counters: TransportCounters) {
    this.listener = listener;
    this.#socket = socket;
    this.#receiver = receiver;
    this.#counters = counters;
  }

  /** Binds a socket. IPv6 sockets carry IPv6 only, so that both families can have one port. */
  static async open(id: number, settings: ListenerSettings, receiver: MessageReceiver, counters: TransportCounters, limits: TransportLimits): Promise<Result<UdpListener, ListenError>> {
    let listener: UdpListener | null = null;
    const reader: UdpReader = {
      received: (text, address, port) => listener?.receive(text, address, port),
      receiveFailed: () => { counters.receiveErrors++; },
      sendFailed(code, address, port, owner) {
        counters.sendErrors++;
        owner?.sendFailed(`${code} ${address}:${port}`);
      },
    };
    const socket = await openUdpSocket(settings, reader, limits);
    if (!socket.ok) return socket;
    listener = new UdpListener(new BoundListener(id, settings, socket.value.port), socket.value, receiver, counters);
    return ok(listener);
  }

  get kind(): UdpSocket['kind'] {
    return this.#socket.kind;
  }

  send(target: Target, text: string, owner: SendOwner | null): void {
    const { address, port } = target;
    if (this.#retired || text.length > maxDatagramBytes || !this.#socket.send(text, address, port, owner)) {
      this.#counters.dropped++;
      if (owner !== null) process.nextTick(fail, owner, `queue full towards ${address}:${port}`);
      return;
    }
    this.#counters.messagesOut++;
  }

  /** Takes one datagram. @param text latin1, a character a byte */
  receive(text: string, address: string, port: number): void {
    const flow = new ReceivedBy(this.listener, this.listener.family, address, port, 0);
    if (isStun(text)) {
      const answer = bindingResponse(text, flow.family, address, port);
      if (answer !== '') this.send(flow, answer, null);
      return;
    }
    this.#counters.messagesIn++;
    this.#receiver.receive(text, flow);
  }

  /** Leaves the port to others who share it: resolves when all that had arrived has been received. Nothing is sent any more. */
  retire(): Promise<void> {
    this.#retired = true;
    return this.#socket.retire(this.listener.wildcard ? (this.listener.family === 4 ? '127.0.0.1' : '::1') : this.listener.address);
  }

  close(): Promise<void> {
    return this.#socket.close();
  }
}

const fail = (owner: SendOwner, detail: string): void => owner.sendFailed(detail);

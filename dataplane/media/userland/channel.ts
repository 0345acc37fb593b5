/** One port of one side: who is heard on it, and where its packets go. */
import { Latch, type Announcement } from '../latch.ts';
import type { Endpoint, Family } from '../relay.ts';
import { packetKind } from '../rtp.ts';
import { BoundedSocket } from './bounded-socket.ts';
import type { DatagramReceiver, DatagramSocket } from './datagrams.ts';
import type { Leg } from './leg.ts';

const fits = (at: Endpoint | null, family: Family): at is Endpoint => at !== null && at.address.includes(':') === (family === 6);

export class Channel implements DatagramReceiver {
  readonly latch = new Latch();
  readonly #leg: Leg;
  /** Odd port: no RTP is expected here. */
  readonly #control: boolean;
  /** As the system gave it, and as it is sent by: bounded where the side is a port of ours. */
  #plain: DatagramSocket | null = null;
  #socket: DatagramSocket | null = null;
  #bounded = false;
  #family: Family = 4;
  #aimed = false;
  #firm = false;
  /** When the learned source sent last, -1 = never. */
  lastMs = -1;

  constructor(leg: Leg, control: boolean) {
    this.#leg = leg;
    this.#control = control;
  }

  /** Hears and sends by this socket from now on. */
  attach(socket: DatagramSocket, family: Family): void {
    this.#socket?.close();
    this.#plain = socket;
    this.#socket = this.#dressed(socket);
    this.#family = family;
    this.latch.reset();
    this.apply(null);
  }

  close(): void {
    this.#socket?.close();
    this.#plain = null;
    this.#socket = null;
  }

  /**
   * What is announced of the side has changed.
   * @param fallback where to send to as long as nothing was learned; null = where it was announced
   * @param ours it is a port of ours
   */
  expect(announced: Announcement, fallback: Endpoint | null, ours: boolean): void {
    this.latch.expect(announced);
    if (ours || this.#bounded) {
      this.#bounded = ours;
      this.#socket = this.#plain === null ? null : this.#dressed(this.#plain);
    }
    this.apply(fallback);
  }

  /** What a former process had learned. */
  restore(at: Endpoint): void {
    this.latch.restore(at);
    this.apply(null);
  }

  /** Media of the learned source has come. */
  get firm(): boolean {
    return this.latch.firm;
  }

  #dressed(socket: DatagramSocket): DatagramSocket {
    return this.#bounded ? new BoundedSocket(socket, () => this.#leg.now(), () => this.#leg.circles()) : socket;
  }

  /** Tells the socket what the latch says. */
  apply(fallback: Endpoint | null): void {
    const { learned, target } = this.latch;
    const place = learned ?? fallback ?? target;
    this.#firm = this.latch.firm;
    this.#aimed = fits(place, this.#family);
    this.#socket?.know(fits(learned, this.#family) ? learned : null);
    this.#socket?.aim(this.#aimed ? place : null);
  }

  known(data: Uint8Array, length: number): void {
    const leg = this.#leg;
    leg.totals.packetsIn++;
    if (leg.opaque) {
      this.#media(data, length);
      return;
    }
    switch (packetKind(data, length)) {
      case 'rtp':
        if (this.#control) leg.refuse();
        else {
          leg.reception.packet(data, leg.now());
          this.#media(data, length);
        }
        return;
      case 'rtcp':
        this.lastMs = leg.now();
        leg.reports.read(data, length, this.lastMs);
        leg.peer.control.send(data, length);
        return;
      case 'dtls':
        this.#confirm();
        this.#pass(data, length);
        return;
      case 'stun':
        this.#pass(data, length);
        return;
      case 'invalid': leg.refuse();
    }
  }

  other(data: Uint8Array, length: number, address: string, port: number): void {
    const leg = this.#leg;
    const kind = leg.opaque ? 'rtp' : packetKind(data, length);
    if (kind === 'invalid' || (kind === 'rtp' && this.#control && !leg.opaque)) {
      leg.totals.packetsIn++;
      leg.refuse();
    } else if (this.latch.hears({ address, port }, leg.silentMs(this), kind !== 'stun')) {
      leg.learned(this);
      this.known(data, length);
    } else {
      leg.totals.packetsIn++;
      leg.strangers++;
      leg.totals.strangers++;
    }
  }

  /** Sends to the side, if there is a place to send to. */
  send(data: Uint8Array, length: number): void {
    if (!this.#aimed || this.#socket === null) return;
    if (this.#socket.send(data, length)) this.#leg.totals.packetsOut++;
    else this.#leg.totals.sendFailures++;
  }

  #media(data: Uint8Array, length: number): void {
    const leg = this.#leg;
    leg.packets++;
    leg.bytes += length;
    if (!this.#firm) this.#confirm();
    this.#pass(data, length);
  }

  #pass(data: Uint8Array, length: number): void {
    const leg = this.#leg;
    this.lastMs = leg.now();
    (this.#control ? leg.peer.control : leg.peer.rtp).send(data, length);
  }

  #confirm(): void {
    if (this.#firm) return;
    this.#firm = true;
    this.latch.confirm();
    this.#leg.confirmed();
  }
}

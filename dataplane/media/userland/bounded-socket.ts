/**
 * A socket whose packets go to another port of ours, as a PBX connects two of its calls directly. Calls that name each other
 * may close a circle, also over threads that know nothing of each other's ports, and in a circle one packet goes round for
 * ever, thousands of times a second: whoever sends more than any stream has sends nothing more, until an SDP says otherwise.
 */
import type { Endpoint } from '../relay.ts';
import type { DatagramSocket } from './datagrams.ts';

/** Packets a second; video of 25 Mbit/s has 2,600. A packet alone in a circle of two threads is handed on 4,000 times and more. */
const most = 3_000;

export class BoundedSocket implements DatagramSocket {
  readonly #socket: DatagramSocket;
  readonly #now: () => number;
  readonly #exceeded: () => void;
  #sinceMs = 0;
  #sent = 0;

  /**
   * @param now milliseconds of a monotonic clock
   * @param exceeded called once, when nothing more is sent
   */
  constructor(socket: DatagramSocket, now: () => number, exceeded: () => void) {
    this.#socket = socket;
    this.#now = now;
    this.#exceeded = exceeded;
  }

  know(source: Endpoint | null): void {
    this.#socket.know(source);
  }

  aim(target: Endpoint | null): void {
    this.#socket.aim(target);
  }

  send(data: Uint8Array, length: number): boolean {
    if (this.#sent > most) return false;
    const now = this.#now();
    if (now - this.#sinceMs >= 1_000) {
      this.#sinceMs = now;
      this.#sent = 0;
    }
    if (++this.#sent <= most) return this.#socket.send(data, length);
    this.#exceeded();
    return false;
  }

  close(): void {
    this.#socket.close();
  }
}

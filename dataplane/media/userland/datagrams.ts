/** UDP sockets as forwarding needs them: each knows one source and aims at one place, so that a packet costs one comparison. */
import type { SocketKind } from '../../system/calls.ts';
import type { Endpoint, Family } from '../relay.ts';

/**
 * Hears what a socket receives. `data` is good until the call returns, and only `length` bytes of it; the array may be the same
 * for all sockets.
 */
export interface DatagramReceiver {
  /** A packet from the known source. */
  known(data: Uint8Array, length: number): void;
  /** A packet from anybody else, who may be known when this returns. */
  other(data: Uint8Array, length: number, address: string, port: number): void;
}

export interface DatagramSocket {
  /** Who is told by `known` from now on; null = nobody. */
  know(source: Endpoint | null): void;
  /** Where `send` sends to; null = nowhere. */
  aim(target: Endpoint | null): void;
  /**
   * Sends what a receiver was just given, inside of that call.
   * @returns false = no target, or the system did not take it; never waits
   */
  send(data: Uint8Array, length: number): boolean;
  close(): void;
}

export interface Datagrams {
  readonly kind: SocketKind;
  /** @returns null = the port is not to be had */
  open(family: Family, port: number, receiver: DatagramReceiver): DatagramSocket | null;
  /** Milliseconds of the thread's monotonic clock, as of the packets that are being served. */
  now(): number;
}

/** What a UDP listener needs of its socket. */
import type { SocketKind } from '../system/calls.ts';
import type { SendOwner } from './flow.ts';

/** Hears what happens at a socket. */
export interface UdpReader {
  /** @param text latin1, a character a byte; @param address canonical, without brackets */
  received(text: string, address: string, port: number): void;
  /** A datagram could not be received. */
  receiveFailed(): void;
  /** Called later than the `send` that it is about. @param code of the system, such as ENETUNREACH */
  sendFailed(code: string, address: string, port: number, owner: SendOwner | null): void;
}

export interface UdpSocket {
  readonly kind: SocketKind;
  /** The bound port. */
  readonly port: number;
  /** Takes a datagram of up to 65,507 bytes. @returns false = dropped, because the socket does not keep up or is closed */
  send(text: string, address: string, port: number, owner: SendOwner | null): boolean;
  /**
   * Leaves the group of sockets that share the port, and resolves when what had arrived has been received: what a closed
   * socket has in its buffer is lost. A connected socket is dealt nothing but its peer's datagrams (Linux), and keeps what
   * it has; nobody is at that peer. Nothing may be sent any more.
   * @param self an address of this host that the socket can connect to
   */
  retire(self: string): Promise<void>;
  /** Sends what the system takes within moments; senders of the rest hear of it. Nothing is received any more. */
  close(): Promise<void>;
}

/** RFC 863: nobody is there. */
export const discardPort = 9;

/** Waits for two turns of the loop in which nothing came. @param received counts what came */
export function whenQuiet(received: () => number): Promise<void> {
  return new Promise((resolve) => {
    const look = (before: number, quietTurns: number): void => {
      if (quietTurns === 2) resolve();
      else setImmediate(() => look(received(), received() === before ? quietTurns + 1 : 0));
    };
    look(received(), 0);
  });
}

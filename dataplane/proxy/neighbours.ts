/**
 * Who else of this node holds connections, transactions and calls: the other SIP workers, and during an upgrade those of the
 * process before or behind this one. A message that reaches the wrong one is handed over (design: one owner, no copies).
 */
import type { Passage } from '../calls/anchor.ts';
import type { SipMessage } from '../sip/message.ts';
import type { Flow, MessageSender, SendOwner, Target } from '../transport/flow.ts';

/**
 * An owner is a worker of a process: 64 × generation (0 to 3, the next process has the next one) + worker. Connection numbers
 * of owner n begin here times n, so that a number tells its owner; below 2^48 for all 256.
 */
export const connectionsPerOwner = 2 ** 40;

/** The owner that a connection number belongs to. */
export const ownerOfConnection = (connection: number): number => Math.floor(connection / connectionsPerOwner);

export interface Neighbours {
  /** Whether that owner can be reached and is not this worker. */
  has(owner: number): boolean;
  /** Sends by a stream connection of another owner; `sendOwner` hears when that has none to the target's address. */
  send(owner: number, target: Target, text: string, sendOwner: SendOwner | null): void;
  /** Whether somebody else takes a response that has no transaction here. */
  takesResponse(response: SipMessage, flow: Flow): boolean;
  /** A request has passed that may end a call which this worker does not know: its owner decides (proxy/call-ends.ts). */
  callEnded(dialog: string, passage: Passage | null): void;
}

/** A worker on its own. */
export const noNeighbours: Neighbours = { has: () => false, send: () => undefined, takesResponse: () => false, callEnded: () => undefined };

/** Sends by this worker's sockets, or by the neighbour that owns the connection. */
export class SharedSender implements MessageSender {
  readonly #own: MessageSender;
  readonly #neighbours: Neighbours;
  readonly #aliasOf: (target: Target) => Target | null;

  /** @param aliasOf the connection that the other end wants to be used for a TLS target (RFC 5923), null = none */
  constructor(own: MessageSender, neighbours: Neighbours, aliasOf: (target: Target) => Target | null) {
    this.#own = own;
    this.#neighbours = neighbours;
    this.#aliasOf = aliasOf;
  }

  send(wanted: Target, text: string, owner: SendOwner | null): void {
    const target = wanted.transport === 'tls' && wanted.connection === 0 ? (this.#aliasOf(wanted) ?? wanted) : wanted;
    if (target.connection !== 0 && this.#neighbours.has(ownerOfConnection(target.connection))) {
      this.#neighbours.send(ownerOfConnection(target.connection), target, text, owner);
    } else {
      this.#own.send(target, text, owner);
    }
  }
}

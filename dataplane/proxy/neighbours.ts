/**
 * The other SIP workers of this node, as far as one worker needs them: each owns the stream connections that it accepted and
 * the transactions that it started, and a message that reaches another one is handed over once (design: one owner, no copies).
 */
import type { Flow, MessageSender, SendOwner, Target } from '../transport/flow.ts';

/** Connection numbers of worker n begin here times n, so that a number tells its owner; below 2^48 for 256 workers. */
export const connectionsPerWorker = 2 ** 40;

/** The worker that a connection number belongs to. */
export const ownerOfConnection = (connection: number): number => Math.floor(connection / connectionsPerWorker);

export interface Neighbours {
  /** Whether that worker exists and is not this one. */
  has(worker: number): boolean;
  /** Sends by a stream connection of another worker; `owner` hears when that has none to the target's address. */
  send(worker: number, target: Target, text: string, owner: SendOwner | null): void;
  /** Hands a response to the worker whose branch it carries. */
  response(worker: number, raw: string, flow: Flow): void;
  /** A call that this worker does not know has ended: its owner counts it down. */
  callEnded(dialog: string): void;
}

/** A worker on its own. */
export const noNeighbours: Neighbours = { has: () => false, send: () => undefined, response: () => undefined, callEnded: () => undefined };

/** Sends by this worker's sockets, or by the neighbour that owns the connection. */
export class SharedSender implements MessageSender {
  readonly #own: MessageSender;
  readonly #neighbours: Neighbours;

  constructor(own: MessageSender, neighbours: Neighbours) {
    this.#own = own;
    this.#neighbours = neighbours;
  }

  send(target: Target, text: string, owner: SendOwner | null): void {
    const worker = target.connection === 0 ? -1 : ownerOfConnection(target.connection);
    if (this.#neighbours.has(worker)) this.#neighbours.send(worker, target, text, owner);
    else this.#own.send(target, text, owner);
  }
}

/** Mail between SIP workers, carried by the main thread; rare traffic, so one more hop costs less than a mesh of ports. */
import type { Neighbours } from '../proxy/neighbours.ts';
import { Address, ReceivedBy } from '../transport/flow.ts';
import type { Family, Flow, SendOwner, Target, TransportName } from '../transport/flow.ts';
import type { Transports } from '../transport/transports.ts';

export type Mail =
  | { readonly k: 'send'; readonly n: number; readonly transport: TransportName; readonly family: Family; readonly address: string; readonly port: number; readonly text: string }
  | { readonly k: 'failed'; readonly n: number; readonly detail: string }
  | { readonly k: 'response'; readonly raw: string; readonly listener: number; readonly family: Family; readonly address: string; readonly port: number; readonly connection: number }
  | { readonly k: 'callEnded'; readonly dialog: string };

/** To every other worker. */
export const everybody = -1;

/** Sends whose failure may still come back; the oldest are forgotten, their transactions end by their timers. */
const maxAwaited = 10_000;

/** What arrives in the mail for the rest of the worker. */
export interface MailReader {
  response(raw: string, flow: Flow): void;
  callEnded(dialog: string): void;
}

export class NeighbourMail implements Neighbours {
  readonly #worker: number;
  readonly #workers: number;
  readonly #post: (to: number, mail: Mail) => void;
  readonly #awaited = new Map<number, SendOwner>();
  #last = 0;

  /** @param post hands mail to the main thread; `everybody` = all others */
  constructor(worker: number, workers: number, post: (to: number, mail: Mail) => void) {
    this.#worker = worker;
    this.#workers = workers;
    this.#post = post;
  }

  has(worker: number): boolean {
    return worker >= 0 && worker < this.#workers && worker !== this.#worker;
  }

  send(worker: number, { transport, family, address, port }: Target, text: string, owner: SendOwner | null): void {
    const n = ++this.#last;
    if (owner !== null) {
      this.#awaited.set(n, owner);
      if (this.#awaited.size > maxAwaited) this.#awaited.delete(n - maxAwaited);
    }
    this.#post(worker, { k: 'send', n, transport, family, address, port, text });
  }

  response(worker: number, raw: string, { listener, family, address, port, connection }: Flow): void {
    this.#post(worker, { k: 'response', raw, listener: listener.id, family, address, port, connection });
  }

  callEnded(dialog: string): void {
    if (this.#workers > 1) this.#post(everybody, { k: 'callEnded', dialog });
  }

  /** Takes mail in from worker `from`. */
  take(from: number, mail: Mail, transports: Transports, reader: MailReader): void {
    switch (mail.k) {
      case 'send': {
        const { n, transport, family, address, port, text } = mail;
        const failed = (detail: string): void => this.#post(from, { k: 'failed', n, detail });
        const connection = transports.connectionTo(address, port);
        const listener = transports.publicListenerFor(transport, family);
        if (connection === 0) failed(`no connection to ${address}:${port}`);
        else transports.send(new Address(transport, family, address, port, listener, connection), text, { sendFailed: failed });
        return;
      }
      case 'failed':
        this.#awaited.get(mail.n)?.sendFailed(mail.detail);
        this.#awaited.delete(mail.n);
        return;
      case 'response': {
        const listener = transports.listeners[mail.listener];
        if (listener !== undefined) reader.response(mail.raw, new ReceivedBy(listener, mail.family, mail.address, mail.port, mail.connection));
        return;
      }
      case 'callEnded':
        reader.callEnded(mail.dialog);
    }
  }
}

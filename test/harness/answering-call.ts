/** A caller's side of requests that the other end sends inside a call: each is answered with 200. */
import { AnswerTimers } from './answer-timers.ts';
import { answerTo, branchOf } from './sip-text.ts';
import type { Received } from './sip-socket.ts';

export class AnsweringCall {
  /** Requests by method, retransmissions and ACKs left out. */
  readonly counts: Record<string, number> = {};
  readonly #contact: string;
  readonly #answers = new Map<string, string>();
  readonly #timers = new AnswerTimers();

  constructor(contact: string) {
    this.#contact = contact;
  }

  take({ message, reply }: Received): void {
    if (message.method === 'ACK') {
      this.#timers.acknowledge(message);
      return;
    }
    const key = `${branchOf(message)}|${message.method}`;
    const known = this.#answers.get(key);
    const answer = known ?? answerTo(message, 200, 'OK', { headers: [`Contact: <${this.#contact}>`] });
    if (known === undefined) {
      this.#answers.set(key, answer);
      this.counts[message.method] = (this.counts[message.method] ?? 0) + 1;
      if (message.method === 'INVITE') this.#timers.start(message, 200, () => reply(answer));
    }
    reply(answer);
  }

  close(): void {
    this.#timers.close();
  }
}

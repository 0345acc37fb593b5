/** Final answers to INVITEs that are sent again until their ACK (RFC 3261 §13.3.1.4 for 2xx, §17.2.1 for the rest). */
import { giveUpMs, t1Ms, t2Ms } from './client-transactions.ts';
import { branchOf, callIdOf, headerOf, type SipText } from './sip-text.ts';

interface Repetition {
  timer: NodeJS.Timeout;
}

export class AnswerTimers {
  readonly #running = new Map<string, Repetition>();

  /** Sends `text` again through `send` at T1 doubling to T2, for 64 * T1. */
  start(invite: SipText, status: number, send: () => void): void {
    const key = status < 300 ? acceptedKey(invite) : branchOf(invite);
    this.#stop(key);
    const startedMs = Date.now();
    let waitMs = t1Ms;
    const repeat = (): void => {
      if (Date.now() - startedMs >= giveUpMs) {
        this.#running.delete(key);
        return;
      }
      send();
      waitMs = Math.min(waitMs * 2, t2Ms);
      repetition.timer = setTimeout(repeat, waitMs);
    };
    const repetition: Repetition = { timer: setTimeout(repeat, waitMs) };
    this.#running.set(key, repetition);
  }

  /** The ACK of a 2xx is known by call and number, that of another answer by its branch. */
  acknowledge(ack: SipText): void {
    this.#stop(acceptedKey(ack));
    this.#stop(branchOf(ack));
  }

  /** Stops everything. */
  close(): void {
    for (const { timer } of this.#running.values()) clearTimeout(timer);
    this.#running.clear();
  }

  #stop(key: string): void {
    const repetition = this.#running.get(key);
    if (repetition === undefined) return;
    clearTimeout(repetition.timer);
    this.#running.delete(key);
  }
}

const acceptedKey = (message: SipText): string => `${callIdOf(message)}|${headerOf(message, 'cseq').split(' ')[0] ?? ''}`;

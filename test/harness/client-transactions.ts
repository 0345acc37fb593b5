/** Client transactions of the tests' callers and backends, with the retransmissions of RFC 3261 §17.1. */
import { callIdOf, headerOf, type SipText } from './sip-text.ts';
import type { Received, SipSocket } from './sip-socket.ts';
import type { Endpoint } from './sip-wires.ts';

export const t1Ms = 500;
export const t2Ms = 4_000;
/** 64 * T1: timers B, F and H. */
export const giveUpMs = 32_000;
/** Finished transactions that are remembered for answers that come again. */
const keptFinals = 5_000;

export interface ClientRequest {
  readonly text: string;
  readonly to: Endpoint;
  readonly callId: string;
  /** `1 INVITE`. */
  readonly cseq: string;
  readonly onProvisional?: (message: SipText) => void;
  /** The final answer came once more. */
  readonly onFinalAgain?: (message: SipText) => void;
  /** Gives up after so long; a provisional to an INVITE starts it anew. */
  readonly ms?: number;
}

interface Pending {
  onAnswer(message: SipText): void;
  /** Ends it without an answer. */
  stop(): void;
}

export class ClientTransactions {
  readonly #socket: SipSocket;
  readonly #pending = new Map<string, Pending>();
  readonly #finals = new Map<string, (message: SipText) => void>();

  constructor(socket: SipSocket) {
    this.#socket = socket;
  }

  /** Takes every response that comes. */
  take({ message }: Received): void {
    const id = `${callIdOf(message)}|${headerOf(message, 'cseq')}`;
    const pending = this.#pending.get(id);
    if (pending !== undefined) pending.onAnswer(message);
    else if (message.status >= 200) this.#finals.get(id)?.(message);
  }

  /**
   * Sends one request and, over UDP, sends it again: an INVITE at T1 doubling until any answer (timer A), others at T1
   * doubling to T2 until the final one (timer E).
   * @returns the final response
   */
  run({ text, to, callId, cseq, onProvisional = () => undefined, onFinalAgain, ms = giveUpMs }: ClientRequest): Promise<SipText> {
    const id = `${callId}|${cseq}`;
    const invite = cseq.endsWith('INVITE');
    return new Promise((resolve, reject) => {
      let repeat: NodeJS.Timeout;
      let deadline: NodeJS.Timeout;
      let waitMs = t1Ms;
      let status = 0;
      const end = (): void => {
        clearTimeout(repeat);
        clearTimeout(deadline);
        this.#pending.delete(id);
      };
      const giveUp = (): void => {
        end();
        reject(new Error(`${cseq} ${callId}: ${status === 0 ? 'no final answer' : `only ${status}`} within ${ms} ms`));
      };
      const transmit = (): void => {
        // The first send's fault is the caller's to see; a lost retransmission is what retransmission is for.
        this.#socket.send(text, to).catch((error: unknown) => {
          end();
          reject(error instanceof Error ? error : new Error(String(error)));
        });
        if (this.#socket.transport === 'udp') repeat = setTimeout(transmit, waitMs);
        waitMs = Math.min(waitMs * 2, invite ? giveUpMs : t2Ms);
      };
      this.#pending.set(id, {
        stop: end,
        onAnswer: (message) => {
          if (message.status >= 200) {
            end();
            if (onFinalAgain !== undefined) this.#remember(id, onFinalAgain);
            resolve(message);
            return;
          }
          status = message.status;
          if (invite) {
            clearTimeout(repeat);
            clearTimeout(deadline);
            deadline = setTimeout(giveUp, ms);
          } else {
            waitMs = t2Ms;
          }
          onProvisional(message);
        },
      });
      deadline = setTimeout(giveUp, ms);
      transmit();
    });
  }

  /** Ends what is under way; nobody hears of it any more. */
  close(): void {
    for (const pending of this.#pending.values()) pending.stop();
  }

  #remember(id: string, onFinalAgain: (message: SipText) => void): void {
    this.#finals.set(id, onFinalAgain);
    if (this.#finals.size <= keptFinals) return;
    for (const oldest of this.#finals.keys()) {
      this.#finals.delete(oldest);
      return;
    }
  }
}

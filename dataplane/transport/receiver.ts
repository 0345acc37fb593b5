import type { Flow } from './flow.ts';

/** Who takes what arrives. Neither method may throw. */
export interface MessageReceiver {
  /** One datagram, or one whole message of a stream, as latin1 text. */
  receive(raw: string, flow: Flow): void;
  /**
   * A stream cannot be framed any further and is closed after this call; one last answer may be sent on `flow` from in here.
   * @param head of the message at fault, '' when there is none whole.
   * @param status 400 or 513, with its reason.
   */
  fault(head: string, status: number, reason: string, flow: Flow): void;
}

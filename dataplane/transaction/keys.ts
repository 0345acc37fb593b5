/**
 * How a message finds its transaction: RFC 3261 §17.2.3 and §17.1.3 for branches with the magic cookie, and the
 * comparison of RFC 2543 for all others.
 *
 * A key is two 32-bit hashes over the parts, read where they stand in the message: no text is cut out, kept or
 * compared. Both hashes start from secrets of the process, so nobody can choose messages that share a bucket, and
 * 64 bits keep strangers apart: with 200,000 transactions one new message in 10^14 would meet a wrong one.
 */
import type { SipMessage } from '../sip/message.ts';
import type { Via } from '../sip/via.ts';

/** The secret starting values of both hashes: any 32-bit integers, the same for a table's whole life. */
export interface KeySecrets {
  readonly first: number;
  readonly second: number;
}

/** Something that a `TransactionTable` holds: its key and its chain. */
export interface Keyed<T> {
  readonly keyFirst: number;
  readonly keySecond: number;
  nextInBucket: T | null;
}

const separator = 10;

/** Computes one key at a time into `first` and `second`; reused for message after message. */
export class KeyMaker {
  first = 0;
  second = 0;
  readonly #secrets: KeySecrets;

  constructor(secrets: KeySecrets) {
    this.#secrets = secrets;
  }

  /** Key of the server transaction of a request other than ACK; `method` is INVITE to find the INVITE of a CANCEL. */
  ofRequest(message: SipMessage, via: Via, method: string): void {
    if (via.hasCookie) this.ofCookie(via, method);
    else this.ofLegacy(message, via, method, message.toTag);
  }

  /** Branch, sent-by and method; `method` is INVITE for its ACK. */
  ofCookie(via: Via, method: string): void {
    this.#begin();
    this.#add(via.raw, via.branchStart, via.branchEnd);
    this.#add(via.raw, via.sentByStart, via.sentByEnd);
    this.#add(method, 0, method.length);
    this.#finish();
  }

  /**
   * Request-URI, To tag, From tag, Call-ID, CSeq number, method and top Via, as RFC 3261 §17.2.3 compares them when
   * the branch is of no use. `toTag` is that of the INVITE, which its ACK cannot know: see `layer.ts`.
   */
  ofLegacy(message: SipMessage, via: Via, method: string, toTag: string): void {
    const { requestUri, fromTag, callId, cseqNumber } = message;
    const parts = `${requestUri}\n${toTag}\n${fromTag}\n${callId}\n${cseqNumber}`;
    this.#begin();
    this.#add(parts, 0, parts.length);
    this.#add(via.raw, via.start, via.end);
    this.#add(method, 0, method.length);
    this.#finish();
  }

  /** Key of a client transaction: the branch alone, as ours are unique; but CANCEL shares that of its INVITE (RFC 3261 §9.1). */
  ofBranch(text: string, start: number, end: number, cancel: boolean): void {
    this.#begin();
    this.#add(text, start, end);
    if (cancel) this.#add('CANCEL', 0, 6);
    this.#finish();
  }

  #begin(): void {
    this.first = this.#secrets.first;
    this.second = this.#secrets.second;
  }

  #add(text: string, start: number, end: number): void {
    let { first, second } = this;
    for (let i = start; i < end; i++) {
      const code = text.charCodeAt(i);
      first = Math.imul(first ^ code, 0x9e3779b1);
      first ^= first >>> 15;
      second = Math.imul(second ^ code, 0x85ebca77);
      second ^= second >>> 13;
    }
    this.first = Math.imul(first ^ separator, 0x9e3779b1);
    this.second = Math.imul(second ^ separator, 0x85ebca77);
  }

  #finish(): void {
    let { first, second } = this;
    first = Math.imul(first ^ (first >>> 16), 0x21f0aaad);
    second = Math.imul(second ^ (second >>> 16), 0x735a2d97);
    this.first = first ^ (first >>> 15);
    this.second = second ^ (second >>> 15);
  }
}

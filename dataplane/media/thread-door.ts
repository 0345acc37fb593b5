/** A SIP worker's end of the ways to the media threads. */
import { randomFillSync } from 'node:crypto';
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../runtime/clock.ts';
import { passageTimeoutMs } from './engine.ts';
import type { MediaDoor } from './door.ts';
import type { MediaAsk, MediaReply } from './messages.ts';
import { newSessionId, threadOfSession, type PassageOutcome, type SdpPassage } from './passage.ts';

interface Waiting {
  readonly ask: MediaAsk;
  readonly done: (outcome: PassageOutcome) => void;
  readonly dueMs: number;
}

/** SDPs that a worker has under way; more are refused. */
const maxWaiting = 10_000;
/** A thread answers at once, or within the time that its engine has: what comes later than this is lost. */
const lostMs = 2 * passageTimeoutMs;
const sweepMs = 500;
const randomBytes = 9;

const refused: PassageOutcome = { t: 'refused', why: 'engine' };

export class ThreadDoor implements MediaDoor {
  readonly open: boolean;
  readonly #threads: readonly MessagePort[];
  readonly #clock: Clock;
  /** In the order in which they were asked. */
  readonly #waiting = new Map<number, Waiting>();
  readonly #pool = Buffer.alloc(randomBytes * 256);
  #used = this.#pool.length;
  #asked = 0;
  #moved: ((ask: MediaAsk) => void) | null = null;
  #begun = 0;

  /** @param threads ways to the media threads; none = media goes direct */
  constructor(threads: readonly MessagePort[], clock: Clock) {
    this.#threads = threads;
    this.#clock = clock;
    this.open = threads.length > 0;
    for (const port of threads) port.on('message', (reply: MediaReply) => this.take(reply));
    if (this.open) setInterval(() => this.#sweep(), sweepMs).unref();
  }

  newSession(): string {
    if (this.#used === this.#pool.length) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const random = this.#pool.subarray(this.#used, this.#used + randomBytes);
    this.#used += randomBytes;
    return newSessionId(this.#begun++ % this.#threads.length, random);
  }

  pass(passage: SdpPassage, done: (outcome: PassageOutcome) => void): void {
    if (this.#waiting.size >= maxWaiting) {
      done(refused);
      return;
    }
    const n = ++this.#asked;
    const ask: MediaAsk = { t: 'pass', n, passage };
    this.#waiting.set(n, { ask, done, dueMs: this.#clock.now() + lostMs });
    this.#tell(passage.session, ask);
  }

  answered(session: string, calleeTag: string): void {
    this.#tell(session, { t: 'answered', session, calleeTag });
  }

  rejected(session: string, calleeTag: string, fromCaller: boolean): void {
    this.#tell(session, { t: 'rejected', session, calleeTag, fromCaller });
  }

  end(session: string, calleeTag: string, declined = false): void {
    this.#tell(session, { t: 'end', session, calleeTag, declined });
  }

  /** Another process has the sessions from now on: it is asked instead, also for what the threads have not answered. */
  moveTo(ask: (ask: MediaAsk) => void): void {
    this.#moved = ask;
    for (const waiting of this.#waiting.values()) ask(waiting.ask);
  }

  /** Asks on behalf of a worker of the process before this one. */
  relay(ask: MediaAsk, reply: (reply: MediaReply) => void): void {
    if (ask.t === 'pass') this.pass(ask.passage, (outcome) => reply({ n: ask.n, outcome }));
    else this.#tell(ask.session, ask);
  }

  #tell(session: string, ask: MediaAsk): void {
    if (this.#moved !== null) {
      this.#moved(ask);
      return;
    }
    this.#threads[threadOfSession(session, this.#threads.length)]?.postMessage(ask);
  }

  /** Takes an answer; one that comes twice counts once. */
  take({ n, outcome }: MediaReply): void {
    const waiting = this.#waiting.get(n);
    if (waiting === undefined) return;
    this.#waiting.delete(n);
    waiting.done(outcome);
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [n, { dueMs }] of this.#waiting) {
      if (dueMs > now) return;
      this.take({ n, outcome: refused });
    }
  }
}

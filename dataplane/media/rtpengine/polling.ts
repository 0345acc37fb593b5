/** Figures of sessions, asked for in the background at a bounded rate, and what they show: sessions that are idle or lost. */
import { idleSeconds, readFigures } from './call-figures.ts';
import { knowsNoCall, queryFields } from './ng-messages.ts';
import type { RtpenginePool } from './pool.ts';
import type { RtpengineSession } from './session.ts';

const tickMs = 200;
/** Queries a tick: 100 a second for all instances. */
const queriesPerTick = 20;
/** A session is asked for no more often. */
const everyMs = 5_000;
/** A call rings no longer than this: its end was not heard of. */
const unansweredMs = 15 * 60_000;

export class Polling {
  /** Without a packet for so long an answered session ends. */
  idleMs: number;
  readonly #sessions: Map<string, RtpengineSession>;
  readonly #pool: RtpenginePool;
  readonly #ends: (session: RtpengineSession, why: 'idle' | 'lost') => void;
  readonly #timer: NodeJS.Timeout;

  /** @param sessions is kept in the order in which they were asked for */
  constructor(sessions: Map<string, RtpengineSession>, pool: RtpenginePool, idleMs: number, ends: (session: RtpengineSession, why: 'idle' | 'lost') => void) {
    this.#sessions = sessions;
    this.#pool = pool;
    this.idleMs = idleMs;
    this.#ends = ends;
    this.#timer = setInterval(() => this.#tick(), tickMs);
    this.#timer.unref();
  }

  /** Sessions by instance. */
  perInstance(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { instance } of this.#sessions.values()) if (instance !== '') counts.set(instance, (counts.get(instance) ?? 0) + 1);
    return counts;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    for (let n = 0; n < queriesPerTick; n++) {
      const [session] = this.#sessions.values();
      if (session === undefined || session.polledMs > now - everyMs) return;
      session.polledMs = now;
      this.#sessions.delete(session.id);
      this.#sessions.set(session.id, session);
      if (session.begun && !session.busy && !this.#pool.isDown(session.instance)) this.#query(session);
    }
  }

  #query(session: RtpengineSession): void {
    const { instance } = session;
    this.#pool.request(instance, queryFields(session.id), (answer) => {
      // While commands are under way the answer may speak of what was before.
      if (!answer.ok || session.busy || session.instance !== instance) return;
      if (knowsNoCall(answer.value)) {
        this.#ends(session, 'lost');
        return;
      }
      const nowSeconds = Date.now() / 1_000;
      session.figures = readFigures(session.id, answer.value, nowSeconds);
      const idle = session.forks.answered ? idleSeconds(answer.value, nowSeconds) * 1_000 > this.idleMs : performance.now() - session.begunMs > unansweredMs;
      if (idle) this.#ends(session, 'idle');
    });
  }
}

/** Figures of sessions, asked for in the background at a bounded rate, and what they show: sessions that are idle or lost. */
import { heldMs } from '../engine.ts';
import type { SessionFigures } from '../figures.ts';
import { bothSides, type Side } from '../relay.ts';
import { readActivity, readFigures, type Activity } from './call-figures.ts';
import { knowsNoCall, queryFields } from './ng-messages.ts';
import type { RtpenginePool } from './pool.ts';
import type { RtpengineSession } from './session.ts';

const tickMs = 200;
/** Queries a tick: 100 a second for all instances. */
const queriesPerTick = 20;
/** A session is asked for no more often. */
const everyMs = 5_000;

/** What the answers show. */
export interface PollingWatch {
  polled(session: RtpengineSession, figures: SessionFigures): void;
  ends(session: RtpengineSession, why: 'idle' | 'lost'): void;
  /** Nothing comes from one side, while the other sends. Told once, until that side sends again. */
  silent(session: RtpengineSession, side: Side): void;
}

export class Polling {
  /** Without a packet for so long an answered session ends, or for `heldMs` where none is awaited. */
  idleMs: number;
  readonly #sessions: Map<string, RtpengineSession>;
  readonly #pool: RtpenginePool;
  readonly #watch: PollingWatch;
  readonly #timer: NodeJS.Timeout;

  /** @param sessions is kept in the order in which they were asked for */
  constructor(sessions: Map<string, RtpengineSession>, pool: RtpenginePool, idleMs: number, watch: PollingWatch) {
    this.#sessions = sessions;
    this.#pool = pool;
    this.idleMs = idleMs;
    this.#watch = watch;
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
    let looked = 0;
    for (const session of this.#sessions.values()) {
      if (looked++ === queriesPerTick || session.polledMs > now - everyMs) return;
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
        this.#watch.ends(session, 'lost');
        return;
      }
      const nowSeconds = Date.now() / 1_000;
      this.#watch.polled(session, readFigures(session.id, answer.value, nowSeconds));
      this.#check(session, readActivity(answer.value, nowSeconds));
    });
  }

  #check(session: RtpengineSession, activity: Readonly<Record<Side, Activity>>): void {
    const awaited = session.forks.answered ? bothSides.filter((side) => activity[side].awaited) : [];
    if (Math.min(activity.caller.idleMs, activity.callee.idleMs) >= (awaited.length > 0 ? this.idleMs : heldMs)) {
      this.#watch.ends(session, 'idle');
      return;
    }
    const silent = awaited.find((side) => activity[side].idleMs >= this.idleMs) ?? null;
    if (silent !== null && silent !== session.silent) this.#watch.silent(session, silent);
    session.silent = silent;
  }
}

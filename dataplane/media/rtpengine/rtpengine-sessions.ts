/** Sessions whose media a pool of rtpengines moves. A session stays at its instance; only an offer may take it to another one. */
import type { RtpengineReport } from '../../contract/media.ts';
import type { SettingRow } from '../../contract/rows.ts';
import { scanSdp, type Sdp } from '../../sip/sdp.ts';
import { maxSessions, passageTimeoutMs, type EndReason, type SessionEngine } from '../engine.ts';
import type { SessionFigures } from '../figures.ts';
import { beginsSession, type PassageOutcome, type SdpPassage } from '../passage.ts';
import type { Side } from '../relay.ts';
import { readFigures, totalsOf, type Totals } from './call-figures.ts';
import type { Said } from './forks.ts';
import { answerMs } from './ng-client.ts';
import { deleteFields, passageFields, readVerdict, trustsSdp, type Exchange } from './ng-messages.ts';
import { Polling } from './polling.ts';
import type { RtpenginePool } from './pool.ts';
import { RtpengineSession, type RtpengineRecord } from './session.ts';

/** Who wants to hear what becomes of sessions. */
export interface RtpengineWatch {
  /** What the next process needs to know; plain JSON. */
  changed(record: RtpengineRecord): void;
  /** @param figures the last that are known */
  ended(session: string, why: EndReason, callId: string, figures: SessionFigures | null): void;
  /** Nothing comes from one side, while the other sends. Told once, until that side sends again. */
  silent(session: string, side: Side, callId: string): void;
}

const malformed: PassageOutcome = { t: 'untouched', why: 'malformed' };
const unknownSession: PassageOutcome = { t: 'untouched', why: 'unknown session' };
const noEngine: PassageOutcome = { t: 'refused', why: 'engine' };
const tooMany: PassageOutcome = { t: 'refused', why: 'sessions' };

/** A passage under way. */
interface Attempt {
  readonly passage: SdpPassage;
  readonly sdp: Sdp;
  readonly exchange: Exchange;
  /** Instances that did not take it. */
  readonly tried: Set<string>;
  /** On the monotonic clock. */
  readonly dueMs: number;
  readonly done: (outcome: PassageOutcome) => void;
}

export class RtpengineSessions implements SessionEngine {
  readonly name = 'rtpengine';
  readonly #pool: RtpenginePool;
  readonly #forbidden: (address: string) => boolean;
  readonly #watch: RtpengineWatch;
  readonly #sessions = new Map<string, RtpengineSession>();
  readonly #polling: Polling;
  #totals: Totals = totalsOf(null);

  /** @param forbidden whether media must never go to an address that an SDP names */
  constructor(pool: RtpenginePool, settings: SettingRow['media'], forbidden: (address: string) => boolean, watch: RtpengineWatch) {
    this.#pool = pool;
    this.#forbidden = forbidden;
    this.#watch = watch;
    this.#polling = new Polling(this.#sessions, pool, settings.idleMs, {
      polled: (session, figures) => this.#count(session, figures),
      ends: (session, why) => this.#finish(session, why),
      silent: ({ id, callId }, side) => watch.silent(id, side, callId),
    });
    pool.configure(settings.rtpengines);
  }

  /** Takes other settings; sessions stay where they are. */
  configure(settings: SettingRow['media']): void {
    this.#polling.idleMs = settings.idleMs;
    this.#pool.configure(settings.rtpengines);
    this.#pool.prune(this.#polling.perInstance());
  }

  /** Takes up sessions of a former process. */
  restore(records: readonly RtpengineRecord[]): void {
    for (const record of records) this.#sessions.set(record.session, new RtpengineSession(record.session, record.callId, record));
  }

  get size(): number {
    return this.#sessions.size;
  }

  has(session: string): boolean {
    return this.#sessions.has(session);
  }

  pass(passage: SdpPassage, done: (outcome: PassageOutcome) => void): void {
    const sdp = scanSdp(passage.sdp);
    if (sdp === null || sdp.media.length === 0) {
      done(malformed);
      return;
    }
    let session = this.#sessions.get(passage.session);
    if (session === undefined) {
      const begins = beginsSession(passage);
      if (!begins || this.#sessions.size >= maxSessions) {
        done(begins ? tooMany : unknownSession);
        return;
      }
      session = new RtpengineSession(passage.session, passage.callId);
      this.#sessions.set(passage.session, session);
    }
    const mine = session;
    const dueMs = performance.now() + passageTimeoutMs;
    const queued = mine.enqueue((next) => {
      const exchange = mine.forks.exchangeOf(passage);
      this.#attempt(mine, { passage, sdp, exchange, tried: new Set(), dueMs, done: (outcome) => {
        done(outcome);
        next();
      } });
    });
    if (!queued) done(noEngine);
  }

  answered(session: string, calleeTag: string): void {
    const mine = this.#sessions.get(session);
    if (mine === undefined) return;
    mine.enqueueLast((next) => {
      this.#tellAgain(mine, mine.forks.answeredWithout(calleeTag), next);
      this.#watch.changed(mine.record);
    });
  }

  /** rtpengine knows no way back: ports of the offer stay with its call, and where the side is, it learns again. */
  rejected(session: string, calleeTag: string, fromCaller: boolean): void {
    const mine = fromCaller ? undefined : this.#sessions.get(session);
    mine?.enqueueLast((next) => {
      mine.forks.rejected(calleeTag);
      this.#watch.changed(mine.record);
      next();
    });
  }

  end(session: string, calleeTag: string): void {
    const mine = this.#sessions.get(session);
    if (mine === undefined) return;
    const left = calleeTag === '' ? 'ends' : mine.forks.left(calleeTag);
    if (left === 'ends') {
      this.#finish(mine, 'call');
      return;
    }
    mine.enqueueLast((next) => this.#tellAgain(mine, left, next));
    this.#watch.changed(mine.record);
  }

  figures(session: string): SessionFigures | null {
    const mine = this.#sessions.get(session);
    return mine === undefined ? null : mine.figures ?? { session, streams: [] };
  }

  /** Of all sessions since this process began, as far as they were asked for. */
  get totals(): Totals {
    return this.#totals;
  }

  /** The pool as it stands, for people. */
  states(): RtpengineReport[] {
    return this.#pool.states(this.#polling.perInstance());
  }

  /** Sessions and instances are left alone: the next process takes them up. */
  close(): void {
    this.#polling.close();
    this.#pool.close();
  }

  #attempt(session: RtpengineSession, attempt: Attempt): void {
    const { passage, sdp, exchange, tried, dueMs, done } = attempt;
    const instance = this.#instanceFor(session, attempt);
    if (instance === null || dueMs - performance.now() < answerMs) {
      this.#giveUp(session, noEngine, done);
      return;
    }
    this.#pool.request(instance, passageFields(passage, exchange, trustsSdp(sdp, passage, this.#forbidden)), (answer) => {
      const verdict = answer.ok ? readVerdict(answer.value) : ({ t: 'silent' } as const);
      if (verdict.t === 'edited') this.#took(session, instance, attempt, verdict);
      else if (verdict.t === 'silent' || verdict.t === 'full') {
        tried.add(instance);
        // It may have made the call before it fell silent.
        if (verdict.t === 'silent' && !session.forks.answered) this.#pool.request(instance, deleteFields(session.id), () => undefined);
        if (exchange === 'offer' && this.#instanceFor(session, attempt) !== null) this.#attempt(session, attempt);
        else this.#giveUp(session, verdict.t === 'full' ? { t: 'refused', why: verdict.why } : noEngine, done);
      } else if (verdict.t === 'lost') {
        this.#finish(session, 'lost');
        done(noEngine);
      } else {
        this.#giveUp(session, verdict, done);
      }
    });
  }

  /** An answer belongs where the offer was made; an offer goes elsewhere when the instance is down. */
  #instanceFor(session: RtpengineSession, { exchange, tried }: Attempt): string | null {
    const { instance } = session;
    if (instance !== '' && !tried.has(instance) && (exchange === 'answer' || !this.#pool.isDown(instance))) return instance;
    return exchange === 'answer' ? null : this.#pool.choose(tried);
  }

  #took(session: RtpengineSession, instance: string, { passage, exchange, done }: Attempt, outcome: PassageOutcome): void {
    session.instance = instance;
    session.begun = true;
    const again = session.forks.passed(passage, exchange);
    if (this.#sessions.get(session.id) === session) this.#watch.changed(session.record);
    this.#tellAgain(session, again, () => done(outcome));
  }

  /** A session that never began ends with its offer, also at the instance. */
  #giveUp(session: RtpengineSession, outcome: PassageOutcome, done: (outcome: PassageOutcome) => void): void {
    if (!session.begun && this.#sessions.get(session.id) === session) this.#sessions.delete(session.id);
    done(outcome);
  }

  /** Media goes to that callee again; what rtpengine makes of its SDP is known already. */
  #tellAgain(session: RtpengineSession, said: Said | null, next: () => void): void {
    const sdp = said === null ? null : scanSdp(said.passage.sdp);
    if (said === null || sdp === null) next();
    else this.#pool.request(session.instance, passageFields(said.passage, said.exchange, trustsSdp(sdp, said.passage, this.#forbidden)), next);
  }

  #finish(session: RtpengineSession, why: EndReason): void {
    if (this.#sessions.get(session.id) !== session) return;
    this.#sessions.delete(session.id);
    session.enqueueLast((next) => {
      const ended = (): void => {
        if (session.begun) this.#watch.ended(session.id, why, session.callId, session.figures);
        next();
      };
      if (!session.begun || why === 'lost') ended();
      else {
        this.#pool.request(session.instance, deleteFields(session.id), (answer) => {
          if (answer.ok && answer.value.has('tags')) this.#count(session, readFigures(session.id, answer.value, Date.now() / 1_000));
          ended();
        });
      }
    });
  }

  #count(session: RtpengineSession, figures: SessionFigures): void {
    const [before, now, sum] = [totalsOf(session.figures), totalsOf(figures), this.#totals];
    // At another instance a session begins at nothing again.
    const grown = (of: (totals: Totals) => number): number => of(sum) + Math.max(0, of(now) - of(before));
    this.#totals = { packets: grown(({ packets }) => packets), bytes: grown(({ bytes }) => bytes), strangers: grown(({ strangers }) => strangers) };
    session.figures = figures;
  }
}

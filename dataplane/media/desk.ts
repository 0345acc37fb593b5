/** Who serves which session inside of a media thread: engines by turns of preference, and what SIP workers ask of them. */
import type { SessionEngine } from './engine.ts';
import type { SessionFigures } from './figures.ts';
import type { MediaAsk, MediaReply } from './messages.ts';
import type { PassageOutcome } from './passage.ts';

export class MediaDesk {
  /** The first one takes new sessions; the others have some of a former process that worked otherwise. */
  readonly #engines: readonly SessionEngine[];
  readonly #fault: (where: string, error: unknown) => void;

  constructor(engines: readonly SessionEngine[], fault: (where: string, error: unknown) => void) {
    this.#engines = engines;
    this.#fault = fault;
  }

  get sessions(): number {
    return this.#engines.reduce((sum, engine) => sum + engine.size, 0);
  }

  /** @param reply takes the answer to a passage */
  take(ask: MediaAsk, reply: (answer: MediaReply) => void): void {
    try {
      if (ask.t === 'pass') this.#pass(ask.n, ask, reply);
      else if (ask.t === 'answered') this.#serving(ask.session)?.answered(ask.session, ask.calleeTag);
      else if (ask.t === 'rejected') this.#serving(ask.session)?.rejected(ask.session, ask.calleeTag, ask.fromCaller);
      else this.#serving(ask.session)?.end(ask.session, ask.calleeTag, ask.declined);
    } catch (error) {
      this.#fault(ask.t, error);
      if (ask.t === 'pass') reply({ n: ask.n, outcome: { t: 'refused', why: 'engine' } });
    }
  }

  #pass(n: number, { passage }: Extract<MediaAsk, { t: 'pass' }>, reply: (answer: MediaReply) => void): void {
    const engine = this.#serving(passage.session) ?? this.#engines[0];
    const done = (outcome: PassageOutcome): void => reply({ n, outcome });
    if (engine === undefined) done({ t: 'untouched', why: 'no engine' });
    else engine.pass(passage, done);
  }

  figures(sessions: readonly string[]): SessionFigures[] {
    return sessions.flatMap((session) => this.#serving(session)?.figures(session) ?? []);
  }

  #serving(session: string): SessionEngine | undefined {
    return this.#engines.find((engine) => engine.has(session));
  }
}

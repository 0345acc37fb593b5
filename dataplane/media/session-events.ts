/** What an operator hears of sessions that go wrong, whoever serves them: one of a kind a second, with how many more there were. */
import type { Clock } from '../runtime/clock.ts';
import { Thinned } from '../runtime/thinned.ts';
import type { EndReason } from './engine.ts';
import type { Journal, JournalRecord } from './journal.ts';
import type { MediaEvent } from './messages.ts';
import type { Side } from './relay.ts';

/** What every engine is watched by: the journal for the next process, and the operator's events. */
export const watchSessions = <R extends JournalRecord>(journal: Journal<R>, events: SessionEvents) => ({
  changed: (record: R): void => journal.changed(record),
  ended: (session: string, why: EndReason, callId: string): void => {
    journal.ended(session);
    if (why === 'idle') events.idle(session, callId);
    if (why === 'lost') events.lost(session, callId);
  },
  silent: (session: string, side: Side, callId: string): void => events.silent(session, side, callId),
  circles: (session: string, side: Side, callId: string): void => events.circles(session, side, callId),
});

/** Characters shown of a Call-ID. */
const callIdLength = 128;

export class SessionEvents {
  readonly #event: (event: MediaEvent) => void;
  readonly #idle: Thinned;
  readonly #lost: Thinned;
  readonly #silent: Thinned;
  readonly #circles: Thinned;

  constructor(event: (event: MediaEvent) => void, clock: Clock) {
    this.#event = event;
    this.#idle = new Thinned(clock);
    this.#lost = new Thinned(clock);
    this.#silent = new Thinned(clock);
    this.#circles = new Thinned(clock);
  }

  /** An answered call ended, as no packet came. */
  idle(session: string, callId: string): void {
    this.#tell(this.#idle, 'media.idle', session, callId, 'the media of a call has ended: no packet came from either side');
  }

  lost(session: string, callId: string): void {
    this.#tell(this.#lost, 'media.idle', session, callId, 'the media of a call has ended: its engine has it no more (an rtpengine restarted or timed it out; after a restart of the node its ports or what was written down of it were gone)');
  }

  silent(session: string, side: Side, callId: string): void {
    this.#tell(this.#silent, 'media.silent', session, callId, `no media comes from the ${side} of a call, while the other side sends`);
  }

  circles(session: string, side: Side, callId: string): void {
    this.#tell(this.#circles, 'media.circle', session, callId, `packets went round between calls that were connected directly: nothing more goes to the ${side} of a call until its SDP names another place`);
  }

  #tell(thinned: Thinned, kind: MediaEvent['kind'], session: string, callId: string, what: string): void {
    const shown = callId.slice(0, callIdLength);
    thinned.note((more) => this.#event({ kind, subject: session, text: `${what} (Call-ID ${shown}${more === 0 ? '' : `; and ${more} others`})`, detail: { session, callId: shown, more } }));
  }
}

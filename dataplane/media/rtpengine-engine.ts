/** A pool of rtpengines as the engine of a media thread. */
import { monotonicClock } from '../runtime/clock.ts';
import { Journal } from './journal.ts';
import type { MediaEvent, MediaSetup } from './messages.ts';
import { RtpenginePool } from './rtpengine/pool.ts';
import { RtpengineSessions } from './rtpengine/rtpengine-sessions.ts';
import { isRtpengineRecord, type RtpengineRecord } from './rtpengine/session.ts';
import { SessionEvents, watchSessions } from './session-events.ts';

export class RtpengineEngine {
  readonly sessions: RtpengineSessions;
  readonly #journal: Journal<RtpengineRecord>;

  /**
   * Opens it and takes up the sessions of a former process.
   * @param forbidden whether media must never go to an address
   * @param fault hears of what fails without harm to the rest
   */
  constructor(setup: MediaSetup, forbidden: (address: string) => boolean, event: (event: MediaEvent) => void, fault: (where: string, error: unknown) => void) {
    const journal = new Journal(`${setup.journal}-rtpengine.jsonl`, isRtpengineRecord, (error) => fault('journal', error));
    this.#journal = journal;
    // Every thread has a pool of its own; one voice is enough, and none where nobody needs the pool.
    const tell = (one: MediaEvent): void => { if (setup.thread === 0 && (setup.engine === 'rtpengine' || this.sessions.size > 0)) event(one); };
    const pool = new RtpenginePool({
      up: (address) => tell({ kind: 'rtpengine.up', subject: address, text: `rtpengine ${address} answers`, detail: { address } }),
      down: (address, reason) => tell({ kind: 'rtpengine.down', subject: address, text: `rtpengine ${address} is down: ${reason}`, detail: { address, reason } }),
    });
    this.sessions = new RtpengineSessions(pool, setup.settings, forbidden, watchSessions(journal, new SessionEvents(event, monotonicClock)));
    this.sessions.restore(journal.records);
  }

  close(): void {
    this.sessions.close();
    this.#journal.close();
  }
}

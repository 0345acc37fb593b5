/** The engine of a media thread whose node leaves media to a pool of rtpengines. */
import { ForbiddenTargets } from '../../proxy/forbidden-targets.ts';
import type { Engines } from '../engines.ts';
import { Journal } from '../journal.ts';
import type { MediaEvent, MediaSetup } from '../messages.ts';
import { RtpenginePool } from './pool.ts';
import { RtpengineSessions } from './rtpengine-sessions.ts';
import { isRtpengineRecord } from './session.ts';

/**
 * Takes up the sessions that the journal has: their media went on without us.
 * @param fault hears of what fails without harm to the rest
 */
export function openRtpengine(setup: MediaSetup, event: (event: MediaEvent) => void, fault: (where: string, error: unknown) => void): Engines {
  const forbidden = new ForbiddenTargets(setup.forbidden, setup.places, setup.interfaces);
  const journal = new Journal(setup.journal, isRtpengineRecord, (error) => fault('journal', error));
  // Each thread looks for itself, one speaks for the node.
  const tell = (kind: 'rtpengine.up' | 'rtpengine.down', address: string, text: string, detail: Readonly<Record<string, unknown>>): void => {
    if (setup.thread === 0) event({ kind, subject: address, text, detail: { address, ...detail } });
  };
  const pool = new RtpenginePool({
    up: (address) => tell('rtpengine.up', address, `rtpengine ${address} answers again`, {}),
    down: (address, reason) => tell('rtpengine.down', address, `rtpengine ${address} is down: ${reason}`, { reason }),
  });
  const sessions = new RtpengineSessions(pool, setup.settings, (address) => forbidden.findText(address) !== null, {
    changed: (record) => journal.changed(record),
    ended: (session, why) => {
      journal.ended(session);
      if (why === 'idle') event({ kind: 'media.idle', subject: session, text: `media session ${session} ended: no packet came from either side`, detail: { session } });
      if (why === 'lost') event({ kind: 'media.idle', subject: session, text: `media session ${session} ended: its rtpengine does not know it any more (restarted, or its own time-out)`, detail: { session } });
    },
    silent: (session, side) => event({ kind: 'media.silent', subject: session, text: `no media comes from the ${side} of media session ${session}, while the other side sends`, detail: { session, side } }),
  });
  sessions.restore(journal.records);
  return {
    name: 'rtpengine',
    sentence: '',
    serving: [sessions],
    configure: (settings) => sessions.configure(settings),
    state: () => ({
      engine: 'rtpengine', sentence: '', sessions: sessions.size, portsUsed: 0, portsFree: 0, kernelStreams: 0, ...sessions.totals, invalid: 0, rtpengines: sessions.states(),
    }),
    close: () => {
      sessions.close();
      journal.close();
      return Promise.resolve();
    },
  };
}

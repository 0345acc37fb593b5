/** The engines of a media thread, chosen by `SIGNALBOX_MEDIA` and by what this host can do. */
import type { SettingRow } from '../contract/rows.ts';
import { ForbiddenTargets } from '../proxy/forbidden-targets.ts';
import type { SessionEngine } from './engine.ts';
import { Journal } from './journal.ts';
import type { MediaEvent, MediaSetup, MediaState } from './messages.ts';
import { defaultHeldMs, RelaySessions } from './relay-sessions.ts';
import { openRtpengine } from './rtpengine/open.ts';
import { isSessionRecord } from './session-record.ts';
import { UserlandRelay } from './userland/relay.ts';

export interface Engines {
  readonly name: MediaState['engine'];
  /** Why it is not the wanted one, '' = it is. */
  readonly sentence: string;
  /** The first one takes new sessions. */
  readonly serving: readonly SessionEngine[];
  configure(settings: SettingRow['media']): void;
  state(): MediaState;
  /** @param keep what the kernel forwards goes on without this process */
  close(keep: boolean): Promise<void>;
}

const sweepMs = 2_000;
/** Sessions of a thread at a time: ports run out before. */
const maxSessions = 50_000;

/**
 * Opens the engines and takes up the sessions that the journal has.
 * @param fault hears of what fails without harm to the rest
 */
export async function openEngines(setup: MediaSetup, event: (event: MediaEvent) => void, fault: (where: string, error: unknown) => void): Promise<Engines> {
  if (setup.engine === 'rtpengine') return openRtpengine(setup, event, fault);
  const { rtp, settings } = setup;
  const now = (): number => performance.now();
  const forbidden = new ForbiddenTargets(setup.forbidden, setup.places, setup.interfaces);
  const journal = new Journal(setup.journal, isSessionRecord, (error) => fault('journal', error));
  const relay = new UserlandRelay({ ...rtp, bind: setup.bind }, null);
  const sessions = new RelaySessions(relay, { maxSessions, addresses: setup.addresses, forbidden: (address) => forbidden.findText(address) !== null, idleMs: settings.idleMs, heldMs: defaultHeldMs }, {
    changed: (record) => journal.changed(record),
    ended: (session, why) => {
      journal.ended(session);
      if (why === 'idle') event({ kind: 'media.idle', subject: session, text: `media session ${session} ended: no packet came from either side`, detail: { session } });
    },
    silent: (session, side) => event({ kind: 'media.silent', subject: session, text: `no media comes from the ${side} of media session ${session}, while the other side sends`, detail: { session, side } }),
  }, now);
  sessions.restore(journal.records);
  const swept = setInterval(() => sessions.sweep(), sweepMs);
  const alarm = new PortAlarm(event);

  return {
    name: 'worker',
    sentence: '',
    serving: [sessions],
    configure: (changed) => sessions.setIdleMs(changed.idleMs),
    state: () => {
      const status = relay.status();
      const used = status.ports.reduce((sum, ports) => sum + ports.inUse, 0);
      const free = status.ports.reduce((sum, ports) => sum + ports.pairs - ports.inUse - ports.resting, 0);
      alarm.note(status.exhausted, free);
      return {
        engine: 'worker', sentence: '', sessions: sessions.size, portsUsed: 2 * used, portsFree: 2 * free, kernelStreams: status.offloaded,
        packets: status.packetsIn, bytes: 0, strangers: status.strangers, invalid: status.invalid, rtpengines: [],
      };
    },
    close: () => {
      clearInterval(swept);
      journal.close();
      relay.close();
      return Promise.resolve();
    },
  };
}

/** Tells when calls are refused for want of ports, and when there are some again. */
class PortAlarm {
  readonly #event: (event: MediaEvent) => void;
  #refused = 0;
  #raised = false;

  constructor(event: (event: MediaEvent) => void) {
    this.#event = event;
  }

  /** @param refused how often ports were wanted in vain so far */
  note(refused: number, free: number): void {
    const more = refused - this.#refused;
    this.#refused = refused;
    if (more > 0 && !this.#raised) {
      this.#raised = true;
      this.#event({ kind: 'media.exhausted', subject: 'ports', text: 'no ports for media are left (SIGNALBOX_RTP): calls are refused, or go direct where the settings say so', detail: { refused: more, free } });
    } else if (more === 0 && this.#raised && free > 0) {
      this.#raised = false;
      this.#event({ kind: 'media.available', subject: 'ports', text: 'there are ports for media again', detail: { free } });
    }
  }
}

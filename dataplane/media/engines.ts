/** The engines of a media thread, chosen by `SIGNALBOX_MEDIA` and by what this host can do. */
import type { MediaEngine } from '../contract/media.ts';
import type { SettingRow } from '../contract/rows.ts';
import { ForbiddenTargets } from '../proxy/forbidden-targets.ts';
import type { SessionEngine } from './engine.ts';
import type { MediaEvent, MediaSetup, MediaState } from './messages.ts';
import { RelayEngine } from './relay-engine.ts';
import { RtpengineEngine } from './rtpengine-engine.ts';

export interface Engines {
  readonly name: MediaEngine;
  /** Why it is not the wanted one, '' = it is. */
  readonly sentence: string;
  /** The first one takes new sessions; the other may have some of a process that was told otherwise. */
  readonly serving: readonly SessionEngine[];
  configure(settings: SettingRow['media']): void;
  state(): MediaState;
  /** @param keep what the kernel forwards goes on without this process */
  close(keep: boolean): Promise<void>;
}

/**
 * Opens the engines and takes up the sessions of a former process.
 * @param fault hears of what fails without harm to the rest
 */
export async function openEngines(setup: MediaSetup, event: (event: MediaEvent) => void, fault: (where: string, error: unknown) => void): Promise<Engines> {
  const { engine: wanted } = setup;
  const targets = new ForbiddenTargets(setup.forbidden, setup.places, setup.interfaces);
  const forbidden = (address: string): boolean => targets.findText(address) !== null;
  const { engine: relay, sentence } = await RelayEngine.open(setup, forbidden, wanted === 'auto' || wanted === 'kernel', event, fault);
  const pool = new RtpengineEngine(setup, forbidden, event, fault);
  const name = wanted === 'rtpengine' ? 'rtpengine' : relay.kernel === null ? 'worker' : 'kernel';
  return {
    name,
    sentence,
    serving: wanted === 'rtpengine' ? [pool.sessions, relay.sessions] : [relay.sessions, pool.sessions],
    configure: (settings) => {
      relay.sessions.setIdleMs(settings.idleMs);
      pool.sessions.configure(settings);
    },
    state: () => {
      const own = relay.state();
      const { packets, strangers } = pool.sessions.totals;
      return {
        ...own, engine: wanted === 'rtpengine' ? 'rtpengine' : own.engine, sentence: sentence === '' ? own.sentence : sentence, sessions: own.sessions + pool.sessions.size, packets: own.packets + packets, strangers: own.strangers + strangers,
        rtpengines: pool.sessions.states(),
      };
    },
    close: async (keep) => {
      pool.close();
      await relay.close(keep);
    },
  };
}

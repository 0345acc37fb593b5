/** The engines of a media thread, chosen by `SIGNALBOX_MEDIA` and by what this host can do. */
import type { SettingRow } from '../contract/rows.ts';
import type { SessionEngine } from './engine.ts';
import type { MediaEvent, MediaSetup, MediaState } from './messages.ts';

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

export async function openEngines(_setup: MediaSetup, _event: (event: MediaEvent) => void, _fault: (where: string, error: unknown) => void): Promise<Engines> {
  return {
    name: 'worker', sentence: '', serving: [], configure: () => undefined, close: () => Promise.resolve(),
    state: () => ({ engine: 'worker', sentence: '', sessions: 0, portsUsed: 0, portsFree: 0, kernelStreams: 0, packets: 0, bytes: 0, strangers: 0, invalid: 0, rtpengines: [] }),
  };
}

/** What `/ready` says: whether calls that come now would find listeners, a configuration and destinations. PURE. */
import type { Clock } from './clock.ts';

/** A node that knows nothing of its destinations is ready after so long, whatever they answer. */
const firstProbesMs = 5_000;

export interface Ready {
  readonly ready: boolean;
  readonly text: string;
}

export class Readiness {
  readonly #clock: Clock;
  readonly #awaited: () => number;
  #listening = false;
  #configuredMs = -1;
  #probed = false;

  /** @param awaited destinations that no call can use before their first probe has ended */
  constructor(clock: Clock, awaited: () => number) {
    this.#clock = clock;
    this.#awaited = awaited;
  }

  /** The SIP listeners are open. */
  listens(): void {
    this.#listening = true;
  }

  /** The workers have a configuration. */
  configured(): void {
    if (this.#configuredMs < 0) this.#configuredMs = this.#clock.now();
  }

  /** @param rev of the configuration */
  state(rev: number): Ready {
    if (!this.#listening) return { ready: false, text: 'the SIP listeners are not open yet' };
    if (this.#configuredMs < 0) return { ready: false, text: 'no configuration yet: no control plane reached and none kept on disk' };
    const awaited = this.#probed ? 0 : this.#awaited();
    this.#probed ||= awaited === 0 || this.#clock.now() - this.#configuredMs >= firstProbesMs;
    return this.#probed ? { ready: true, text: `ready at revision ${rev}` } : { ready: false, text: `the first probes of destinations are under way: ${awaited} left` };
  }
}

/** Keeps up to date where the host names of destinations lead: apart from their probes, which a slow DNS server must not hold up. */
import type { Found, Reach } from '../dns/find-servers.ts';
import type { Wish } from '../dns/selection.ts';
import type { Watch } from './watch.ts';

export interface LocatingOptions {
  /** What the workers can send by. */
  readonly reach: Reach;
  /** Locates a host name. */
  readonly find: (wish: Wish, reach: Reach) => Promise<Found>;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** DNS has been asked about the destination; `moved` = its places are others than before. */
  onAsked(watch: Watch, moved: boolean): void;
  onFault(error: unknown): void;
}

export class Locating {
  private readonly options: LocatingOptions;

  constructor(options: LocatingOptions) {
    this.options = options;
  }

  /** Asks now if that is due, else sets the timer for it; nothing for a numeric destination and one that is not in use. */
  keep(watch: Watch): void {
    const { location } = watch;
    clearTimeout(watch.locateTimer);
    if (location === null || location.asking || !watch.located || this.over(watch)) return;
    const wait = Math.max(0, location.dueAtMs - this.options.now());
    if (wait === 0) this.ask(watch).catch((error: unknown) => this.options.onFault(error));
    else watch.locateTimer = setTimeout(() => this.keep(watch), wait);
  }

  /** Asks if it is due, whether in use or not; resolves when DNS has answered or been silent for long enough. */
  async refresh(watch: Watch): Promise<void> {
    if (watch.location !== null && this.options.now() >= watch.location.dueAtMs) await this.ask(watch);
  }

  private async ask(watch: Watch): Promise<void> {
    const { location } = watch;
    if (location === null) return;
    location.asking = true;
    const found = await this.options.find(location.wish, this.options.reach);
    location.asking = false;
    if (!this.over(watch)) this.options.onAsked(watch, location.take(found, this.options.now()));
  }

  private over(watch: Watch): boolean {
    return watch.retired || this.options.signal.aborted;
  }
}

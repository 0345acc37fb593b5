/** What the prober keeps of one destination, and when it looks at it next. */
import type { HealthReason, HealthState } from '../contract/health.ts';
import type { Destination } from '../routing/destination.ts';
import type { DispatcherSet } from '../routing/dispatcher-set.ts';
import { wishOf } from '../dns/selection.ts';
import type { Latency } from './latency.ts';
import { noLatency } from './latency.ts';
import { Location } from './location.ts';
import { isStale, newHealth, wantsProbes } from './machine.ts';
import type { HealthRecord } from './machine.ts';
import type { ProbeResult } from './probe.ts';

/** Health worth keeping over a restart; only good for the same id with the same URI. */
export interface SavedHealth {
  readonly id: number;
  readonly uri: string;
  readonly state: HealthState;
  readonly reason: HealthReason;
  readonly sinceMs: number;
}

/** While a destination is not up it is probed at least this often. */
export const fastIntervalMs = 2_000;
/** The same after failed calls, and never more often than this. */
export const hurriedIntervalMs = 1_000;

export class Watch {
  destination: Destination;
  set: DispatcherSet;
  health: HealthRecord;
  latency: Latency = noLatency;
  /** Epoch milliseconds of the last probe's end, 0 = none since it appeared or was enabled. */
  lastProbeMs = 0;
  /** Epoch milliseconds since when it takes calls (again), for slow start; 0 = it did so before this process. */
  upSinceMs: number;
  /** null = a numeric destination. */
  readonly location: Location | null;
  locateTimer: NodeJS.Timeout | undefined = undefined;
  timer: NodeJS.Timeout | undefined = undefined;
  /** The destination is gone or another by now: results count no more. */
  retired = false;
  /** Probe even when no probe is due. */
  asked = false;
  /** Something speaks for an early look: failed calls, an operator's word. */
  hurried = false;
  readonly waiters: ((result: ProbeResult) => void)[] = [];

  constructor(destination: Destination, set: DispatcherSet, saved: SavedHealth | undefined, nowMs: number) {
    this.destination = destination;
    this.set = set;
    this.location = locationOf(destination);
    const fresh = newHealth(nowMs);
    const known = saved !== undefined && saved.uri === destination.uri && !isStale(saved, set.row.probing);
    this.health = known ? { ...fresh, state: saved.state, reason: saved.reason, sinceMs: saved.sinceMs } : fresh;
    this.upSinceMs = known ? 0 : nowMs;
  }

  /** Whether regular probes go to it: never to what is disabled or cannot be reached at all. */
  get probed(): boolean {
    return this.destination.routable && this.destination.row.admin !== 'disabled' && wantsProbes(this.health.state, this.set.row.probing.mode);
  }

  /** Whether no call can use it before its first probe has ended. */
  get awaited(): boolean {
    return this.lastProbeMs === 0 && this.health.state === 'unknown' && !this.set.usesUnknown && this.probed;
  }

  /** Whether where its host name leads is kept up to date, even without probes. */
  get located(): boolean {
    return this.location !== null && this.destination.routable && this.destination.row.admin !== 'disabled';
  }

  /** Milliseconds until it is looked at next, Infinity = not at all. `random` in [0, 1) spreads regular probes by 10 %. */
  delayMs(nowMs: number, random: number): number {
    // Nobody can be probed whose place is not known yet.
    if (!this.probed || this.location?.asked === false) return Infinity;
    if (this.lastProbeMs === 0) return 0;
    const { intervalMs } = this.set.row.probing;
    const wait = this.hurried ? Math.min(intervalMs, hurriedIntervalMs)
      : this.health.state === 'up' ? intervalMs : Math.min(intervalMs, fastIntervalMs);
    return Math.max(0, this.lastProbeMs + wait * (0.9 + 0.2 * random) - nowMs);
  }

  /** Ends its timers. */
  stop(): void {
    clearTimeout(this.timer);
    clearTimeout(this.locateTimer);
  }

  /** Tells all who asked for a probe. */
  answer(result: ProbeResult): void {
    for (const waiter of this.waiters.splice(0)) waiter(result);
  }
}

function locationOf({ target }: Destination): Location | null {
  if (target === null || target.family !== 0) return null;
  const wish = wishOf(target.host, target.port, target.transportNamed ? target.transport : '', target.scheme === 'sips');
  return wish === null ? null : new Location(wish);
}

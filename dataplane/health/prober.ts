/**
 * Watches destinations from the main thread: OPTIONS probes, host names, outcomes of calls. Feeds the health machine,
 * writes the board, tells what changed. Timers and sockets belong to it and end with `close`.
 */
import { randomBytes } from 'node:crypto';
import type { DestinationHealth, HealthReason, HealthState } from '../contract/health.ts';
import { err, ok } from '../contract/result.ts';
import type { Result } from '../contract/result.ts';
import type { Located, LocatedTransport } from '../transport/locate.ts';
import { Table } from '../routing/table.ts';
import type { Destination } from '../routing/destination.ts';
import type { DispatcherSet } from '../routing/dispatcher-set.ts';
import type { ConfigView } from '../routing/view.ts';
import type { HealthBoard } from './board.ts';
import { addLatency } from './latency.ts';
import { isStale, stepHealth } from './machine.ts';
import type { HealthEvent } from './machine.ts';
import type { ProbeResult, ProbeRun, ProbeSource, ProbeTls } from './probe.ts';
import { ProbeLine } from './probe-line.ts';
import { probeStream } from './probe-stream.ts';
import { probeUdp } from './probe-udp.ts';
import { Locating } from './locating.ts';
import type { LocatingOptions } from './locating.ts';
import { Watch } from './watch.ts';
import type { SavedHealth } from './watch.ts';

export interface HealthChange {
  readonly destinationId: number;
  readonly setId: number;
  readonly uri: string;
  readonly from: HealthState;
  readonly to: HealthState;
  readonly reason: HealthReason;
  /** The reply that decided, or the probe that stayed without one; '' when no packet was involved. */
  readonly lastPacket: string;
  readonly atMs: number;
}

/** How an attempt of a call at a destination ended: answered, no answer, 503, could not be sent. */
export type CallOutcome = 'ok' | 'timeout' | 'unavailable' | 'transport';

export interface ProberOptions extends Pick<LocatingOptions, 'reach' | 'find'> {
  readonly board: HealthBoard;
  /** Where calls to destinations leave by, per transport and family; null = no such listener. */
  readonly advertised: Readonly<Partial<Record<`${LocatedTransport}${4 | 6}`, ProbeSource | null>>>;
  readonly userAgent: string;
  /** How to shake hands with destinations over TLS, as it stands now. */
  readonly tls: () => ProbeTls;
  onChange(change: HealthChange): void;
  /** A bug or a system fault in here; the prober goes on. */
  onFault(error: unknown): void;
  readonly initial?: readonly SavedHealth[];
  /** Epoch milliseconds. */
  readonly nowMs?: () => number;
  readonly random?: () => number;
  /** Probes under way at once; more wait in line. */
  readonly maxInFlight?: number;
}

const runs: Readonly<Record<LocatedTransport, ProbeRun>> = { udp: probeUdp, tcp: probeStream, tls: probeStream };
const givenUp: ProbeResult = { outcome: 'timeout', code: 0, detail: 'given up', latencyMs: -1, address: '', lastPacket: '' };

export class Prober {
  private readonly options: ProberOptions;
  private readonly now: () => number;
  private readonly random: () => number;
  private readonly initial: Map<number, SavedHealth>;
  private readonly watches = new Map<number, Watch>();
  private readonly line: ProbeLine<Watch>;
  private readonly locating: Locating;
  private readonly abort = new AbortController();
  private sets: Table<number, DispatcherSet> = Table.empty();
  private paused = false;

  constructor(options: ProberOptions) {
    this.options = options;
    this.now = options.nowMs ?? Date.now;
    this.random = options.random ?? Math.random;
    this.line = new ProbeLine(options.maxInFlight ?? 64, (watch) => this.look(watch));
    this.locating = new Locating({
      reach: options.reach, find: options.find, now: this.now, signal: this.abort.signal,
      onAsked: (watch, moved) => this.located(watch, moved), onFault: (error) => options.onFault(error),
    });
    this.initial = new Map((options.initial ?? []).map((entry) => [entry.id, entry]));
  }

  /** Takes a new configuration in; looks only at the sets that changed. Health stays with a destination's id and URI. */
  apply(view: ConfigView): void {
    if (this.abort.signal.aborted) return;
    const touched = new Set<number>();
    view.tables.sets.changesSince(this.sets, (_id, was, is) => {
      for (const destination of was?.destinations ?? []) touched.add(destination.id);
      for (const destination of is?.destinations ?? []) touched.add(destination.id);
    });
    this.sets = view.tables.sets;
    const gone = [...touched].filter((id) => view.destination(id) === null);
    for (const id of gone) this.retire(id);
    this.options.board.release(gone);
    const present = [...touched].filter((id) => view.destination(id) !== null);
    this.options.board.assign(present);
    for (const id of present) this.take(view, id);
  }

  /** Takes in how an attempt of a call ended; `detail` for people. */
  passive(destinationId: number, outcome: CallOutcome, detail = ''): void {
    const watch = this.watches.get(destinationId);
    if (watch === undefined) return;
    if (outcome === 'ok') {
      this.feed(watch, { kind: 'passive-ok' }, '');
      return;
    }
    const text = { timeout: 'calls time out', unavailable: 'calls are answered 503', transport: 'calls cannot be sent' }[outcome];
    this.feed(watch, { kind: 'passive-failure', detail: detail === '' ? text : `${text}: ${detail}` }, '');
    // A second opinion soon instead of at the end of the interval.
    watch.hurried = true;
    this.schedule(watch);
  }

  /** Probes at once, whatever the schedule, pause or admin state say. The result counts like any other. */
  probeNow(destinationId: number): Promise<Result<ProbeResult, 'unknown-destination' | 'unroutable' | 'closed'>> {
    const watch = this.watches.get(destinationId);
    if (this.abort.signal.aborted) return Promise.resolve(err('closed'));
    if (watch === undefined) return Promise.resolve(err('unknown-destination'));
    if (!watch.destination.routable) return Promise.resolve(err('unroutable'));
    return new Promise((resolve) => {
      watch.waiters.push((result) => resolve(ok(result)));
      watch.asked = true;
      this.line.add(watch, true);
    });
  }

  /** The operator sets the state; counting starts again. */
  override(destinationId: number, to: HealthState, detail: string): void {
    const watch = this.watches.get(destinationId);
    if (watch === undefined) return;
    this.feed(watch, { kind: 'operator', to, detail }, '');
    watch.hurried = true;
    this.schedule(watch);
  }

  /** Stops regular probes (a standby node) or takes them up again. Calls' outcomes and `probeNow` still count. */
  pause(on: boolean): void {
    this.paused = on;
    for (const watch of this.watches.values()) {
      if (on && !watch.asked) this.line.remove(watch);
      this.schedule(watch);
    }
  }

  /** Destinations that no call can use before their first probe has ended; none while probes are paused. */
  get awaited(): number {
    let count = 0;
    if (!this.paused) for (const watch of this.watches.values()) if (watch.awaited) count += 1;
    return count;
  }

  /** Health of every destination, as a report carries it. */
  snapshot(): DestinationHealth[] {
    return [...this.watches.values()].map((watch) => ({
      id: watch.destination.id,
      state: watch.health.state,
      reason: watch.health.reason,
      sinceMs: watch.health.sinceMs,
      lastProbeMs: watch.lastProbeMs,
      latencyMs: watch.latency,
      calls: this.options.board.calls(watch.destination.id),
    }));
  }

  /** What to give to the next process as `initial`. */
  saved(): SavedHealth[] {
    return [...this.watches.values()].map(({ destination, health }) => ({
      id: destination.id, uri: destination.uri, state: health.state, reason: health.reason, sinceMs: health.sinceMs,
    }));
  }

  /** Gives up what is under way and ends every timer and socket. */
  async close(): Promise<void> {
    this.abort.abort();
    for (const watch of this.watches.values()) watch.stop();
    await this.line.close();
    for (const watch of this.watches.values()) watch.answer(givenUp);
  }

  private take(view: ConfigView, id: number): void {
    const destination = view.destination(id);
    const set = destination === null ? null : view.set(destination.setId);
    if (destination === null || set === null) return;
    const before = this.watches.get(id);
    if (before !== undefined && isSamePlace(before.destination, destination)) {
      const enabled = before.destination.row.admin === 'disabled' && destination.row.admin !== 'disabled';
      if (before.destination.row.admin !== 'enabled' && destination.row.admin === 'enabled') before.upSinceMs = this.now();
      before.destination = destination;
      before.set = set;
      if (enabled) before.lastProbeMs = 0;
      if (isStale(before.health, set.row.probing)) this.feed(before, { kind: 'operator', to: 'unknown', detail: 'probing was switched off' }, '');
      this.show(before);
      this.schedule(before);
      return;
    }
    this.retire(id);
    const watch = new Watch(destination, set, this.initial.get(id), this.now());
    this.initial.delete(id);
    this.watches.set(id, watch);
    if (before !== undefined) this.options.board.setServers(id, []);
    this.show(watch);
    this.schedule(watch);
  }

  private retire(id: number): void {
    const watch = this.watches.get(id);
    if (watch === undefined) return;
    watch.retired = true;
    watch.stop();
    this.watches.delete(id);
    if (!this.line.isWaiting(watch)) return;
    this.line.remove(watch);
    watch.answer(givenUp);
  }

  private schedule(watch: Watch): void {
    clearTimeout(watch.timer);
    this.locating.keep(watch);
    if (this.paused || this.abort.signal.aborted || watch.retired || this.line.has(watch)) return;
    const delay = watch.delayMs(this.now(), this.random());
    if (delay === 0) this.line.add(watch, false);
    else if (delay !== Infinity) watch.timer = setTimeout(() => this.line.add(watch, false), delay);
  }

  private located(watch: Watch, moved: boolean): void {
    if (moved) {
      this.options.board.setServers(watch.destination.id, watch.location?.order ?? []);
      // Other places: what is known of the former ones says nothing of them.
      watch.hurried = true;
    }
    this.schedule(watch);
  }

  /** One turn of a destination in the line; never rejects. */
  private async look(watch: Watch): Promise<void> {
    clearTimeout(watch.timer);
    const { asked } = watch;
    const waiters = watch.waiters.splice(0);
    watch.asked = false;
    watch.hurried = false;
    let result = givenUp;
    try {
      result = await this.probe(watch, asked);
    } catch (error) {
      this.options.onFault(error);
    }
    for (const waiter of waiters) waiter(result);
    setImmediate(() => {
      if (watch.asked && !this.abort.signal.aborted) this.line.add(watch, true);
      else this.schedule(watch);
    });
  }

  /** Probes every place of a destination at the same time; it is as good as the best of them. */
  private async probe(watch: Watch, asked: boolean): Promise<ProbeResult> {
    if (!asked && !watch.probed) return givenUp;
    const { location } = watch;
    if (asked) await this.locating.refresh(watch);
    const places = location === null ? placeOf(watch.destination) : location.places;
    const results = await Promise.all(places.map((place) => this.probeAt(watch, place)));
    if (watch.retired || this.abort.signal.aborted) return results[0] ?? givenUp;
    const { codes } = watch.set.row.probing;
    const good = (result: ProbeResult): boolean => result.outcome === 'reply' && codes.includes(result.code);
    if (location !== null && location.note(results.map(good), places)) this.options.board.setServers(watch.destination.id, location.order);
    const result = results.find(good) ?? results.find(({ outcome }) => outcome === 'reply') ?? results[0] ?? { ...givenUp, outcome: 'dns', detail: location?.fault ?? '' };
    this.conclude(watch, result);
    return result;
  }

  private probeAt(watch: Watch, { transport, family, address, port, serverName }: Located): Promise<ProbeResult> {
    const { probing } = watch.set.row;
    const { uri, attrs } = watch.destination;
    return runs[transport]({
      uri, transport, family, address, port, serverName,
      timeoutMs: probing.timeoutMs, from: attrs.pingFrom || probing.from, userAgent: this.options.userAgent,
      token: randomBytes(9).toString('base64url'), source: this.options.advertised[`${transport}${family}`] ?? null,
      tls: transport === 'tls' ? this.options.tls() : null,
    }, this.abort.signal);
  }

  private conclude(watch: Watch, result: ProbeResult): void {
    watch.lastProbeMs = this.now();
    if (result.outcome === 'reply') watch.latency = addLatency(watch.latency, result.latencyMs);
    this.feed(watch, eventOf(result, watch.set.row.probing.codes), result.lastPacket);
    this.show(watch);
  }

  private feed(watch: Watch, event: HealthEvent, lastPacket: string): void {
    const before = watch.health;
    const atMs = this.now();
    watch.health = stepHealth(before, event, watch.set.row.probing, atMs);
    if (watch.health.state === before.state) return;
    if (watch.health.state === 'up' && before.state !== 'probing') watch.upSinceMs = atMs;
    this.show(watch);
    this.options.onChange({
      destinationId: watch.destination.id, setId: watch.set.id, uri: watch.destination.uri,
      from: before.state, to: watch.health.state, reason: watch.health.reason, lastPacket, atMs,
    });
  }

  private show(watch: Watch): void {
    this.options.board.write(watch.destination.id, watch.health.state, watch.latency.last, watch.latency.avg, watch.upSinceMs);
  }
}

/** Health belongs to a URI and the way to it (`obproxy`). */
const isSamePlace = (a: Destination, b: Destination): boolean =>
  a.uri === b.uri && a.host === b.host && a.port === b.port && a.transport === b.transport && a.target?.scheme === b.target?.scheme;

function placeOf({ transport, family, host, port }: Destination): readonly Located[] {
  return family === 0 ? [] : [{ transport, family, address: host, port, serverName: '' }];
}

function eventOf(result: ProbeResult, codes: readonly number[]): HealthEvent {
  switch (result.outcome) {
    case 'reply': return codes.includes(result.code) ? { kind: 'probe-ok', code: result.code } : { kind: 'probe-code', code: result.code };
    case 'timeout': return { kind: 'probe-timeout' };
    case 'icmp': return { kind: 'icmp', detail: result.detail };
    case 'dns': return { kind: 'dns', detail: result.detail };
  }
}

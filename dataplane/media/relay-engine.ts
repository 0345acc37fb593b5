/** Our own engine in a media thread: sessions, ports and sockets, and the kernel where it can forward. */
import { isWildcard } from '../contract/address.ts';
import { monotonicClock } from '../runtime/clock.ts';
import { heldMs, maxSessions } from './engine.ts';
import { Journal } from './journal.ts';
import { KernelAlarm } from './kernel-alarm.ts';
import { KernelOffload } from './kernel/kernel-offload.ts';
import type { MediaEvent, MediaSetup, MediaState } from './messages.ts';
import { PortAlarm } from './port-alarm.ts';
import { familiesOf, type ByFamily } from './relay.ts';
import { RelaySessions } from './relay-sessions.ts';
import { isSessionRecord, type SessionRecord } from './session-record.ts';
import { SessionEvents, watchSessions } from './session-events.ts';
import { UserlandRelay } from './userland/relay.ts';
import type { RelayStatus } from './userland/settings.ts';

const sweepMs = 2_000;
const now = (): number => performance.now();

/** What of its state is the relay's. */
export type RelayState = Omit<MediaState, 'rtpengines'>;

export class RelayEngine {
  readonly sessions: RelaySessions;
  /** null = everything stays in userland. */
  readonly kernel: KernelOffload | null;
  readonly #relay: UserlandRelay;
  readonly #journal: Journal<SessionRecord>;
  readonly #alarm: PortAlarm;
  readonly #shareAlarm: PortAlarm;
  readonly #kernelAlarm: KernelAlarm;
  readonly #swept: NodeJS.Timeout;

  private constructor(setup: MediaSetup, forbidden: (address: string) => boolean, kernel: KernelOffload | null, event: (event: MediaEvent) => void, fault: (where: string, error: unknown) => void) {
    const journal = new Journal(`${setup.journal}-relay.jsonl`, isSessionRecord, (error) => fault('journal', error));
    this.kernel = kernel;
    this.#journal = journal;
    this.#alarm = new PortAlarm(event, 'ports', 'no ports for media are left (SIGNALBOX_RTP): calls are refused, or go direct where the settings say so', 'there are ports for media again');
    this.#shareAlarm = new PortAlarm(event, 'unproven', 'unproven callers (UDP from no trunk, destination or registered phone) hold their half of the ports for media without an answer: more of their calls are refused, or go direct where the settings say so', 'there are ports for media for unproven callers again');
    this.#kernelAlarm = new KernelAlarm(event);
    this.#relay = new UserlandRelay({ ...setup.rtp, bind: setup.bind }, kernel);
    this.sessions = new RelaySessions(this.#relay, {
      maxSessions, addresses: setup.addresses, ports: setup.range, local: localOf(setup.bind), forbidden, idleMs: setup.settings.idleMs, heldMs,
    }, watchSessions(journal, new SessionEvents(event, monotonicClock)), now);
    this.sessions.restore(journal.records);
    kernel?.releaseStrays();
    this.#swept = setInterval(() => this.sessions.sweep(), sweepMs);
  }

  /**
   * Opens it and takes up the sessions of a former process.
   * @param forbidden whether media must never go to an address
   * @param kernel whether streams may be left to the kernel
   * @param fault hears of what fails without harm to the rest
   * @returns the engine; the sentence says why the kernel does not forward, '' = it does or need not
   */
  static async open(setup: MediaSetup, forbidden: (address: string) => boolean, kernel: boolean, event: (event: MediaEvent) => void, fault: (where: string, error: unknown) => void): Promise<{ readonly engine: RelayEngine; readonly sentence: string }> {
    const started = kernel ? await KernelOffload.start({ node: setup.nodeName, thread: setup.thread, threads: setup.threads, ports: setup.rtp, families: familiesOf(setup.bind) }) : null;
    const engine = new RelayEngine(setup, forbidden, started?.ok === true ? started.value : null, event, fault);
    return { engine, sentence: started === null || started.ok ? '' : started.error };
  }

  state(): RelayState {
    const status = this.#relay.status();
    const { used, free, resting, unproven } = portsOf(status.ports);
    this.#alarm.note(status.exhausted, free);
    this.#shareAlarm.note(status.unprovenRefused, free);
    const kernel = this.kernel?.figures ?? null;
    if (kernel !== null) this.#kernelAlarm.note(kernel);
    return {
      engine: kernel === null || kernel.stopped ? 'worker' : 'kernel', sentence: kernel?.problem ?? '',
      sessions: this.sessions.size, portsUsed: used, portsFree: free, portsResting: resting, portsUnproven: unproven, unprovenRefused: status.unprovenRefused, kernelStreams: status.offloaded, packets: status.packetsIn + (this.kernel?.packets ?? 0), strangers: status.strangers, invalid: status.invalid,
    };
  }

  /** @param keep what the kernel forwards goes on without this process */
  async close(keep: boolean): Promise<void> {
    clearInterval(this.#swept);
    this.#journal.close();
    // Before the streams give their flows back.
    if (keep) await this.kernel?.close(true);
    this.#relay.close();
    if (!keep) await this.kernel?.close(false);
  }
}

/** A socket that is bound to all addresses is reached by the loopback, and from there: no NAT in front of this host has a part in that. */
const localOf = ({ v4, v6 }: ByFamily): ByFamily => ({ v4: isWildcard(v4) ? '127.0.0.1' : v4, v6: isWildcard(v6) ? '::1' : v6 });

/** Free are those of the family that has fewest left: calls fail by it. Resting ports are among them, as a burst may have them. */
export function portsOf(ports: RelayStatus['ports']): { readonly used: number; readonly free: number; readonly resting: number; readonly unproven: number } {
  const free = ports.map(({ pairs, inUse }) => pairs - inUse);
  const sum = (of: (use: RelayStatus['ports'][number]) => number): number => 2 * ports.reduce((total, use) => total + of(use), 0);
  return { used: sum(({ inUse }) => inUse), resting: sum(({ resting }) => resting), unproven: sum(({ unproven }) => unproven), free: free.length === 0 ? 0 : 2 * Math.min(...free) };
}

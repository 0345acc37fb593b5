/**
 * Streams that the kernel forwards. Their packets reach our sockets no more; RTCP, STUN and whatever else is not RTP from the
 * learned addresses still do. If anything takes elements away, packets come to the sockets again: media never depends on
 * what is known here.
 */
import type { RtpRange } from '../../media-setting.ts';
import { err, ok, type Result } from '../../contract/result.ts';
import { isSameFlow, noCounts, type Offload, type OffloadCounts, type OffloadFlow } from '../offload.ts';
import type { Family } from '../relay.ts';
import { pairElements } from './adoption.ts';
import { ChangeQueue, maxWaiting } from './change-queue.ts';
import { markOfSide } from './changes.ts';
import { CounterReading, type Reading } from './counter-reading.ts';
import { DeletionWatch } from './deletion-watch.ts';
import { Departures } from './departures.ts';
import type { CountedElement } from './element-reader.ts';
import { isEligible } from './eligible.ts';
import { FlowBook, type HeldFlow } from './flow-book.ts';
import { NftChannel } from './nft-channel.ts';
import { OwnAddresses } from './own-addresses.ts';
import { PassWatch } from './pass-watch.ts';
import { RuleKeeper } from './rule-keeper.ts';
import { selfTest } from './self-test.ts';
import { makeTable, removeTables, removeTable } from './table-life.ts';
import { tableName, tableScript } from './table.ts';

export interface KernelSettings {
  /** Name of the node, so that two nodes on one host have tables of their own. */
  readonly node: string;
  /** Which media thread, and how many there are: tables of threads that are no more are removed. */
  readonly thread: number;
  readonly threads: number;
  /** Ports of this thread. Nodes on one host must not share ports: marks are made of them. */
  readonly ports: RtpRange;
  /** Those that media is relayed in. */
  readonly families: readonly Family[];
}

/** A stream that a former process has left in the kernel. */
export interface AdoptedFlow {
  readonly number: number;
  readonly flow: OffloadFlow;
  readonly counts: OffloadCounts;
}

const packetsOf = ({ caller, callee }: OffloadCounts): number => caller.packets + callee.packets;

const keyOf = ({ session, stream }: OffloadFlow): string => `${session}/${stream}`;

export interface KernelFigures {
  readonly flows: number;
  /** Changes that the kernel has not heard of yet. */
  readonly waiting: number;
  /** Flows that the kernel did not take. */
  readonly refused: number;
  /** Flows put into the kernel again because somebody took them away. */
  readonly restored: number;
  /** How often rules of the table were put back that somebody had taken away. */
  readonly remade: number;
  /** Nothing more is taken, until the next start. */
  readonly stopped: boolean;
  /** One sentence on why nothing more is taken, or why the last refused flow was; '' = all is well. */
  readonly problem: string;
}

/** Counters are read so often at most, and never for more than a twentieth of the time. */
const readMs = 2_000;
const readShare = 20;

export class KernelOffload implements Offload {
  /** By session and stream. */
  readonly #adopted = new Map<string, AdoptedFlow>();
  readonly #settings: KernelSettings;
  readonly #table: string;
  readonly #book = new FlowBook();
  readonly #departures = new Departures();
  readonly #channel = new NftChannel();
  readonly #reading: CounterReading;
  readonly #queue: ChangeQueue;
  readonly #rules: RuleKeeper;
  readonly #watch: DeletionWatch;
  readonly #own = new OwnAddresses(() => performance.now());
  readonly #passing = new PassWatch();
  #timer: NodeJS.Timeout | null = null;
  #readings = 0;
  #restored = 0;
  #endedPackets = 0;
  #closed = false;
  /** Why nothing is taken any more. */
  #stopped = '';

  private constructor(settings: KernelSettings, table: string) {
    this.#settings = settings;
    this.#table = table;
    this.#reading = new CounterReading(table, settings.families, this.#channel);
    this.#queue = new ChangeQueue(table, tableScript(table, settings.ports), this.#channel);
    this.#rules = new RuleKeeper(table, settings.ports, this.#channel);
    this.#watch = new DeletionWatch(table, (element) => this.#departures.heard(element), () => this.#rules.doubt());
  }

  /**
   * Tests this host, makes the table or takes over the one that a former process has left, and reads what is in it.
   * @returns the offload, or one sentence on why the kernel cannot forward media here
   */
  static async start(settings: KernelSettings): Promise<Result<KernelOffload, string>> {
    const table = tableName(settings.node, settings.thread);
    const sentence = await selfTest(`${table}_test`, settings.ports, settings.families);
    if (sentence !== null) return err(sentence);
    const problem = await makeTable(table, settings.ports);
    if (problem !== '') return err(problem);
    await removeTables(settings.node, settings.threads);
    const offload = new KernelOffload(settings, table);
    const complaint = await offload.#adopt();
    if (complaint === '') return ok(offload);
    await offload.close(true);
    return err(`nft does not answer as it should (${complaint}): nftables 0.9.5 or later does`);
  }

  /** What a former process has left and nobody has taken up yet. */
  get adopted(): readonly AdoptedFlow[] {
    return [...this.#adopted.values()];
  }

  accepts(flow: OffloadFlow): boolean {
    if (this.#inherited(flow) !== null) return true;
    if (this.#stopped !== '' || this.#closed || this.#queue.waiting > maxWaiting || !isEligible(flow, this.#settings.ports)) return false;
    if (this.#book.meets(flow) || this.#departures.has(markOfSide(flow, 'caller')) || this.#departures.has(markOfSide(flow, 'callee'))) return false;
    const own = this.#own;
    return own.has(flow.caller.local.address) && own.has(flow.callee.local.address) && !own.has(flow.caller.remote.address) && !own.has(flow.callee.remote.address);
  }

  take(flow: OffloadFlow, done: (taken: boolean) => void): number {
    const inherited = this.#inherited(flow);
    if (inherited !== null) {
      this.#adopted.delete(keyOf(flow));
      setImmediate(done, true);
      return inherited.number;
    }
    if (!this.accepts(flow)) {
      setImmediate(done, false);
      return 0;
    }
    const held = this.#book.open(flow, performance.now());
    this.#put(held, (taken) => {
      if (!taken && this.#book.byNumber(held.number) === held) this.#book.close(held);
      done(taken);
    });
    return held.number;
  }

  release(flow: number, told: (counts: OffloadCounts) => void): void {
    const held = this.#book.byNumber(flow);
    if (held === null) {
      setImmediate(told, noCounts);
      return;
    }
    const done = (counts: OffloadCounts): void => {
      this.#endedPackets += packetsOf(counts);
      told(counts);
    };
    this.#book.close(held);
    if (held.state === 'lost' || (held.change !== null && !held.change.sent)) {
      if (held.change !== null) this.#queue.withdraw(held.change);
      setImmediate(done, held.counts);
      return;
    }
    this.#departures.begin(held, () => done(held.counts));
    this.#queue.put(false, held.flow, (problem) => this.#departures.deleted(held, problem !== ''));
  }

  counts(flow: number): { readonly counts: OffloadCounts; readonly readMs: number } | null {
    const held = this.#book.byNumber(flow);
    return held === null ? null : { counts: held.counts, readMs: held.readMs };
  }

  /** Packets that the kernel has forwarded since this process began, as last read back. */
  get packets(): number {
    let packets = this.#endedPackets;
    for (const { counts } of this.#book.all()) packets += packetsOf(counts);
    return packets;
  }

  get figures(): KernelFigures {
    return { flows: this.#book.size, waiting: this.#queue.waiting, refused: this.#queue.refused, restored: this.#restored, remade: this.#rules.remade, stopped: this.#stopped !== '', problem: this.#stopped === '' ? this.#queue.problem : this.#stopped };
  }

  /**
   * Ends nft's processes, after the changes that are under way.
   * @param keep the kernel goes on forwarding, for a later process; else the table is removed
   */
  async close(keep: boolean): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#queue.idle();
    if (!keep) await removeTable(this.#channel, this.#table);
    this.#channel.close();
    this.#watch.close();
  }

  /** What a former process has left of the very same flow: its packets go on as they are. */
  #inherited(flow: OffloadFlow): AdoptedFlow | null {
    const adopted = this.#closed ? undefined : this.#adopted.get(keyOf(flow));
    return adopted !== undefined && isSameFlow(adopted.flow, flow) ? adopted : null;
  }

  /** Gives back what a former process has left and no session has taken up. @returns how many flows */
  releaseStrays(): number {
    const strays = [...this.#adopted.values()];
    this.#adopted.clear();
    for (const { number } of strays) this.release(number, () => undefined);
    return strays.length;
  }

  /** @param done hears whether it is there, and nobody has released it meanwhile */
  #put(held: HeldFlow, done: (taken: boolean) => void): void {
    held.state = 'asked';
    held.change = this.#queue.put(true, held.flow, (problem) => {
      held.change = null;
      held.sinceMs = performance.now();
      held.state = problem === '' ? 'held' : 'lost';
      done(problem === '' && this.#book.byNumber(held.number) === held);
      this.#plan();
    });
  }

  #adopt(): Promise<string> {
    const elements: CountedElement[] = [];
    return new Promise((resolve) => {
      this.#reading.read((element) => { elements.push(element); }, ({ complaint, arrived, left }) => {
        this.#passing.blocked(arrived, left);
        const nowMs = performance.now();
        for (const { flow, counts } of pairElements(elements)) {
          const held = this.#book.open(flow, nowMs);
          held.state = 'held';
          this.#adopted.set(keyOf(flow), { number: held.number, flow, counts });
        }
        for (const element of elements) this.#book.byMark(element.mark)?.note(element);
        this.#plan();
        resolve(complaint);
      });
    });
  }

  #plan(): void {
    if (this.#closed || this.#timer !== null || this.#book.size === 0) return;
    this.#timer = setTimeout(() => this.#read(), readMs);
  }

  #read(): void {
    const startedMs = performance.now();
    const reading = ++this.#readings;
    const note = (element: CountedElement): void => {
      const held = this.#book.byMark(element.mark);
      if (held === null || held.state !== 'held' || held.sinceMs > startedMs) return;
      held.note(element);
      held.readMs = startedMs;
      held.seen = reading;
    };
    this.#reading.read(note, (outcome) => {
      this.#looked(startedMs, outcome);
      const pause = Math.max(readMs, (performance.now() - startedMs) * readShare);
      this.#timer = this.#closed || this.#book.size === 0 ? null : setTimeout(() => this.#read(), pause);
    });
  }

  /** A reading has ended: whatever it did not see is gone, and is put back. */
  #looked(startedMs: number, { complaint, arrived, left }: Reading): void {
    const tableGone = complaint.startsWith('No such file or directory');
    if (this.#closed || (complaint !== '' && !tableGone)) return;
    if (tableGone) this.#queue.remake();
    for (const held of this.#book.all()) {
      const gone = held.state === 'held' && held.sinceMs <= startedMs && held.seen !== this.#readings;
      if (!gone) continue;
      held.lose();
      this.#restored++;
      this.#put(held, () => undefined);
    }
    const blocked = this.#passing.blocked(arrived, left);
    this.#rules.look((outcome) => {
      if (typeof outcome === 'object') this.#stop(outcome.problem);
      // Without some of the rules nothing gets out either.
      else if (blocked && outcome === 'whole') this.#stop(this.#passing.sentence);
    });
  }

  /** The threads move everything from now on. */
  #stop(sentence: string): void {
    this.#stopped = sentence;
    for (const held of this.#book.all()) this.#park(held);
  }

  /** Gives its packets back to our sockets, while it stays a flow to those who have its number. */
  #park(held: HeldFlow): void {
    if (held.state !== 'held') return;
    held.lose();
    this.#queue.put(false, held.flow, () => undefined);
  }
}

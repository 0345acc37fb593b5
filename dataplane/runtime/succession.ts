/**
 * The upgrade of a data plane beside the one that runs. Both open the same ports; the kernel deals what arrives out to both,
 * and each hands on what is not its own:
 * 1. The new process says hello; the old one lets go of the control-plane session and of its files.
 * 2. The new one opens its sockets. Whatever they get goes to the old one.
 * 3. It says `ready`: the old one takes nothing new any more, gives its calls away and names the transactions that it keeps.
 *    From now on messages of those go to the old process, all others to the new one, whichever socket they came to.
 * 4. When its last transaction is over, the old one leaves the ports without losing what is in them, and ends.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ok, type Result } from '../contract/result.ts';
import type { ClusterKey } from '../contract/wire.ts';
import type { BindingChange } from '../registrations/binding.ts';
import type { KeySecrets } from '../transaction/keys.ts';
import { Former } from './former.ts';
import { HandoverDesk } from './handover-desk.ts';
import { KeySet } from './key-set.ts';
import { fireAndLog, type Logger } from './log.ts';
import { generations, ownersPerGeneration, type Mail, type OtherProcess } from './neighbour-mail.ts';
import type { Supervisor } from './supervisor.ts';

const socketName = 'handover.sock';
/** A transaction takes 32 s to end, a call may ring for 181 s (timer C). */
const overlapMs = 240_000;
const retireDeadlineMs = 2_000;
const reportIntervalMs = 1_000;
/** As OpenSSL takes them. */
const ticketKeyBytes = 48;

/** What of a process another one must not have at the same time, as the node keeps it. */
export interface Belongings {
  /** Lets go of the control-plane session and of the files that it writes; null, or why not now. */
  pause(): Promise<string | null>;
  /** Takes both back: nobody took over. */
  resume(): void;
  /** Lets go of the rest: probes, HTTP port. */
  handOver(): Promise<void>;
  /** Transactions of this process. */
  transactions(): number;
  /** Another process serves in its place: this one has ended all that it had. */
  replaced(): void;
  /** The process that took over is gone too early. */
  orphaned(): void;
}

export class Succession {
  readonly self: OtherProcess;
  /** Of the transaction keys and of TLS session tickets: the same for processes that take over from each other. */
  readonly keySecrets: KeySecrets;
  readonly tickets: Uint8Array;
  /** For a node that has never met a control plane; its calls do not outlive it and its successors. */
  readonly ownKey: ClusterKey;
  readonly #path: string;
  readonly #log: Logger;
  #supervisor: Supervisor | null = null;
  #former: Former | null;
  #formerKeys: readonly Int32Array[] = [];
  #formerGone: () => void = () => undefined;
  #desk: HandoverDesk | null = null;
  #successor: OtherProcess | null = null;
  #reportTimer: NodeJS.Timeout | null = null;
  /** Among the processes that are still at work; 1 = none before this one. */
  #place: number;

  private constructor(path: string, workers: number, log: Logger, former: Former | null) {
    this.#path = path;
    this.#log = log;
    this.#former = former;
    this.#place = (former?.facts.place ?? 0) + 1;
    this.self = { generation: former === null ? 0 : (former.facts.generation + 1) % generations, workers };
    this.keySecrets = former?.facts.keySecrets ?? { first: randomBytes(4).readInt32BE(), second: randomBytes(4).readInt32BE() };
    this.tickets = former === null ? randomBytes(ticketKeyBytes) : new Uint8Array(Buffer.from(former.facts.tickets, 'base64'));
    this.ownKey = { id: 0, key: former?.facts.ownKey ?? randomBytes(32).toString('base64url') };
  }

  /**
   * Looks for a process that serves the data folder already.
   * @param takeover whether to take over from it
   * @returns one sentence for the operator when it is there and may not be replaced
   */
  static async begin(folder: string, version: string, workers: number, takeover: boolean, log: Logger): Promise<Result<Succession, string>> {
    const path = join(folder, socketName);
    const former = await Former.meet(path, version, takeover);
    if (!former.ok) return former;
    return ok(new Succession(path, workers, log, former.value));
  }

  /** The process that is being replaced, null = none. */
  get former(): OtherProcess | null {
    return this.#former === null ? null : { generation: this.#former.facts.generation, workers: this.#former.facts.workers };
  }

  /** Another process has taken over. */
  get succeeded(): boolean {
    return this.#successor !== null;
  }

  inspect(): unknown {
    const former = this.#former;
    return {
      generation: this.self.generation,
      former: former === null ? null : { pid: former.facts.pid, transactions: former.left, dropped: former.dropped },
    };
  }

  /**
   * Takes over from the former process if there is one; the workers listen, and their configuration is applied.
   * @param registered takes what phones registered through the former process since it wrote its registrations down
   * @throws Error when the former process lives and does not hand over
   */
  async takeOver(supervisor: Supervisor, registered: (changes: readonly BindingChange[]) => void): Promise<void> {
    this.#supervisor = supervisor;
    const former = this.#former;
    if (former === null) return;
    const { pid } = former.facts;
    former.listen({
      mail: (from, to, mail) => this.#route(from, to, mail, 'former'),
      registrations: registered,
      finished: () => supervisor.former(null),
      gone: (finished) => this.#ended(former, finished),
    });
    try {
      this.#formerKeys = await former.takeOver(this.self);
    } catch (error) {
      if (former.alive) throw error;
      this.#ended(former, false);
      return;
    }
    await supervisor.former(KeySet.of(this.#formerKeys).buffer);
    const transactions = this.#formerKeys.reduce((sum, part) => sum + part.length / 2, 0);
    this.#log.info({ pid, transactions }, 'took over; the former process finishes what it has begun');
  }

  /** Waits for a process that takes over from this one. A data folder with too long a path has no room for it: a warning. */
  async await(belongings: Belongings): Promise<void> {
    const tickets = Buffer.from(this.tickets).toString('base64');
    try {
      this.#desk = await HandoverDesk.open(this.#path, {
        prepare: async () => {
          if (this.#place === generations) return `${generations} data planes are at work on this data folder already; start again when the first of them has ended (32 s after its last answer)`;
          const refusal = await belongings.pause();
          return refusal ?? { ...this.self, pid: process.pid, place: this.#place, keySecrets: this.keySecrets, tickets, ownKey: this.ownKey.key };
        },
        bequeath: (successor) => this.#bequeath(successor, belongings),
        mail: (from, to, mail) => this.#route(from, to, mail, 'successor'),
        flush: () => this.#supervisor?.flush() ?? Promise.resolve(),
        orphaned: (early) => {
          this.#log.warn({ early }, 'the process that takes over is gone');
          if (early) belongings.resume();
          else belongings.orphaned();
        },
      }, (error) => this.#log.error({ err: error }, 'a hand-over failed'));
    } catch (error) {
      this.#log.warn({ err: error }, `no other process can take over from this one: ${this.#path} cannot be opened (at most 107 bytes)`);
    }
  }

  /** What phones registered: news for a process that is taking over. */
  registrations(changes: readonly BindingChange[]): void {
    this.#desk?.registrations(changes);
  }

  /** Mail of a worker for a worker of another process. */
  mail(from: number, to: number, mail: Mail): void {
    this.#route(from, to, mail, 'own');
  }

  close(): void {
    if (this.#reportTimer !== null) clearInterval(this.#reportTimer);
    this.#desk?.close();
    this.#former?.close();
  }

  /** Processes stand in a row: what is for neither neighbour goes on to the one that it did not come from. */
  #route(from: number, to: number, mail: Mail, origin: 'own' | 'former' | 'successor'): void {
    const generation = Math.floor(to / ownersPerGeneration);
    if (generation === this.self.generation) this.#supervisor?.deliver(to % ownersPerGeneration, from, mail);
    else if (this.#towardsFormer(generation, origin)) this.#former?.post(to, from, mail);
    else if (origin !== 'successor') this.#desk?.post(to, from, mail);
    // The process that had the connection is gone.
    else if (mail.k === 'send') this.#desk?.post(from, to, { k: 'failed', n: mail.n, detail: `no connection to ${mail.address}:${mail.port}` });
  }

  #towardsFormer(generation: number, origin: 'own' | 'former' | 'successor'): boolean {
    if (this.#former === null || origin === 'former') return false;
    if (this.#successor === null || origin === 'successor' || this.#former.facts.generation === generation) return true;
    // Two away: of four in a row the third has one there before it, the second one behind it.
    return this.#successor.generation !== generation && this.#place > 2;
  }

  async #bequeath(successor: OtherProcess, belongings: Belongings): Promise<readonly Int32Array[]> {
    this.#successor = successor;
    const own = await this.#supervisor?.bequeath(successor) ?? [];
    await belongings.handOver();
    this.#log.info({ transactions: own.reduce((sum, part) => sum + part.length / 2, 0) }, 'another process has taken over');
    this.#reportTimer = setInterval(() => this.#desk?.left(belongings.transactions()), reportIntervalMs);
    this.#finish(belongings).catch((error: unknown) => {
      this.#log.error({ err: error }, 'could not hand over cleanly');
      belongings.replaced();
    });
    return [...own, ...this.#formerKeys];
  }

  /** Waits for the end of everything that this process and the one before it still have. */
  async #finish(belongings: Belongings): Promise<void> {
    const formerGone = this.#former === null ? undefined : new Promise<void>((resolve) => { this.#formerGone = resolve; });
    await Promise.all([this.#supervisor?.drain(overlapMs, true), formerGone]);
    await this.#supervisor?.retire(retireDeadlineMs);
    const left = belongings.transactions();
    const dropped = this.#desk?.dropped ?? 0;
    if (this.#reportTimer !== null) clearInterval(this.#reportTimer);
    await Promise.race([this.#desk?.done(), new Promise((resolve) => { setTimeout(resolve, retireDeadlineMs).unref(); })]);
    this.#log.info({ left, dropped }, 'handed over');
    belongings.replaced();
  }

  #ended(former: Former, finished: boolean): void {
    if (this.#former !== former) return;
    this.#former = null;
    this.#place = 1;
    this.#formerKeys = [];
    if (!finished && this.#supervisor !== null) fireAndLog(this.#log, 'cannot go on alone', this.#supervisor.former(null));
    this.#formerGone();
    if (finished) this.#log.info({ pid: former.facts.pid }, 'the former process has ended');
    else this.#log.warn({ pid: former.facts.pid }, 'the former process has ended before its time');
  }
}

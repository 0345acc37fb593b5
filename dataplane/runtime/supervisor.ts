/**
 * The main thread's hold on its SIP workers: starts them, hands them configuration, keys and health, and collects what
 * they tell. A worker that dies takes the process with it: the next process starts from the last-known-good
 * configuration in well under a second, and keyed Record-Routes keep calls alive across it.
 */
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { CallQuery } from '../calls/table.ts';
import type { ClusterKey } from '../contract/wire.ts';
import type { BoardUpdate } from '../health/board.ts';
import type { Binding, BindingChange } from '../registrations/binding.ts';
import type { Outcome } from '../proxy/environment.ts';
import type { TlsState } from '../transport/tls-identities.ts';
import { noBackendPorts, type BackendPorts } from './backend-ports.ts';
import { ownersPerGeneration, type Mail, type OtherProcess } from './neighbour-mail.ts';
import { configParts } from './next-view.ts';
import type { ConfigBatch, FromWorker, Listening, ToWorker, WorkerSetup } from './messages.ts';
import { newDirectoryBuffer } from './transaction-directory.ts';

export interface SupervisorEvents {
  outcome(destinationId: number, outcome: Outcome): void;
  /** Registrars have accepted REGISTERs. */
  registrations(changes: readonly BindingChange[]): void;
  /** A part of a worker failed and was given up; `more` = faults not told apart since the last. */
  fault(worker: number, where: string, detail: string, more: number): void;
  /** A message from the wire named a target in a forbidden network; `more` = such ones not told apart since the last. */
  refusedTarget(worker: number, address: string, port: number, more: number): void;
  /** Mail for a worker of another process, from the owner `from`. */
  mail(from: number, to: number, mail: Mail): void;
  /** A worker ended without being asked to. */
  crashed(worker: number, error: unknown): void;
}

interface Slot {
  readonly thread: Worker;
  /** Resolvers by number of the part. */
  readonly applied: Map<number, () => void>;
  /** Resolvers by number of the question. */
  readonly listings: Map<number, (answer: CallListing) => void>;
  /** Waits for an answer of that kind. */
  readonly waiting: Map<'estate' | 'drained' | 'retired' | 'stopped', (keys: Int32Array) => void>;
}

type CallListing = Pick<Extract<FromWorker, { t: 'calls' }>, 'page' | 'nowMs'>;

/** A listener could not be opened; `message` is one sentence for the operator. */
export class ListenRefused extends Error {}

export class Supervisor {
  readonly #slots: Slot[] = [];
  readonly #events: SupervisorEvents;
  #batch = 0;
  #pings = 0;
  #stopping = false;

  constructor(events: SupervisorEvents) {
    this.#events = events;
  }

  /**
   * Starts `setup.workers` workers and waits until all of them listen.
   * @param backendPorts by worker
   * @param media by worker: its ways to the media threads
   * @returns what each worker listens on
   * @throws ListenRefused when one of them cannot
   */
  start(setup: Omit<WorkerSetup, 'worker' | 'backendPorts' | 'media' | 'directory' | 'siblings'>, backendPorts: readonly BackendPorts[], media: readonly (readonly MessagePort[])[]): Promise<readonly Listening[]> {
    const { workers } = setup;
    const directory = workers > 1 ? newDirectoryBuffer(workers) : null;
    const siblings = portsBetween(workers);
    return Promise.all(siblings.map((ports, worker) => this.#spawn({ ...setup, worker, backendPorts: backendPorts[worker] ?? noBackendPorts, media: media[worker] ?? [], directory, siblings: ports })));
  }

  /** Resolves when every worker routes by the new configuration. */
  async config(change: ConfigBatch): Promise<void> {
    await Promise.all(this.#slots.map((slot) => this.#deliver(slot, change)));
  }

  /** One part at a time: what lies in a worker's mailbox is read in one go. */
  async #deliver(slot: Slot, change: ConfigBatch): Promise<void> {
    for (const part of configParts(change)) {
      const n = ++this.#batch;
      const done = new Promise<void>((resolve) => slot.applied.set(n, resolve));
      slot.thread.postMessage({ t: 'config', n, ...part } satisfies ToWorker);
      await done;
    }
  }

  keys(keys: readonly ClusterKey[]): void {
    this.#tell({ t: 'keys', keys });
  }

  tls(state: TlsState): void {
    this.#tell({ t: 'tls', state });
  }

  board(update: BoardUpdate): void {
    this.#tell({ t: 'board', update });
  }

  /** Has the workers, each in its turn, send keep-alives to phones. */
  ping(method: 'crlf' | 'options', phones: readonly Binding[]): void {
    const slot = this.#slots[this.#pings++ % this.#slots.length];
    slot?.thread.postMessage({ t: 'ping', method, phones } satisfies ToWorker);
  }

  /** A page of the calls that worker number `worker` has up; null = there is no such worker. */
  calls(worker: number, query: CallQuery): Promise<CallListing> | null {
    const slot = this.#slots[worker];
    if (slot === undefined) return null;
    const n = ++this.#batch;
    const answer = new Promise<CallListing>((resolve) => { slot.listings.set(n, resolve); });
    slot.thread.postMessage({ t: 'calls', n, query } satisfies ToWorker);
    return answer;
  }

  draining(draining: boolean, answersOptions: boolean): void {
    this.#tell({ t: 'draining', draining, answersOptions });
  }

  /** Mail of another process for worker number `worker`. */
  deliver(worker: number, from: number, mail: Mail): void {
    this.#slots[worker]?.thread.postMessage({ t: 'mail', from, mail } satisfies ToWorker);
  }

  /** What the former process still has, null = nothing; resolves when no worker asks it for anything else any more. */
  async former(keys: SharedArrayBuffer | null): Promise<void> {
    await this.#confirmed((n) => ({ t: 'former', n, keys }));
  }

  /** Resolves when every worker has dealt with all that it was told so far. */
  async flush(): Promise<void> {
    await this.#confirmed((n) => ({ t: 'flush', n }));
  }

  /** Another process takes over. @returns the keys of the transactions that stay here, by worker */
  bequeath(by: OtherProcess): Promise<readonly Int32Array[]> {
    return this.#ask({ t: 'succeeded', by }, 'estate');
  }

  /** No new dialogs; resolves when nothing waits for an answer any more (`all`: no transaction is left), at the latest after `deadlineMs`. */
  async drain(deadlineMs: number, all = false): Promise<void> {
    await withDeadline(this.#ask({ t: 'drain', all }, 'drained'), deadlineMs);
  }

  /** Leaves the shared ports; resolves when all that arrived at them has been passed on. */
  async retire(deadlineMs: number): Promise<void> {
    await withDeadline(this.#ask({ t: 'retire' }, 'retired'), deadlineMs);
  }

  /** Closes all sockets and ends the threads. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    await withDeadline(this.#ask({ t: 'stop' }, 'stopped'), deadlineMs);
    await Promise.all(this.#slots.map((slot) => slot.thread.terminate()));
  }

  /** Tells all workers something that they answer by `applied` with the same number. */
  #confirmed(message: (n: number) => ToWorker): Promise<unknown> {
    const n = ++this.#batch;
    const done = this.#slots.map(({ applied }) => new Promise<void>((resolve) => { applied.set(n, resolve); }));
    this.#tell(message(n));
    return Promise.all(done);
  }

  #ask(message: ToWorker, answer: 'estate' | 'drained' | 'retired' | 'stopped'): Promise<readonly Int32Array[]> {
    const answers = this.#slots.map(({ waiting }) => new Promise<Int32Array>((resolve) => { waiting.set(answer, resolve); }));
    this.#tell(message);
    return Promise.all(answers);
  }

  #tell(message: ToWorker): void {
    for (const { thread } of this.#slots) thread.postMessage(message);
  }

  #spawn(setup: WorkerSetup): Promise<Listening> {
    const transferList = [...setup.siblings.filter((port) => port !== null), ...setup.media];
    const thread = new Worker(new URL('./worker.ts', import.meta.url), { workerData: setup, transferList });
    const slot: Slot = { thread, applied: new Map(), listings: new Map(), waiting: new Map() };
    const self = setup.generation * ownersPerGeneration + setup.worker;
    this.#slots.push(slot);
    return new Promise((resolve, reject) => {
      thread.on('message', (message: FromWorker) => {
        switch (message.t) {
          case 'listening': return resolve(message);
          case 'refused': return reject(new ListenRefused(message.sentence));
          case 'applied': {
            slot.applied.get(message.n)?.();
            slot.applied.delete(message.n);
            return;
          }
          case 'calls': {
            slot.listings.get(message.n)?.(message);
            slot.listings.delete(message.n);
            return;
          }
          case 'registrations': return this.#events.registrations(message.changes);
          case 'outcome': return this.#events.outcome(message.destination, message.outcome);
          case 'fault': return this.#events.fault(setup.worker, message.where, message.detail, message.more);
          case 'refusedTarget': return this.#events.refusedTarget(setup.worker, message.address, message.port, message.more);
          case 'mail': return this.#events.mail(self, message.to, message.mail);
          case 'estate': return slot.waiting.get('estate')?.(message.keys);
          case 'drained': case 'retired': case 'stopped': return slot.waiting.get(message.t)?.(noKeys);
        }
      });
      thread.on('error', (error) => {
        reject(error);
        if (!this.#stopping) this.#events.crashed(setup.worker, error);
      });
    });
  }
}

const noKeys = new Int32Array(0);

/** By worker: its ports to all others. A hand-over by way of the main thread would take two hops and that thread's time. */
function portsBetween(workers: number): (MessagePort | null)[][] {
  const ports = Array.from({ length: workers }, () => new Array<MessagePort | null>(workers).fill(null));
  for (const [one, own] of ports.entries()) {
    for (const [other, others] of ports.slice(0, one).entries()) {
      const { port1, port2 } = new MessageChannel();
      own[other] = port1;
      others[one] = port2;
    }
  }
  return ports;
}

async function withDeadline(promise: Promise<unknown>, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => { timer = setTimeout(resolve, deadlineMs); });
  await Promise.race([promise, deadline]);
  clearTimeout(timer);
}

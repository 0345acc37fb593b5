/** One session of an rtpengine: where it is, who its callees are, and its commands, one after the other. */
import type { SessionFigures } from '../figures.ts';
import type { Side } from '../relay.ts';
import { Forks, type CalleeRecord } from './forks.ts';

/** What the next process needs to serve a session; plain JSON. */
export interface RtpengineRecord {
  readonly engine: 'rtpengine';
  readonly session: string;
  readonly callId: string;
  /** Its `host:port` as the settings have it. */
  readonly instance: string;
  /** The INVITE carried the offer. */
  readonly offered: boolean;
  readonly callees: readonly CalleeRecord[];
}

export const isRtpengineRecord = (value: unknown): value is RtpengineRecord =>
  typeof value === 'object' && value !== null && 'engine' in value && value.engine === 'rtpengine' && 'session' in value && typeof value.session === 'string' &&
  'callId' in value && typeof value.callId === 'string' && 'instance' in value && typeof value.instance === 'string' && 'offered' in value && typeof value.offered === 'boolean' && 'callees' in value && Array.isArray(value.callees);

type Job = (next: () => void) => void;

/** Commands that wait for those before them; more are refused. */
const maxWaiting = 32;

export class RtpengineSession {
  readonly id: string;
  readonly callId: string;
  readonly forks: Forks;
  readonly begunMs = performance.now();
  /** '' = none has taken it yet. */
  instance: string;
  /** An instance has it. */
  begun: boolean;
  /** null = not asked for yet. */
  figures: SessionFigures | null = null;
  polledMs = this.begunMs;
  /** The side that was told of as silent. */
  silent: Side | null = null;
  readonly #jobs: Job[] = [];
  #busy = false;

  constructor(id: string, callId: string, record: RtpengineRecord | null = null) {
    this.id = id;
    this.callId = callId;
    this.instance = record?.instance ?? '';
    this.begun = record !== null;
    this.forks = new Forks(record?.offered, record?.callees);
  }

  get record(): RtpengineRecord {
    return { engine: 'rtpengine', session: this.id, callId: this.callId, instance: this.instance, offered: this.forks.offered, callees: this.forks.records };
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** rtpengine's threads take datagrams in any order, so each command waits for the answer to the one before. False = too many wait. */
  enqueue(job: Job): boolean {
    if (this.#jobs.length >= maxWaiting) return false;
    this.enqueueLast(job);
    return true;
  }

  /** The same for what comes but a few times in a session, and always finds room. */
  enqueueLast(job: Job): void {
    this.#jobs.push(job);
    if (!this.#busy) this.#next();
  }

  #next(): void {
    const job = this.#jobs.shift();
    this.#busy = job !== undefined;
    job?.(() => this.#next());
  }
}

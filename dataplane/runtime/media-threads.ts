/**
 * The main thread's hold on the media threads: starts them with a way to each SIP worker, hands settings on, and collects
 * what they tell. One that dies takes the process with it, as a SIP worker does.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { SettingRow } from '../contract/rows.ts';
import type { SessionFigures } from '../media/figures.ts';
import type { FromMedia, MediaEvent, MediaSetup, MediaState, ToMedia } from '../media/messages.ts';
import { threadOfSession } from '../media/passage.ts';
import type { RtpRange } from '../media-setting.ts';
import type { Settings } from '../settings.ts';
import { interfaceAddresses } from './interfaces.ts';
import type { Logger } from './log.ts';
import { mediaAddresses, mediaBind } from './media-addresses.ts';

/**
 * Of a thread that relays: packets leave no garbage, and what calls leave is young for long. With the usual 48 MB for new objects a
 * thread keeps three times the memory that its calls need (`npm run bench -- media`).
 */
export const threadLimits = { maxYoungGenerationSizeMb: 4 } as const;

export interface MediaThreadsOptions {
  readonly settings: Pick<Settings, 'media' | 'mediaThreads' | 'rtp' | 'listen' | 'forbiddenTargets' | 'nodeName' | 'sockets'>;
  /** The node's own folder. */
  readonly folder: string;
  readonly log: Logger;
  onEvent(event: MediaEvent): void;
  crashed(error: unknown): void;
}

interface Slot {
  readonly thread: Worker;
  state: MediaState | null;
  readonly asked: Map<number, (figures: readonly SessionFigures[]) => void>;
  stopped: () => void;
}

export class MediaThreads {
  readonly #options: MediaThreadsOptions;
  readonly #slots: Slot[] = [];
  #asked = 0;
  #ready: Promise<unknown> = Promise.resolve();
  #restored = false;
  #stopping = false;

  constructor(options: MediaThreadsOptions) {
    this.#options = options;
  }

  /**
   * Starts the threads, which take up what a former process left; what SIP workers ask meanwhile waits.
   * @param workers SIP workers
   * @param later another process still has the sessions: they wait for `restore`
   * @returns for each SIP worker its ways to the threads; none of them with media `off`
   */
  start(workers: number, settings: SettingRow['media'], later: boolean): readonly (readonly MessagePort[])[] {
    const { folder, settings: { media: engine, mediaThreads: threads, rtp, listen, forbiddenTargets, nodeName, sockets } } = this.#options;
    const doors: MessagePort[][] = Array.from({ length: workers }, () => []);
    if (engine === 'off') return doors;
    mkdirSync(join(folder, 'media'), { recursive: true, mode: 0o700 });
    const interfaces = interfaceAddresses();
    const common = { engine, threads, nodeName, settings, sockets, forbidden: forbiddenTargets, places: listen, interfaces, bind: mediaBind(listen), addresses: mediaAddresses(listen, interfaces) };
    const ready = slices(rtp, threads).map((slice, thread) => {
      const ways = doors.map((door) => {
        const { port1, port2 } = new MessageChannel();
        door.push(port1);
        return port2;
      });
      return this.#spawn({ ...common, thread, rtp: slice, range: rtp, journal: join(folder, 'media', String(thread)), workers: ways });
    });
    this.#ready = Promise.all(ready);
    // `restore` tells of a thread that cannot start.
    this.#ready.catch(() => undefined);
    if (!later) this.#restore();
    return doors;
  }

  /**
   * No other process has the sessions any more: they go on here. Resolves when all threads serve.
   * @throws when a thread cannot start
   */
  async restore(): Promise<void> {
    this.#restore();
    await this.#ready;
  }

  #restore(): void {
    if (!this.#restored) this.#tell({ t: 'restore' });
    this.#restored = true;
  }

  settings(settings: SettingRow['media']): void {
    this.#tell({ t: 'settings', settings });
  }

  /** As each thread last told. */
  get states(): readonly MediaState[] {
    return this.#slots.flatMap(({ state }) => (state === null ? [] : [state]));
  }

  /** What is known of those sessions; ones that no thread has are left out. */
  async figures(sessions: readonly string[]): Promise<ReadonlyMap<string, SessionFigures>> {
    const parts = this.#slots.map((slot, index) => {
      const own = sessions.filter((session) => threadOfSession(session, this.#slots.length) === index);
      if (own.length === 0) return Promise.resolve([]);
      const n = ++this.#asked;
      const answer = new Promise<readonly SessionFigures[]>((resolve) => { slot.asked.set(n, resolve); });
      slot.thread.postMessage({ t: 'figures', n, sessions: own } satisfies ToMedia);
      return answer;
    });
    return new Map((await Promise.all(parts)).flat().map((one) => [one.session, one]));
  }

  /**
   * Ends the threads; calls that are up are found again by the next process.
   * @param keep what the kernel forwards goes on meanwhile
   */
  async stop(keep: boolean): Promise<void> {
    this.#stopping = true;
    const stopped = this.#slots.map((slot) => new Promise<void>((resolve) => { slot.stopped = resolve; }));
    this.#tell({ t: 'stop', keep });
    await Promise.all(stopped);
    await Promise.all(this.#slots.map(({ thread }) => thread.terminate()));
    this.#slots.length = 0;
  }

  #tell(message: ToMedia): void {
    for (const { thread } of this.#slots) thread.postMessage(message);
  }

  #spawn(setup: MediaSetup): Promise<void> {
    const { log } = this.#options;
    const thread = new Worker(new URL('../media/thread.ts', import.meta.url), { workerData: setup, transferList: [...setup.workers], resourceLimits: threadLimits });
    const slot: Slot = { thread, state: null, asked: new Map(), stopped: () => undefined };
    this.#slots.push(slot);
    return new Promise((resolve, reject) => {
      thread.on('message', (message: FromMedia) => {
        switch (message.t) {
          case 'ready': {
            const { engine, sentence, restored } = message;
            if (setup.thread === 0) log[sentence === '' ? 'info' : 'warn']({ engine }, sentence === '' ? `media: ${engine}` : `media: ${engine}, because ${sentence}`);
            if (restored > 0) log.info({ thread: setup.thread, restored }, 'media sessions of the former process go on');
            return resolve();
          }
          case 'state': slot.state = message.state; return;
          case 'figures': {
            slot.asked.get(message.n)?.(message.figures);
            slot.asked.delete(message.n);
            return;
          }
          case 'event': {
            const { kind, text, detail } = message.event;
            log[kind === 'media.exhausted' || kind === 'rtpengine.down' ? 'warn' : 'info'](detail, text);
            return this.#options.onEvent(message.event);
          }
          case 'fault': return log.error({ thread: setup.thread, where: message.where, detail: message.detail }, 'a part failed on the media of a call');
          case 'stopped': return slot.stopped();
        }
      });
      thread.on('error', (error) => {
        reject(error);
        slot.stopped();
        if (!this.#stopping) this.#options.crashed(error);
      });
    });
  }
}

/** Equal parts of a range, each beginning with an even port. */
function slices({ first, last }: RtpRange, threads: number): RtpRange[] {
  const pairs = Math.floor((last - first + 1) / 2 / threads);
  return Array.from({ length: threads }, (_, index) => ({ first: first + 2 * pairs * index, last: first + 2 * pairs * (index + 1) - 1 }));
}

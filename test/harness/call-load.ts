/** A steady stream of complete calls; every call's fate is kept. */
import { setTimeout as tick } from 'node:timers/promises';
import type { CallOptions, CallOutcome, Uac } from './uac.ts';

export interface LoadedCall extends CallOutcome {
  readonly index: number;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly backend: string;
  /** Somebody rang, whatever came then. */
  readonly rang: boolean;
}

export interface CallLoad {
  /** Calls that have ended so far. */
  readonly ended: readonly LoadedCall[];
  readonly started: number;
  /** Stops placing calls and resolves when all have ended. */
  stop(): Promise<readonly LoadedCall[]>;
}

/** A BYE that nobody answers is given up after this. */
const byeMs = 5_000;

/**
 * Places `rate` calls a second until stopped; late ticks catch up, so the mean rate holds on a busy machine.
 * @param holdMs time between ACK and BYE
 */
export function startCalls(uacs: readonly Uac[], rate: number, holdMs: number, options: (index: number) => CallOptions): CallLoad {
  const ended: LoadedCall[] = [];
  const running = new Set<Promise<void>>();
  const begin = Date.now();
  let started = 0;
  let stopping = false;

  const place = (index: number): void => {
    const uac = uacs[index % uacs.length];
    if (!uac) throw new Error('a load needs at least one caller');
    const call = uac.invite(options(index));
    const done = call.complete(holdMs, byeMs).then((outcome) => {
      ended.push({ ...outcome, index, startedMs: call.startedMs, endedMs: Date.now(), backend: call.backend, rang: call.provisionals.some(({ status }) => status > 100) });
      running.delete(done);
    });
    running.add(done);
  };
  const pace = (async () => {
    while (!stopping) {
      const due = Math.floor(((Date.now() - begin) / 1_000) * rate);
      while (started < due && !stopping) place(started++);
      await tick(5);
    }
  })();

  return {
    ended,
    get started() {
      return started;
    },
    async stop() {
      stopping = true;
      await pace;
      while (running.size > 0) await Promise.all(running);
      return ended;
    },
  };
}

/** One line for a failed expectation: how many failed, and the first few reasons. */
export function describeFailures(calls: readonly LoadedCall[]): string {
  const failed = calls.filter((call) => !call.ok);
  return `${failed.length} of ${calls.length} failed: ${failed.slice(0, 5).map((call) => `#${call.index} ${call.detail}`).join('; ')}`;
}

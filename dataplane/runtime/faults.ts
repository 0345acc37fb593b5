/**
 * The last guard of a worker: an exception on the path of one message or timer is a bug, but it must not end everybody's
 * calls. It is counted, told to the log at most once a second, and what it was about is given up.
 */
import type { Clock } from './clock.ts';
import type { CounterRow } from './counters.ts';

const reportIntervalMs = 1_000;
const maxDetail = 2_000;

export type TellFault = (where: string, detail: string, more: number) => void;

export class Faults {
  readonly #counters: CounterRow;
  readonly #clock: Clock;
  readonly #tell: TellFault;
  #toldMs = -Infinity;
  #untold = 0;

  constructor(counters: CounterRow, clock: Clock, tell: TellFault) {
    this.#counters = counters;
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Notes an exception. Never throws. */
  note(where: string, error: unknown): void {
    this.#counters.add('faults_total');
    const now = this.#clock.now();
    if (now - this.#toldMs < reportIntervalMs) {
      this.#untold += 1;
      return;
    }
    const more = this.#untold;
    this.#toldMs = now;
    this.#untold = 0;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#tell(where, text.slice(0, maxDetail), more);
  }
}

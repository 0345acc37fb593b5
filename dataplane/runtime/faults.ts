/**
 * The last guard of a worker: an exception on the path of one message or timer is a bug, but it must not end everybody's
 * calls. It is counted, told to the log at most once a second, and what it was about is given up.
 */
import type { Clock } from './clock.ts';
import type { CounterRow } from './counters.ts';
import { Thinned } from './thinned.ts';

const maxDetail = 2_000;

export type TellFault = (where: string, detail: string, more: number) => void;

export class Faults {
  readonly #counters: CounterRow;
  readonly #reports: Thinned;
  readonly #tell: TellFault;

  constructor(counters: CounterRow, clock: Clock, tell: TellFault) {
    this.#counters = counters;
    this.#reports = new Thinned(clock);
    this.#tell = tell;
  }

  /** Notes an exception. Never throws. */
  note(where: string, error: unknown): void {
    this.#counters.add('faults_total');
    this.#reports.note((more) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#tell(where, text.slice(0, maxDetail), more);
    });
  }
}

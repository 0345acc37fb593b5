/**
 * Passive health, thinned out: every failure of an attempt is told, a success only when it ends a row of failures. So a
 * healthy destination costs nothing. PURE.
 */
import type { Outcome } from '../proxy/environment.ts';

/** Destinations with open failures that are remembered; more than any set holds. */
const capacity = 10_000;

export class OutcomeFilter {
  readonly #failing = new Set<number>();
  readonly #tell: (destinationId: number, outcome: Outcome) => void;

  constructor(tell: (destinationId: number, outcome: Outcome) => void) {
    this.#tell = tell;
  }

  outcome(destinationId: number, outcome: Outcome): void {
    if (outcome === 'ok') {
      if (this.#failing.size !== 0 && this.#failing.delete(destinationId)) this.#tell(destinationId, 'ok');
      return;
    }
    if (this.#failing.size >= capacity) this.#failing.clear();
    this.#failing.add(destinationId);
    this.#tell(destinationId, outcome);
  }
}

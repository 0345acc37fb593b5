/**
 * Whether what the kernel takes in gets out again. A firewall that drops forwarded packets, or a route that is missing, is
 * not always seen by the self-test: without this, calls would be silent.
 */
import { markText } from './marks.ts';

/** So many packets between two readings are enough to judge by. */
const enough = 100;

export class PassWatch {
  #arrived = -1;
  #left = -1;
  #judged = 0;

  /**
   * Takes the totals of a reading.
   * @returns true = since the last one packets came in, and less than a tenth of them got out
   */
  blocked(arrived: number, left: number): boolean {
    const came = arrived - this.#arrived;
    const went = left - this.#left;
    const first = this.#arrived < 0 || came < 0 || went < 0;
    this.#arrived = arrived;
    this.#left = left;
    if (first || came < enough) return false;
    this.#judged = came;
    return went * 10 < came;
  }

  get sentence(): string {
    return `of ${this.#judged} packets that the kernel was to forward hardly any left this host: its firewall drops forwarded packets or routes are missing; let packets with the mark ${markText} pass and start the node anew`;
  }
}

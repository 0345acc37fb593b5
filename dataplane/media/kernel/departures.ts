/** Flows on their way out of the kernel: their last counts come by the deletion watch, beside nft's word that they are deleted. */
import { markOfSide } from './changes.ts';
import type { CountedElement } from './element-reader.ts';
import type { HeldFlow } from './flow-book.ts';

/** The word of the watch comes within a millisecond or so of the deletion; if it does not, the last reading serves. */
const patienceMs = 400;

interface Departure {
  readonly held: HeldFlow;
  readonly done: () => void;
  awaited: number;
  deleted: boolean;
  deadline: NodeJS.Timeout | null;
}

export class Departures {
  readonly #byMark = new Map<number, Departure>();

  has(mark: number): boolean {
    return this.#byMark.has(mark);
  }

  /** Before its deletion is asked for. @param done called once, when its counts are final */
  begin(held: HeldFlow, done: () => void): void {
    const departure: Departure = { held, done, awaited: 2, deleted: false, deadline: null };
    this.#byMark.set(markOfSide(held.flow, 'caller'), departure);
    this.#byMark.set(markOfSide(held.flow, 'callee'), departure);
  }

  /** nft has deleted it, or (`gone`) there was nothing to delete. */
  deleted({ flow }: HeldFlow, gone: boolean): void {
    const departure = this.#byMark.get(markOfSide(flow, 'caller'));
    if (departure === undefined) return;
    departure.deleted = true;
    if (gone || departure.awaited <= 0) this.#finish(departure);
    else departure.deadline = setTimeout(() => this.#finish(departure), patienceMs);
  }

  /** The watch has heard of an element. */
  heard(element: CountedElement): void {
    const departure = this.#byMark.get(element.mark);
    if (departure === undefined) return;
    departure.held.note(element);
    departure.awaited--;
    if (departure.awaited <= 0 && departure.deleted) this.#finish(departure);
  }

  #finish(departure: Departure): void {
    if (departure.deadline !== null) clearTimeout(departure.deadline);
    this.#byMark.delete(markOfSide(departure.held.flow, 'caller'));
    this.#byMark.delete(markOfSide(departure.held.flow, 'callee'));
    departure.done();
  }
}

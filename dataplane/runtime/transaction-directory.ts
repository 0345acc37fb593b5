/**
 * Which SIP worker holds which server transaction: a table in shared memory, written by each worker for its own and read by
 * all. Retransmission, CANCEL and ACK come from the same address as their request as a rule, and then from the same worker;
 * after a change of NAT, or from a trunk with many ports, they do not, and nothing in them names our worker.
 *
 * Places are grouped by eights. A key whose group is full is left out (then the message counts as new, as it would without
 * the table): with half of the places taken that is one key in a hundred.
 */

const ways = 8;
/** A place that is being written. */
const claimed = -1;
const workerMask = 63;

/** Memory for the transactions of so many workers; pages that are not used cost nothing. */
export function newDirectoryBuffer(workers: number): SharedArrayBuffer {
  let places = 262_144;
  while (places < workers * 262_144 && places < 4_194_304) places *= 2;
  return new SharedArrayBuffer(places * 8);
}

export class TransactionDirectory {
  /** By place: the key's first word (0 = free), then its second word with the worker in its low bits. */
  readonly #cells: Int32Array;
  readonly #groupMask: number;

  constructor(buffer: SharedArrayBuffer) {
    this.#cells = new Int32Array(buffer);
    this.#groupMask = buffer.byteLength / (8 * ways) - 1;
  }

  /** @param worker 0 to 63, the only one that adds and removes this key */
  add(first: number, second: number, worker: number): void {
    const cells = this.#cells;
    const from = this.#group(first);
    for (let at = from; at < from + ways * 2; at += 2) {
      if (Atomics.compareExchange(cells, at, 0, claimed) !== 0) continue;
      Atomics.store(cells, at + 1, (second & ~workerMask) | worker);
      Atomics.store(cells, at, mark(first));
      return;
    }
  }

  remove(first: number, second: number, worker: number): void {
    const cells = this.#cells;
    const from = this.#group(first);
    const wanted = (second & ~workerMask) | worker;
    for (let at = from; at < from + ways * 2; at += 2) {
      if (cells[at] !== mark(first) || cells[at + 1] !== wanted) continue;
      Atomics.store(cells, at, 0);
      return;
    }
  }

  /** The worker that holds the transaction, -1 = none known. */
  find(first: number, second: number): number {
    const cells = this.#cells;
    const from = this.#group(first);
    for (let at = from; at < from + ways * 2; at += 2) {
      if (Atomics.load(cells, at) !== mark(first)) continue;
      const word = Atomics.load(cells, at + 1);
      if ((word & ~workerMask) === (second & ~workerMask)) return word & workerMask;
    }
    return -1;
  }

  #group(first: number): number {
    return (first & this.#groupMask) * ways * 2;
  }
}

/** The first word as it is stored: 0 and -1 say something else. */
const mark = (first: number): number => (first === 0 || first === claimed ? 1 : first);

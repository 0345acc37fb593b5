/** A fixed set of transaction keys in shared memory: what a former process still has. Written once, then read by all workers. */

/** Words of a place: both words of a key, and whether it is taken. */
const stride = 3;

export class KeySet {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Int32Array;
  readonly #mask: number;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#cells = new Int32Array(buffer);
    this.#mask = buffer.byteLength / (4 * stride) - 1;
  }

  /** @param keys pairs of words, in any number of parts */
  static of(keys: readonly Int32Array[]): KeySet {
    const count = keys.reduce((sum, part) => sum + part.length / 2, 0);
    let places = 16;
    while (places < 2 * count) places *= 2;
    const set = new KeySet(new SharedArrayBuffer(places * 4 * stride));
    for (const part of keys) {
      for (let i = 0; i + 1 < part.length; i += 2) set.#add(part[i] ?? 0, part[i + 1] ?? 0);
    }
    return set;
  }

  has(first: number, second: number): boolean {
    const cells = this.#cells;
    for (let at = first & this.#mask; cells[at * stride + 2] === 1; at = (at + 1) & this.#mask) {
      if (cells[at * stride] === first && cells[at * stride + 1] === second) return true;
    }
    return false;
  }

  #add(first: number, second: number): void {
    if (this.has(first, second)) return;
    const cells = this.#cells;
    let at = first & this.#mask;
    while (cells[at * stride + 2] === 1) at = (at + 1) & this.#mask;
    cells.set([first, second, 1], at * stride);
  }
}

/** A worker's side of the health board: reads states, counts its own calls. */
import type { HealthState } from '../contract/health.ts';
import type { HealthReader } from '../routing/health-reader.ts';
import { drawOrder } from '../dns/draw.ts';
import type { Located } from '../transport/locate.ts';
import { layout, stateOf } from './board.ts';
import type { BoardEntry, BoardUpdate } from './board.ts';

const none: readonly Located[] = [];

export class WorkerHealth implements HealthReader {
  private readonly worker: number;
  private readonly random: () => number;
  private board: Int32Array<SharedArrayBuffer>;
  private capacity: number;
  private readonly entries = new Map<number, BoardEntry>();
  /** This worker's calls by destination; the truth that its lane of the board shows. */
  private readonly counts = new Map<number, number>();

  /** @param random in [0, 1), for the draws of weights */
  constructor(image: BoardUpdate, worker: number, random: () => number = Math.random) {
    this.random = random;
    this.worker = worker;
    this.capacity = image.capacity;
    this.board = new Int32Array(image.buffer ?? new SharedArrayBuffer(0));
    this.update(image);
  }

  /** Takes an update in, in the order they were published. */
  update(update: BoardUpdate): void {
    if (update.buffer !== null) {
      this.board = new Int32Array(update.buffer);
      this.entries.clear();
    }
    this.capacity = update.capacity;
    for (const entry of update.entries) {
      if (entry.slot < 0) {
        this.entries.delete(entry.id);
        continue;
      }
      this.entries.set(entry.id, entry);
      this.show(entry, this.counts.get(entry.id) ?? 0);
    }
  }

  state(destinationId: number): HealthState {
    const entry = this.entries.get(destinationId);
    return entry === undefined ? 'unknown' : stateOf(Atomics.load(this.board, entry.slot * layout.stride + layout.state));
  }

  families(destinationId: number): number {
    const servers = this.entries.get(destinationId)?.servers;
    if (servers === undefined) return 0;
    let mask = 0;
    for (const { places } of servers) for (const { family } of places) mask |= family === 6 ? 2 : 1;
    return mask;
  }

  /**
   * Where a destination with a host name is, in the order to try for one call: by priority, inside one by a fresh draw
   * of the weights (RFC 2782), addresses of `family` first where a server has both, what took its last probe badly behind all.
   * Empty = not located (yet), or numeric.
   */
  targets(destinationId: number, family: 4 | 6): readonly Located[] {
    const servers = this.entries.get(destinationId)?.servers;
    return servers === undefined ? none : drawOrder(servers, family, this.random);
  }

  /** Average probe latency in milliseconds, -1 = none yet. */
  latencyMs(destinationId: number): number {
    return this.milliseconds(destinationId, layout.average);
  }

  lastLatencyMs(destinationId: number): number {
    return this.milliseconds(destinationId, layout.last);
  }

  upSince(destinationId: number): number {
    const entry = this.entries.get(destinationId);
    // Unsigned: the word reaches to the year 2106.
    return entry === undefined ? 0 : Atomics.load(this.board, entry.slot * layout.stride + layout.upSince) >>> 0;
  }

  load(destinationId: number): number {
    const entry = this.entries.get(destinationId);
    if (entry === undefined) return this.calls(destinationId);
    let sum = 0;
    for (let at = this.capacity * layout.stride + entry.slot; at < this.board.length; at += this.capacity) sum += Atomics.load(this.board, at);
    return sum;
  }

  callStarted(destinationId: number): void {
    this.count(destinationId, 1);
  }

  callEnded(destinationId: number): void {
    this.count(destinationId, -1);
  }

  /** Calls that this worker has up through the destination. */
  calls(destinationId: number): number {
    return this.counts.get(destinationId) ?? 0;
  }

  private milliseconds(destinationId: number, word: number): number {
    const entry = this.entries.get(destinationId);
    const micros = entry === undefined ? -1 : Atomics.load(this.board, entry.slot * layout.stride + word);
    return micros < 0 ? -1 : micros / 1000;
  }

  private count(destinationId: number, step: 1 | -1): void {
    const now = Math.max(0, (this.counts.get(destinationId) ?? 0) + step);
    if (now === 0) this.counts.delete(destinationId);
    else this.counts.set(destinationId, now);
    const entry = this.entries.get(destinationId);
    if (entry !== undefined) this.show(entry, now);
  }

  private show(entry: BoardEntry, calls: number): void {
    Atomics.store(this.board, this.capacity * (layout.stride + this.worker) + entry.slot, calls);
  }
}

/**
 * The health board: what the main thread knows of destinations, readable by every worker without a message. One slot a
 * destination in a SharedArrayBuffer; the main thread alone writes state and latency, each worker counts its calls in a
 * lane of its own, so that a dead worker's calls can be forgotten. A board that is full is replaced by a bigger one.
 */
import type { HealthState } from '../contract/health.ts';
import type { Server } from '../dns/draw.ts';

const states: readonly HealthState[] = ['unknown', 'probing', 'up', 'down'];
/** Words of a slot: state, average latency and last latency in microseconds (-1 = none), epoch second of coming into service (0 = none). */
const stride = 4;
const STATE = 0;
const AVERAGE = 1;
const LAST = 2;
const UP_SINCE = 3;
const firstCapacity = 256;

/** What a worker must know of one destination beside the board's words. */
export interface BoardEntry {
  readonly id: number;
  /** -1 = gone. */
  readonly slot: number;
  /** Where a host name leads, by ascending priority; empty for numeric destinations and while not located. */
  readonly servers: readonly Server[];
}

/** Goes to workers by postMessage or workerData. `buffer` null = the board that the worker has already. */
export interface BoardUpdate {
  readonly buffer: SharedArrayBuffer | null;
  readonly capacity: number;
  readonly entries: readonly BoardEntry[];
}

function words(capacity: number, workers: number): number {
  return capacity * (stride + workers);
}

/** Main thread's side. */
export class HealthBoard {
  private readonly workers: number;
  private readonly publish: (update: BoardUpdate) => void;
  private readonly entries = new Map<number, BoardEntry>();
  private free: number[] = [];
  private capacity = firstCapacity;
  private nextSlot = 0;
  private board: Int32Array<SharedArrayBuffer>;

  /** `publish` is called with every update and must hand it to all workers in order. */
  constructor(workers: number, publish: (update: BoardUpdate) => void) {
    this.workers = workers;
    this.publish = publish;
    this.board = new Int32Array(new SharedArrayBuffer(words(this.capacity, workers) * 4));
  }

  /** The whole board, for a worker that starts. */
  image(): BoardUpdate {
    return { buffer: this.board.buffer, capacity: this.capacity, entries: [...this.entries.values()] };
  }

  /** Gives destinations slots; known ones keep theirs. */
  assign(ids: readonly number[]): void {
    const fresh: BoardEntry[] = [];
    let grown = false;
    for (const id of ids) {
      if (this.entries.has(id)) continue;
      let slot = this.free.pop();
      if (slot === undefined) {
        if (this.nextSlot === this.capacity) {
          this.grow();
          grown = true;
        }
        slot = this.nextSlot++;
      }
      const entry: BoardEntry = { id, slot, servers: [] };
      this.entries.set(id, entry);
      this.clear(slot);
      fresh.push(entry);
    }
    if (grown) this.publish(this.image());
    else if (fresh.length > 0) this.send(fresh);
  }

  /** Takes slots back. A worker that still has calls through a gone destination stops showing them. */
  release(ids: readonly number[]): void {
    const gone: BoardEntry[] = [];
    for (const id of ids) {
      const entry = this.entries.get(id);
      if (entry === undefined) continue;
      this.entries.delete(id);
      this.free.push(entry.slot);
      gone.push({ id, slot: -1, servers: [] });
    }
    if (gone.length > 0) this.send(gone);
  }

  /** Latencies in milliseconds, -1 = none yet; `upSinceMs` epoch milliseconds of coming into service, 0 = for long. */
  write(id: number, state: HealthState, lastMs: number, averageMs: number, upSinceMs = 0): void {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    const at = entry.slot * stride;
    Atomics.store(this.board, at + AVERAGE, micros(averageMs));
    Atomics.store(this.board, at + LAST, micros(lastMs));
    Atomics.store(this.board, at + UP_SINCE, Math.floor(upSinceMs / 1_000));
    Atomics.store(this.board, at + STATE, states.indexOf(state));
  }

  /** Publishes where a host name leads. */
  setServers(id: number, servers: readonly Server[]): void {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    const changed: BoardEntry = { id, slot: entry.slot, servers };
    this.entries.set(id, changed);
    this.send([changed]);
  }

  /** Calls that all workers have up through the destination. */
  calls(id: number): number {
    const entry = this.entries.get(id);
    if (entry === undefined) return 0;
    let sum = 0;
    for (let worker = 0; worker < this.workers; worker++) sum += Atomics.load(this.board, this.lane(worker) + entry.slot);
    return sum;
  }

  /** A worker died: its calls are no longer counted. */
  forgetWorker(worker: number): void {
    const from = this.lane(worker);
    for (let slot = 0; slot < this.capacity; slot++) Atomics.store(this.board, from + slot, 0);
  }

  private send(entries: readonly BoardEntry[]): void {
    this.publish({ buffer: null, capacity: this.capacity, entries });
  }

  private lane(worker: number): number {
    return this.capacity * (stride + worker);
  }

  private clear(slot: number): void {
    Atomics.store(this.board, slot * stride + STATE, 0);
    Atomics.store(this.board, slot * stride + AVERAGE, -1);
    Atomics.store(this.board, slot * stride + LAST, -1);
    Atomics.store(this.board, slot * stride + UP_SINCE, 0);
    for (let worker = 0; worker < this.workers; worker++) Atomics.store(this.board, this.lane(worker) + slot, 0);
  }

  /** Twice the room. States move over; calls are written again by each worker when it takes the new board. */
  private grow(): void {
    const before = this.board;
    const was = this.capacity;
    this.capacity *= 2;
    this.board = new Int32Array(new SharedArrayBuffer(words(this.capacity, this.workers) * 4));
    this.board.set(before.subarray(0, was * stride));
    for (let worker = 0; worker < this.workers; worker++) {
      this.board.set(before.subarray(was * (stride + worker), was * (stride + worker + 1)), this.lane(worker));
    }
  }
}

function micros(ms: number): number {
  return ms < 0 ? -1 : Math.min(0x7fffffff, Math.round(ms * 1000));
}

/** Name of a state word, `unknown` for anything else. */
export function stateOf(word: number): HealthState {
  return states[word] ?? 'unknown';
}

/** Where things lie in the board, for the workers' side. */
export const layout = { stride, state: STATE, average: AVERAGE, last: LAST, upSince: UP_SINCE } as const;

/** How the memory of a fuzzed process goes, and whether that is growth. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names the folder that `held-memory.ts` writes to. */
export const heldFolderVariable = 'SIGNALBOX_FUZZ_HELD';

export interface MemorySample {
  readonly atMs: number;
  /** Held by all threads after a collection: heap and buffers. 0 = not known yet. */
  readonly heldBytes: number;
  /** What the process has of the system, with what its allocators keep. */
  readonly residentBytes: number;
}

/**
 * By how much the lowest that a run's second half saw may lie above that of its first: what comes and goes with the load does
 * not count, what never goes does. Some bytes a message for what is held, more for what allocators keep.
 */
export const maxGrowth = { heldBytes: 4 * 1024 * 1024, residentBytes: 64 * 1024 * 1024 } as const;

/** Halves begin here: code is compiled, finished transactions (32 s) come and go. */
const settleMs = 45_000;
/** Shorter halves say nothing. */
const minHalfMs = 30_000;

export class MemoryCourse {
  readonly #samples: MemorySample[] = [];

  note(sample: MemorySample): void {
    if (sample.heldBytes > 0) this.#samples.push(sample);
  }

  /** What grew beyond its bound, in words; null = nothing, or the run was too short to tell. */
  growth(): string | null {
    const [first] = this.#samples;
    const settled = this.#samples.filter(({ atMs }) => atMs - (first?.atMs ?? 0) >= settleMs);
    const start = settled[0]?.atMs ?? 0;
    const middle = (start + (settled.at(-1)?.atMs ?? 0)) / 2;
    if (middle - start < minHalfMs) return null;
    for (const what of ['heldBytes', 'residentBytes'] as const) {
      const lowest = (samples: readonly MemorySample[]): number => Math.min(...samples.map((sample) => sample[what]));
      const before = lowest(settled.filter(({ atMs }) => atMs < middle));
      const after = lowest(settled.filter(({ atMs }) => atMs >= middle));
      if (after - before > maxGrowth[what]) return `${what} grew from ${megabytes(before)} to ${megabytes(after)}`;
    }
    return null;
  }

  /** Start (settled), middle and end: held of resident. */
  toString(): string {
    const samples = this.#samples;
    const start = samples.findIndex(({ atMs }) => atMs - (samples[0]?.atMs ?? 0) >= settleMs);
    if (start < 0) return 'unknown: the run was too short';
    const shown = [start, Math.floor((start + samples.length) / 2), samples.length - 1].map((at) => samples[at]).filter((sample) => sample !== undefined);
    return shown.map(({ heldBytes, residentBytes }) => `${megabytes(heldBytes)} of ${megabytes(residentBytes)}`).join(', ');
  }
}

/** Sum of what the threads have written; 0 before the first has. */
export const heldIn = (folder: string): number =>
  readdirSync(folder).filter((name) => /^\d+$/.test(name)).reduce((sum, name) => sum + Number(readFileSync(join(folder, name), 'latin1')), 0);

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

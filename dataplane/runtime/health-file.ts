/**
 * The health of destinations across a restart: written soon after each change, read once at start, so that a new
 * process routes by what the old one knew until its own probes have answered.
 */
import { readFileSync, writeFileSync, renameSync } from 'node:fs';
import { writeFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { SavedHealth } from '../health/watch.ts';
import { fireAndLog, type Logger } from './log.ts';

const fileName = 'health.json';
const delayMs = 500;
const states = new Set(['unknown', 'probing', 'up', 'down']);

export class HealthFile {
  readonly #path: string;
  readonly #log: Logger;
  readonly #read: () => readonly SavedHealth[];
  #timer: NodeJS.Timeout | null = null;

  /** @param read gives what is to be kept, at the time of writing */
  constructor(folder: string, log: Logger, read: () => readonly SavedHealth[]) {
    this.#path = join(folder, fileName);
    this.#log = log;
    this.#read = read;
  }

  /** Something changed: writes within half a second. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      fireAndLog(this.#log, 'cannot keep the health of destinations', this.#write());
    }, delayMs);
  }

  /** Writes at once, for the end of the process or for another that takes over. */
  keep(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    writeFileSync(`${this.#path}.tmp`, JSON.stringify(this.#read()), { mode: 0o600 });
    renameSync(`${this.#path}.tmp`, this.#path);
  }

  async #write(): Promise<void> {
    await writeFile(`${this.#path}.new`, JSON.stringify(this.#read()), { mode: 0o600 });
    await rename(`${this.#path}.new`, this.#path);
  }
}

/** What a former process kept; nothing when there is no file or it cannot be read as one. */
export function loadHealth(folder: string): readonly SavedHealth[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(join(folder, fileName), 'utf8'));
  } catch {
    return [];
  }
  return Array.isArray(parsed) ? parsed.filter(isSaved) : [];
}

function isSaved(value: unknown): value is SavedHealth {
  if (typeof value !== 'object' || value === null) return false;
  const { id, uri, state, reason, sinceMs } = value as Record<string, unknown>;
  return Number.isInteger(id) && typeof uri === 'string' && typeof state === 'string' && states.has(state)
    && typeof reason === 'object' && reason !== null && typeof sinceMs === 'number';
}

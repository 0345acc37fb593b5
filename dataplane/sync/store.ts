/**
 * Writing the last-known-good configuration: `config.log` grows with every applied delta; a snapshot is written when one
 * was applied or the log has grown long. Temporary file → fsync → rename → fsync of the folder; two generations are kept.
 * All work is queued, runs one after the other, and never fails the caller: a full disk costs a warning, not a call.
 */
import { mkdir, open, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as pause } from 'node:timers/promises';
import { files } from './last-known-good.ts';
import { logHeader, logLine } from './log-file.ts';
import type { AppliedDelta } from './node-events.ts';
import type { Replica } from './replica.ts';
import { snapshotParts } from './snapshot-file.ts';

/** A log longer than that, and longer than the snapshot's share, is folded into a new snapshot. */
const foldBytes = 4 * 1024 * 1024;
const mode = 0o600;

export class LastKnownGoodStore {
  private readonly folder: string;
  private readonly warn: (text: string) => void;
  private work: Promise<void> = Promise.resolve();
  private log: FileHandle | null = null;
  private logBytes = 0;
  private snapshotBytes = 0;
  /** Epoch and revision behind what is safely on disk; a log line must follow it. */
  private written: { readonly epoch: string; readonly rev: number } | null = null;
  private newest: Replica | null = null;
  /** Saves are numbered; a snapshot covers everything saved before it was begun. */
  private saved = 0;
  private covered = 0;

  /** @param warn is told, in a sentence, what could not be written. */
  constructor(folder: string, warn: (text: string) => void) {
    this.folder = folder;
    this.warn = warn;
  }

  /** Queues what was applied; `delta` null = write everything. */
  save(replica: Replica, delta: AppliedDelta | null): void {
    this.newest = replica;
    const turn = ++this.saved;
    this.work = this.work.then(() => this.write(turn, replica, delta)).catch((error: unknown) => this.failed(error));
  }

  /** Resolves when everything queued so far is on disk (or has failed with a warning). */
  async flush(): Promise<void> {
    await this.work;
  }

  async close(): Promise<void> {
    await this.work;
    await this.closeLog();
  }

  private async write(turn: number, replica: Replica, delta: AppliedDelta | null): Promise<void> {
    if (turn <= this.covered) return;
    const follows = delta !== null && this.written?.epoch === replica.epoch && this.written.rev === delta.from;
    if (!follows || this.log === null || this.logBytes > Math.max(foldBytes, this.snapshotBytes / 10)) {
      const covers = this.saved;
      await this.writeSnapshot(this.newest ?? replica);
      this.covered = covers;
      return;
    }
    const line = logLine({ epoch: replica.epoch, from: delta.from, to: replica.rev, hashes: replica.hashes, rows: delta.rows });
    await this.log.write(line);
    await this.log.datasync();
    this.logBytes += line.length;
    this.written = { epoch: replica.epoch, rev: replica.rev };
  }

  private async writeSnapshot(replica: Replica): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await this.closeLog();
    const temporary = this.at(`${files.snapshot}.tmp`);
    this.snapshotBytes = await writeParts(temporary, snapshotParts(replica));
    // The log goes first: in every moment of a crash some snapshot and the log that extends it are there.
    await moveIfThere(this.at(files.log), this.at(files.olderLog));
    await moveIfThere(this.at(files.snapshot), this.at(files.olderSnapshot));
    await rename(temporary, this.at(files.snapshot));
    await this.syncFolder();
    const log = await open(this.at(files.log), 'w', mode);
    this.log = log;
    await log.write(logHeader(replica.epoch, replica.rev));
    await log.sync();
    await this.syncFolder();
    this.logBytes = 0;
    this.written = { epoch: replica.epoch, rev: replica.rev };
  }

  private async failed(error: unknown): Promise<void> {
    this.written = null;
    const detail = error instanceof Error ? error.message : String(error);
    this.warn(`the last-known-good configuration could not be written to ${this.folder} (${detail}); the node goes on, but a restart would begin with an older revision`);
    await this.closeLog().catch(() => { this.log = null; });
  }

  private async closeLog(): Promise<void> {
    const { log } = this;
    this.log = null;
    await log?.close();
  }

  private async syncFolder(): Promise<void> {
    const folder = await open(this.folder, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  private at(name: string): string {
    return path.join(this.folder, name);
  }
}

async function writeParts(file: string, parts: Iterable<string | Uint8Array>): Promise<number> {
  const handle = await open(file, 'w', mode);
  let bytes = 0;
  try {
    for (const part of parts) {
      await handle.writeFile(part);
      bytes += part.length;
      await pause();
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return bytes;
}

async function moveIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

/**
 * The sessions of a media thread on disk, for the process that comes after this one: a line of JSON for each that changed, the
 * newest of a session counts. Written in batches, as packets too can change a session; what a crash loses is a call of the last
 * moments that re-learns its way. A disk that takes nothing keeps no call waiting: the whole file is written once it does again.
 */
import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';

/** Whatever belongs to a session; plain JSON. */
export interface JournalRecord {
  readonly session: string;
}

const flushMs = 50;
/** After a write that failed. */
const retryMs = 1_000;
/** No descriptor. */
const none = -1;
/** The file is written anew when it has so many lines and twice as many as there are sessions. */
const minLines = 10_000;

export class Journal<R extends JournalRecord> {
  readonly #path: string;
  readonly #live = new Map<string, R>();
  readonly #refused: (error: unknown) => void;
  /** Sessions that changed since the last batch. */
  readonly #pending = new Set<string>();
  #file = none;
  #lines = 0;
  /** The file misses something: only a new one is whole. */
  #broken = false;
  #closed = false;
  #timer: NodeJS.Timeout | null = null;

  /**
   * Opens the file, with what a former process left in it.
   * @param isRecord whether a line is one of ours: others are passed over
   * @param refused hears of the first of a row of writes that failed
   * @throws when the file is there and cannot be read
   */
  constructor(path: string, isRecord: (value: unknown) => value is R, refused: (error: unknown) => void) {
    this.#path = path;
    this.#refused = refused;
    for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
      const value = parse(line);
      if (isEnd(value)) this.#live.delete(value.ended);
      else if (isRecord(value)) this.#live.set(value.session, value);
    }
    this.#attempt(() => this.#rewrite());
  }

  /** Sessions that have not ended. */
  get records(): readonly R[] {
    return [...this.#live.values()];
  }

  changed(record: R): void {
    this.#live.set(record.session, record);
    this.#add(record.session);
  }

  ended(session: string): void {
    if (this.#live.delete(session)) this.#add(session);
  }

  /** What changes from now on is refused: the descriptor may be somebody else's soon, and the path is the next process's. */
  close(): void {
    this.flush();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#file !== none) closeSync(this.#file);
    this.#closed = true;
  }

  #add(session: string): void {
    if (this.#closed) {
      this.#refused(new Error(`the journal is closed: ${session} is not written`));
      return;
    }
    this.#pending.add(session);
    this.#timer ??= setTimeout(() => this.flush(), flushMs);
  }

  /** Writes what waits. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#pending.size === 0 && !this.#broken) return;
    const lines = [...this.#pending].map((session) => JSON.stringify(this.#live.get(session) ?? { ended: session }));
    this.#pending.clear();
    this.#lines += lines.length;
    const grown = this.#lines >= minLines && this.#lines >= 2 * this.#live.size;
    this.#attempt(() => (this.#broken || grown ? this.#rewrite() : this.#append(`${lines.join('\n')}\n`)));
  }

  #attempt(write: () => void): void {
    try {
      write();
      this.#broken = false;
    } catch (error) {
      if (!this.#broken) this.#refused(error);
      this.#broken = true;
      this.#timer ??= setTimeout(() => this.flush(), retryMs);
    }
  }

  #append(text: string): void {
    const bytes = Buffer.from(text);
    // A disk that fills up takes a part, without an error.
    if (writeSync(this.#file, bytes) < bytes.length) throw new Error(`${this.#path}: no room for all of it`);
  }

  #rewrite(): void {
    const text = this.records.map((record) => `${JSON.stringify(record)}\n`).join('');
    writeFileSync(`${this.#path}.new`, text, { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
    this.#lines = this.#live.size;
    const former = this.#file;
    this.#file = openSync(this.#path, 'a', 0o600);
    if (former !== none) closeSync(former);
  }
}

/** null = half a line, as a crash leaves it. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

const isEnd = (value: unknown): value is { readonly ended: string } => typeof value === 'object' && value !== null && 'ended' in value && typeof value.ended === 'string';

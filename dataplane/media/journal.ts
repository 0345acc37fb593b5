/**
 * The sessions of a media thread on disk, for the process that comes after this one: a line of JSON for each that changed, the
 * newest of a session counts. Written in batches, as packets too can change a session; what a crash loses is a call of the last
 * moments that re-learns its way.
 */
import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';

/** Whatever belongs to a session; plain JSON. */
export interface JournalRecord {
  readonly session: string;
}

const flushMs = 50;
/** No descriptor. */
const closed = -1;
/** The file is written anew when it has so many lines and twice as many as there are sessions. */
const minLines = 10_000;

export class Journal<R extends JournalRecord> {
  readonly #path: string;
  readonly #live = new Map<string, R>();
  readonly #refused: (error: unknown) => void;
  /** Sessions that changed since the last batch. */
  readonly #pending = new Set<string>();
  #file: number;
  #lines = 0;
  #timer: NodeJS.Timeout | null = null;

  /**
   * Opens the file, with what a former process left in it.
   * @param isRecord whether a line is one of ours: others are passed over
   * @param refused hears of each write that failed; the thread goes on without
   * @throws when the file can be neither read nor written
   */
  constructor(path: string, isRecord: (value: unknown) => value is R, refused: (error: unknown) => void) {
    this.#path = path;
    this.#refused = refused;
    for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
      const value = parse(line);
      if (isEnd(value)) this.#live.delete(value.ended);
      else if (isRecord(value)) this.#live.set(value.session, value);
    }
    this.#file = this.#rewrite();
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
    closeSync(this.#file);
    this.#file = closed;
  }

  #add(session: string): void {
    this.#pending.add(session);
    this.#timer ??= setTimeout(() => this.flush(), flushMs);
  }

  /** Writes what waits. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#pending.size === 0) return;
    const lines = [...this.#pending].map((session) => JSON.stringify(this.#live.get(session) ?? { ended: session }));
    this.#pending.clear();
    try {
      if (this.#file === closed) throw new Error('the journal is closed');
      this.#lines += lines.length;
      if (this.#lines < minLines || this.#lines < 2 * this.#live.size) writeSync(this.#file, `${lines.join('\n')}\n`);
      else {
        const former = this.#file;
        this.#file = this.#rewrite();
        closeSync(former);
      }
    } catch (error) {
      this.#refused(error);
    }
  }

  #rewrite(): number {
    const text = this.records.map((record) => `${JSON.stringify(record)}\n`).join('');
    writeFileSync(`${this.#path}.new`, text, { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
    this.#lines = this.#live.size;
    return openSync(this.#path, 'a', 0o600);
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

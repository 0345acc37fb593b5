/**
 * One `nft -i` that lives as long as we do and runs scripts one after the other: a process for each change would stop this
 * thread for milliseconds each time it is started. Lists of elements go the same way: nft begins one anew whenever anything was
 * changed meanwhile, and would not come to an end beside a busy process of changes. A script is written into an unlinked file that nft includes, since nft
 * reads what is typed to it byte by byte; then a line follows that nft cannot read and complains about, which costs nothing
 * and shows that all before it is done.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface NftAnswer {
  /** The process ended before it had done with the script, or did not come to an end of it. */
  readonly died: boolean;
  /** nft's first complaint, '' = none: all was done. */
  readonly complaint: string;
}

export interface ScriptRunner {
  /**
   * Runs a script after those that were given before.
   * @param hear hears all that nft writes, as it comes
   * @param done called once, later
   * @param patienceMs a process that takes longer is ended
   */
  run(script: string, hear: (piece: string) => void, done: (answer: NftAnswer) => void, patienceMs?: number): void;
}

/** Where nft is, beside the usual PATH: services often have none of the sbin folders in theirs. */
export const nftPath = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/local/sbin`;
/** No HOME: nft would keep what is typed to it as a history there. */
export const nftEnvironment = { PATH: nftPath, LC_ALL: 'C' };

const standardPatienceMs = 10_000;
const keptCharacters = 4_096;
const tailCharacters = 256;

/** An unlinked file: nothing stays behind, however this process ends. */
function openScriptFile(): number {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-nft-'));
  try {
    return openSync(join(folder, 'script'), 'wx+', 0o600);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Task {
  readonly script: string;
  readonly hear: (piece: string) => void;
  readonly done: (answer: NftAnswer) => void;
  readonly patienceMs: number;
}

interface Running {
  readonly task: Task;
  readonly number: number;
  readonly deadline: NodeJS.Timeout;
  said: string;
  tail: string;
}

export class NftChannel implements ScriptRunner {
  readonly #file = openScriptFile();
  readonly #tasks: Task[] = [];
  #child: ChildProcess | null = null;
  #running: Running | null = null;
  #number = 0;
  #closed = false;

  run(script: string, hear: (piece: string) => void, done: (answer: NftAnswer) => void, patienceMs = standardPatienceMs): void {
    if (this.#closed) {
      setImmediate(done, { died: true, complaint: 'closed' });
      return;
    }
    this.#tasks.push({ script, hear, done, patienceMs });
    if (this.#running === null) this.#next();
  }

  /** Ends the process after the scripts that were given. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#running === null) this.#end();
  }

  #next(): void {
    const task = this.#tasks.shift();
    if (task === undefined) {
      if (this.#closed) this.#end();
      return;
    }
    const child = this.#child ?? this.#start();
    const number = ++this.#number;
    const deadline = setTimeout(() => child.kill('SIGKILL'), task.patienceMs);
    this.#running = { task, number, deadline, said: '', tail: '' };
    ftruncateSync(this.#file, 0);
    writeSync(this.#file, task.script, 0);
    child.stdin?.write(`include "/proc/self/fd/3"\nack ${number}\n`);
  }

  #end(): void {
    closeSync(this.#file);
    this.#child?.stdin?.end();
  }

  #start(): ChildProcess {
    // Both outputs as one, so that their order is kept.
    const child = spawn('sh', ['-c', 'exec nft -n -j -i 2>&1'], { stdio: ['pipe', 'pipe', 'ignore', this.#file], env: nftEnvironment });
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (piece: string) => this.#hear(piece));
    // A pipe to a process that has ended; its end is told below.
    child.stdin?.on('error', () => undefined);
    let ended = false;
    const end = (why: string): void => {
      if (ended) return;
      ended = true;
      this.#child = null;
      this.#finish({ died: true, complaint: why });
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) => end(`nft ended with ${signal ?? code}${this.#running === null ? '' : `: ${firstLine(this.#running.said)}`}`));
    return child;
  }

  #hear(piece: string): void {
    const running = this.#running;
    if (running === null) return;
    running.task.hear(piece);
    if (running.said.length < keptCharacters) running.said += piece.slice(0, keptCharacters);
    running.tail = (running.tail + piece).slice(-tailCharacters);
    if (!running.tail.includes(`\nack ${running.number}\n`)) return;
    this.#finish({ died: false, complaint: complaintIn(running.said, running.number) });
  }

  #finish(answer: NftAnswer): void {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    clearTimeout(running.deadline);
    running.task.done(answer);
    // Whoever was answered may have begun the next one.
    if (this.#running === null) this.#next();
  }
}

const firstLine = (text: string): string => text.trim().split('\n', 1)[0] ?? '';

/** The first complaint but the one about the line behind the script. */
export function complaintIn(said: string, number: number): string {
  const ack = said.indexOf(`\nack ${number}\n`);
  const about = ack < 0 ? said : said.slice(0, said.lastIndexOf('Error', ack));
  const start = about.indexOf('Error: ');
  return start < 0 ? '' : firstLine(about.slice(start + 'Error: '.length));
}

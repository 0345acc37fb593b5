/** Real processes of a test: started with the pinned Node, watched, stopped by pid, their log kept for the failure message. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Hopeless, until, within } from './deadline.ts';

/** The repository's root folder, with a slash at its end. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

const keptLines = 2_000;
const pipeGraceMs = 1_000;

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Lines can be typed to it (`type`); else its standard input is empty. */
  readonly typed?: boolean;
}

export class TestProcess {
  readonly name: string;
  /** Lines of stdout and stderr, the newest 2,000. */
  readonly log: string[] = [];
  readonly #child: ChildProcess;
  readonly #exited: Promise<number>;
  exitCode: number | null = null;

  /** Starts `command`; the environment is the given one plus PATH and HOME only. */
  constructor(name: string, command: string, args: readonly string[], options: ProcessOptions = {}) {
    this.name = name;
    const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, HOME: process.env['HOME'] ?? '/', LANG: 'C.UTF-8', ...options.env };
    const child = spawn(command, args, { cwd: options.cwd ?? projectRoot, env, stdio: [options.typed === true ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.log.push(line);
        if (this.log.length > keptLines) this.log.shift();
      });
    }
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => {
        this.log.push(`cannot start: ${error.message}`);
        this.exitCode = 127;
        resolve(127);
      });
      const ended = (code: number | null): void => {
        this.exitCode = code ?? -1;
        resolve(this.exitCode);
      };
      child.once('close', ended);
      // A grandchild may hold the pipes open; the process itself is gone all the same.
      child.once('exit', (code) => setTimeout(ended, pipeGraceMs, code).unref());
    });
  }

  /** A file of the project under the pinned Node. */
  static node(name: string, file: string, args: readonly string[] = [], options: ProcessOptions = {}): TestProcess {
    return new TestProcess(name, process.execPath, [`${projectRoot}${file}`, ...args], options);
  }

  /** Types a line, as a user at its prompt does. */
  type(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`${this.name} was not started`);
    return pid;
  }

  get running(): boolean {
    return this.exitCode === null;
  }

  /** The exit code; -1 when a signal ended it. */
  exit(ms = 20_000): Promise<number> {
    return within(ms, `${this.name}: exit`, this.#exited);
  }

  /** SIGTERM, then SIGKILL after `graceMs`. Resolves to the exit code. */
  async stop(graceMs = 10_000): Promise<number> {
    if (!this.running) return this.exitCode ?? -1;
    const hard = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    this.#child.kill('SIGTERM');
    const code = await this.#exited;
    clearTimeout(hard);
    return code;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** kill -9, and waits until the process is gone. */
  async kill(): Promise<void> {
    if (!this.running) return;
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** The first line, past or future, that matches. */
  async line(pattern: RegExp, ms = 10_000): Promise<RegExpExecArray> {
    return until(`${this.name}: a line like ${String(pattern)}`, ms, () => {
      for (const line of this.log) {
        const match = pattern.exec(line);
        if (match) return match;
      }
      if (!this.running) throw new Hopeless(`${this.name} ended with ${this.exitCode}:\n${this.tail()}`);
      return null;
    });
  }

  /** The end of the log, for failure messages. */
  tail(lines = 25): string {
    return this.log.slice(-lines).join('\n');
  }

  /** Waits until GET `url` answers 200; fails at once when the process ends. */
  async ready(url: string, ms = 30_000): Promise<void> {
    await until(`${this.name}: 200 from ${url}`, ms, async () => {
      if (!this.running) throw new Hopeless(`${this.name} ended with ${this.exitCode} before it was ready:\n${this.tail()}`);
      return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
    });
  }
}

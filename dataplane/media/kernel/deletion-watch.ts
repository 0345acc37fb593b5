/**
 * Hears from the kernel what an element had counted when it was deleted: no list taken before would be exact, and reading one
 * element costs nft as much as reading all of them. And that rules of the table went, which somebody else has taken.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ElementReader, type CountedElement } from './element-reader.ts';
import { nftEnvironment } from './nft-channel.ts';

/** The shell ends nft when this process is gone, however that happened: its end of the pipe closes. */
const script = 'nft -n -j monitor destroy & exec >/dev/null; read -r _; kill $!';
const restartMs = 1_000;

export class DeletionWatch {
  readonly #table: string;
  readonly #deleted: (element: CountedElement) => void;
  readonly #doubt: () => void;
  #child: ChildProcess | null = null;
  #restart: NodeJS.Timeout | null = null;
  #closed = false;

  /**
   * Starts.
   * @param deleted hears of each counted element of the table that goes
   * @param doubt called when rules of the table went, or may have gone while nobody watched
   */
  constructor(table: string, deleted: (element: CountedElement) => void, doubt: () => void) {
    this.#table = table;
    this.#deleted = deleted;
    this.#doubt = doubt;
    this.#start();
  }

  close(): void {
    this.#closed = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    this.#child?.stdin?.end();
  }

  #start(): void {
    this.#restart = null;
    this.#doubt();
    const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'], env: nftEnvironment });
    this.#child = child;
    const ours = `"table": "${this.#table}", "name": "from`;
    const rule = `{"delete": {"rule": {"family": "inet", "table": "${this.#table}",`;
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.startsWith('{"delete"') && line.includes(ours)) new ElementReader(this.#deleted).read(line);
        else if (line.startsWith(rule)) this.#doubt();
      });
    }
    child.stdin?.on('error', () => undefined);
    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      this.#child = null;
      child.stdin?.end();
      if (!this.#closed) this.#restart = setTimeout(() => this.#start(), restartMs);
    };
    child.once('error', end);
    child.stdout?.once('close', end);
  }
}

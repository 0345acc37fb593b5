/** A data plane as a process of its own on a kept configuration, with or without a control plane. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../test/harness/ports.ts';
import { projectRoot, TestProcess } from '../../test/harness/process.ts';
import { residentBytes } from '../cpu.ts';

const settleMs = 1_000;
/** Resident memory counts as settled when it has not fallen for so many looks. */
const steadyLooks = 6;
const mostLooks = 40;

/** The longest that one thread's event loop was held. */
export interface Stall {
  readonly wallMs: number;
  readonly cpuMs: number;
}

export interface EdgeOptions {
  readonly workers: number;
  readonly controlUrl?: string;
  readonly token?: string;
}

const nap = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

export class Edge {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'signalbox-tables-'));
  readonly stallDir = mkdtempSync(join(tmpdir(), 'signalbox-stalls-'));
  #process: TestProcess | null = null;
  port = 0;

  get pid(): number {
    if (this.#process === null) throw new Error('not started');
    return this.#process.pid;
  }

  /** Starts the process. @returns milliseconds until it is ready */
  async start({ workers, controlUrl, token = 'bench' }: EdgeOptions): Promise<number> {
    this.port = await freePort();
    const http = await freePort();
    const began = performance.now();
    this.#process = TestProcess.node('dataplane', 'dataplane/main.ts', [], {
      env: {
        NODE_OPTIONS: `--import=${projectRoot}bench/tables/stall-probe.ts`, SIGNALBOX_STALL_FOLDER: this.stallDir,
        SIGNALBOX_LISTEN: `udp:127.0.0.1:${this.port}`, SIGNALBOX_NODE_HTTP: `127.0.0.1:${http}`, SIGNALBOX_DATA: this.dataDir,
        SIGNALBOX_CONTROL_URL: controlUrl ?? `ws://127.0.0.1:${http}/none`, SIGNALBOX_NODE_TOKEN: token, SIGNALBOX_WORKERS: String(workers), SIGNALBOX_LOG: 'warn',
      },
    });
    await this.#process.ready(`http://127.0.0.1:${http}/${controlUrl === undefined ? 'ready' : 'metrics'}`, 60_000);
    return performance.now() - began;
  }

  /** Resident bytes when they have stopped falling. */
  async settledBytes(): Promise<number> {
    let least = Infinity;
    let steady = 0;
    for (let look = 0; look < mostLooks && steady < steadyLooks; look++) {
      await nap(settleMs);
      const now = residentBytes(this.pid);
      steady = now < least - 1_000_000 ? 0 : steady + 1;
      least = Math.min(least, now);
    }
    return residentBytes(this.pid);
  }

  /** The longest stalls of the main thread and of the worst worker since `sinceMs` (Date.now). */
  stalls(sinceMs: number): { readonly main: Stall; readonly worker: Stall } {
    const main = { wallMs: 0, cpuMs: 0 };
    const worker = { wallMs: 0, cpuMs: 0 };
    for (const name of readdirSync(this.stallDir)) {
      const into = name === 'thread-0.jsonl' ? main : worker;
      for (const line of readFileSync(join(this.stallDir, name), 'utf8').split('\n')) {
        if (line === '') continue;
        const { at, wall, cpu } = JSON.parse(line) as { at: number; wall: number; cpu: number };
        if (at < sinceMs) continue;
        into.wallMs = Math.max(into.wallMs, wall);
        into.cpuMs = Math.max(into.cpuMs, cpu);
      }
    }
    return { main, worker };
  }

  get log(): string {
    return this.#process?.tail() ?? '';
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = null;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
    rmSync(this.stallDir, { recursive: true, force: true });
  }
}

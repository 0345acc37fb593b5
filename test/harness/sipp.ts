/** sipp (Debian package sip-tester) as backend and as caller, for tests and benches. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './deadline.ts';
import { freePort } from './ports.ts';
import { projectRoot, TestProcess } from './process.ts';
import { hostPort } from './sip-text.ts';

const scenario = (name: string): string => `${projectRoot}test/harness/scenarios/${name}.xml`;
/** Calls at once with a port each. */
const maxPorts = 4_000;
const bufferBytes = 4 * 1024 * 1024;

export interface SippStatistics {
  readonly successful: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** Calls begun or taken so far. */
  readonly calls: number;
}

export interface SippOptions {
  readonly host?: string;
  readonly port?: number;
  readonly transport?: 'udp' | 'tcp';
  /** UDP: each call from a port of its own, as of so many phones; all from one otherwise. */
  readonly manyPorts?: boolean;
}

const transportOf = ({ transport, manyPorts }: SippOptions): string[] =>
  (manyPorts === true ? ['-t', 'un', '-max_socket', String(maxPorts)] : ['-t', transport === 'tcp' ? 't1' : 'u1']);

/** A running sipp with a folder of its own for statistics and traces. */
export class Sipp {
  readonly process: TestProcess;
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  readonly transport: 'udp' | 'tcp';

  private constructor(process: TestProcess, host: string, port: number, folder: string, transport: 'udp' | 'tcp') {
    this.transport = transport;
    this.process = process;
    this.host = host;
    this.port = port;
    this.folder = folder;
  }

  static async #start(name: string, args: readonly string[], options: SippOptions): Promise<Sipp> {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-sipp-'));
    const host = options.host ?? '127.0.0.1';
    const port = options.port ?? (await freePort());
    const process = new TestProcess(name, 'sipp', [
      ...args, '-i', host, '-p', String(port), '-mi', host, ...transportOf(options), '-nostdin', '-buff_size', String(bufferBytes),
      '-trace_stat', '-stf', join(folder, 'statistics.csv'), '-fd', '1', '-trace_err', '-error_file', join(folder, 'errors.log'),
    ], { cwd: folder });
    return new Sipp(process, host, port, folder, options.transport ?? 'udp');
  }

  /** A backend that answers OPTIONS and INVITE; runs until stopped. */
  static async backend(name: string, options: SippOptions = {}): Promise<Sipp> {
    const transport = options.transport === 'tcp' ? { transport: 'tcp' as const } : {};
    const sipp = await Sipp.#start(name, ['-sf', scenario('uas')], { ...options, ...transport });
    await until(`${name}: statistics of a running sipp`, 5_000, () => sipp.process.running && sipp.statistics() !== null);
    return sipp;
  }

  /**
   * A caller: `calls` calls at `rate` a second to `domain` through `edge`, each held for `holdMs`.
   */
  static caller(name: string, load: {
    readonly edge: { readonly host: string; readonly port: number };
    readonly domain: string;
    readonly user?: string;
    readonly rate: number;
    readonly calls: number;
    readonly holdMs: number;
    /** Instead of calls: phones that register, and take it back after `holdMs`. */
    readonly registers?: boolean;
  }, options: SippOptions = {}): Promise<Sipp> {
    return Sipp.#start(name, [
      '-sf', scenario(load.registers === true ? 'register' : 'uac'), hostPort(load.edge.host, load.edge.port), '-key', 'domain', load.domain, '-s', load.user ?? '1001',
      '-r', String(load.rate), '-m', String(load.calls), '-l', String(Math.max(load.calls, 1)), '-d', String(load.holdMs), '-recv_timeout', '20000', '-timeout', `${Math.ceil(load.calls / load.rate) + 40}s`,
    ], options);
  }

  get uri(): string {
    return `sip:${hostPort(this.host, this.port)}${this.transport === 'tcp' ? ';transport=tcp' : ''}`;
  }

  /** The newest line of sipp's statistics file, null before the first. */
  statistics(): SippStatistics | null {
    return readStatistics(join(this.folder, 'statistics.csv'));
  }

  /** Waits for the end of a caller. */
  async finished(ms: number): Promise<SippStatistics> {
    await this.process.exit(ms);
    const statistics = this.statistics();
    if (!statistics) throw new Error(`${this.process.name} left no statistics:\n${this.process.tail()}`);
    return statistics;
  }

  /** The beginning of sipp's error log, for failure messages. */
  errors(): string {
    try {
      return readFileSync(join(this.folder, 'errors.log'), 'latin1').slice(0, 4_000);
    } catch {
      return '';
    }
  }

  async stop(): Promise<void> {
    await this.process.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function readStatistics(file: string): SippStatistics | null {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch {
    return null;
  }
  const lines = text.split('\n').filter((line) => line !== '');
  const names = lines[0]?.split(';') ?? [];
  const newest = lines.at(-1)?.split(';') ?? [];
  if (lines.length < 2 || newest.length < names.length - 1) return null;
  const value = (name: string): number => Number(newest[names.indexOf(name)] ?? 0);
  return {
    successful: value('SuccessfulCall(C)'),
    failed: value('FailedCall(C)'),
    retransmissions: value('Retransmissions(C)'),
    calls: value('TotalCallCreated'),
  };
}

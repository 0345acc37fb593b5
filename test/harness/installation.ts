/** A whole installation for a test: one control plane and data planes, each a real process with a folder of its own. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from './api.ts';
import { migratedDataFolder } from './data-folder.ts';
import { Hopeless, until } from './deadline.ts';
import { freePort } from './ports.ts';
import { TestProcess } from './process.ts';
import { hostPort } from './sip-text.ts';

const adminToken = 'test-owner-token-of-this-installation-only';

export interface ControlPlaneOptions {
  /** PostgreSQL; the embedded database when absent. */
  readonly databaseUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class ControlPlane {
  readonly api: Api;
  readonly port: number;
  readonly dataDir: string;
  readonly #options: ControlPlaneOptions;
  process: TestProcess;

  private constructor(port: number, dataDir: string, options: ControlPlaneOptions) {
    this.port = port;
    this.dataDir = dataDir;
    this.#options = options;
    this.api = new Api(`http://127.0.0.1:${port}`, adminToken);
    this.process = this.#spawn();
  }

  static async start(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
    return ControlPlane.#startOn(options.databaseUrl === undefined ? await ControlPlane.newDataDir() : mkdtempSync(join(tmpdir(), 'signalbox-control-')), options);
  }

  /** A data folder of its own with an embedded database that is migrated and empty. */
  static async newDataDir(): Promise<string> {
    const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-control-'));
    cpSync(await migratedDataFolder(ControlPlane.#startOn), dataDir, { recursive: true });
    return dataDir;
  }

  static async #startOn(dataDir: string, options: ControlPlaneOptions = {}): Promise<ControlPlane> {
    const plane = new ControlPlane(await freePort(), dataDir, options);
    try {
      await plane.process.ready(`http://127.0.0.1:${plane.port}/healthz`, 60_000);
    } catch (error) {
      await plane.stop();
      throw error;
    }
    return plane;
  }

  #spawn(): TestProcess {
    return TestProcess.node('controlplane', 'controlplane/main.ts', [], {
      env: {
        SIGNALBOX_HTTP: `127.0.0.1:${this.port}`, SIGNALBOX_DATA: this.dataDir, SIGNALBOX_ADMIN_TOKEN: adminToken,
        DATABASE_URL: this.#options.databaseUrl, SIGNALBOX_LOG: 'info', ...this.#options.env,
      },
    });
  }

  get syncUrl(): string {
    return `ws://127.0.0.1:${this.port}/sync/v1`;
  }

  /** A join token for one more node. */
  async joinToken(name: string): Promise<string> {
    return (await this.api.post<{ token: string }>('/nodes/join-tokens', { name })).token;
  }

  /** The token that the control plane leaves for `npm start`. */
  localJoinToken(): string {
    return readFileSync(join(this.dataDir, 'local-join-token'), 'utf8').trim();
  }

  kill(): Promise<void> {
    return this.process.kill();
  }

  /** Starts again on the same port and data. */
  async restart(): Promise<void> {
    if (this.process.running) await this.process.stop();
    this.process = this.#spawn();
    await this.process.ready(`http://127.0.0.1:${this.port}/healthz`);
  }

  /** Ends it at once and removes its folder; tests about a clean stop use `process.stop()`. */
  async stop(): Promise<void> {
    await this.process.kill();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

export interface DataPlaneOptions {
  readonly name?: string;
  readonly controlUrls: readonly string[];
  readonly joinToken?: string;
  /** Listeners; UDP and TCP on 127.0.0.1 when absent. `PORT` stands for the plane's SIP port. */
  readonly listen?: string;
  /** SIP workers; as many as SIGNALBOX_TEST_WORKERS says when left out, else as many as the data plane likes. */
  readonly workers?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export class DataPlane {
  readonly host = '127.0.0.1';
  /** SIP port. */
  readonly port: number;
  readonly httpPort: number;
  readonly dataDir: string;
  readonly name: string;
  readonly #options: DataPlaneOptions;
  process: TestProcess;

  private constructor(port: number, httpPort: number, options: DataPlaneOptions) {
    this.port = port;
    this.httpPort = httpPort;
    this.name = options.name ?? `node-${port}`;
    this.dataDir = mkdtempSync(join(tmpdir(), 'signalbox-node-'));
    this.#options = options;
    this.process = this.#spawn(options.controlUrls);
  }

  static async start(options: DataPlaneOptions): Promise<DataPlane> {
    const plane = new DataPlane(await freePort(), await freePort(), options);
    try {
      await plane.ready();
    } catch (error) {
      await plane.stop();
      throw error;
    }
    return plane;
  }

  #spawn(controlUrls: readonly string[], args: readonly string[] = []): TestProcess {
    return TestProcess.node('dataplane', 'dataplane/main.ts', args, {
      env: {
        SIGNALBOX_LISTEN: (this.#options.listen ?? 'udp:127.0.0.1:PORT,tcp:127.0.0.1:PORT').replaceAll('PORT', String(this.port)),
        SIGNALBOX_NODE_HTTP: `127.0.0.1:${this.httpPort}`, SIGNALBOX_DATA: this.dataDir, SIGNALBOX_NODE_NAME: this.name,
        SIGNALBOX_CONTROL_URL: controlUrls.join(','), SIGNALBOX_JOIN_TOKEN: this.#options.joinToken,
        SIGNALBOX_WORKERS: this.#options.workers?.toString() ?? process.env['SIGNALBOX_TEST_WORKERS'],
        SIGNALBOX_LOG: 'info', ...this.#options.env,
      },
    });
  }

  get pid(): number {
    return this.process.pid;
  }

  /** `sip:` address for callers. */
  get address(): string {
    return hostPort(this.host, this.port);
  }

  ready(): Promise<void> {
    return this.process.ready(`http://127.0.0.1:${this.httpPort}/ready`);
  }

  async #read(path: string): Promise<string> {
    if (!this.process.running) throw new Hopeless(`the data plane ended with ${this.process.exitCode}:\n${this.process.tail()}`);
    const response = await fetch(`http://127.0.0.1:${this.httpPort}${path}`, { signal: AbortSignal.timeout(5_000) });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response.text();
  }

  async inspect(): Promise<Readonly<Record<string, unknown>>> {
    return JSON.parse(await this.#read('/inspect')) as Record<string, unknown>;
  }

  /** Sum of a metric over its labels, 0 when it does not exist. `name` without the prefix. */
  async metric(name: string): Promise<number> {
    const text = await this.#read('/metrics');
    return text.split('\n').filter((line) => new RegExp(`^signalbox_${name}(\\{| )`).test(line)).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  kill(): Promise<void> {
    return this.process.kill();
  }

  /** Starts again on the same ports and data, as after a crash. */
  async restart(controlUrls: readonly string[] = this.#options.controlUrls): Promise<void> {
    if (this.process.running) await this.process.stop();
    this.process = this.#spawn(controlUrls);
    await this.ready();
  }

  /** Has another process take over (`--takeover`). @returns the one that was replaced, which ends by itself */
  async takeOver(): Promise<TestProcess> {
    const former = this.process;
    this.process = this.#spawn(this.#options.controlUrls, ['--takeover']);
    await until('the new process to serve', 60_000, async () => (await this.inspect())['pid'] === this.pid);
    return former;
  }

  /** Ends it at once and removes its folder; tests about a clean stop use `process.stop()`. */
  async stop(): Promise<void> {
    await this.process.kill();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** A control plane with one joined data plane. */
export class Installation {
  readonly control: ControlPlane;
  readonly edge: DataPlane;
  readonly #closers: (() => Promise<unknown>)[] = [];

  private constructor(control: ControlPlane, edge: DataPlane) {
    this.control = control;
    this.edge = edge;
  }

  static async start(options: { readonly control?: ControlPlaneOptions; readonly edge?: Omit<DataPlaneOptions, 'controlUrls'> } = {}): Promise<Installation> {
    const control = await ControlPlane.start(options.control);
    try {
      const edge = await DataPlane.start({ controlUrls: [control.syncUrl], joinToken: control.localJoinToken(), ...options.edge });
      return new Installation(control, edge);
    } catch (error) {
      await control.stop();
      throw error;
    }
  }

  get api(): Api {
    return this.control.api;
  }

  /** Keeps something to close with the installation, in reverse order. */
  with<T extends { close(): Promise<unknown> } | { stop(): Promise<unknown> }>(thing: T): T {
    this.#closers.unshift(() => ('close' in thing ? thing.close() : thing.stop()));
    return thing;
  }

  async stop(): Promise<void> {
    for (const close of this.#closers) await close();
    await this.edge.stop();
    await this.control.stop();
  }
}

/** The demo backend as a process of its own, so that a test can kill -9 it. */
import { freePort } from './ports.ts';
import { TestProcess } from './process.ts';

export class BackendProcess {
  readonly name: string;
  readonly port: number;
  process: TestProcess;

  private constructor(name: string, port: number) {
    this.name = name;
    this.port = port;
    this.process = this.#spawn();
  }

  #spawn(): TestProcess {
    return TestProcess.node(this.name, 'test/demo/main.ts', ['backend', '--port', String(this.port), '--name', this.name]);
  }

  static async start(name: string): Promise<BackendProcess> {
    const backend = new BackendProcess(name, await freePort());
    await backend.process.line(/listens on/);
    return backend;
  }

  get uri(): string {
    return `sip:127.0.0.1:${this.port}`;
  }

  kill(): Promise<void> {
    return this.process.kill();
  }

  async restart(): Promise<void> {
    this.process = this.#spawn();
    await this.process.line(/listens on/);
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }
}

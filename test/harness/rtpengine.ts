/** rtpengine (Debian package rtpengine-daemon) in userland mode, with a control port of the ng protocol on loopback. */
import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeDictionary, encodeFields, type BencodeFields } from '../../dataplane/media/rtpengine/bencode.ts';
import { Hopeless, until } from './deadline.ts';
import { freePort } from './ports.ts';
import { TestProcess } from './process.ts';

export interface RtpengineOptions {
  /** Addresses that it has media ports on; both families of loopback when left out. */
  readonly interfaces?: readonly string[];
  /** Of its media. */
  readonly ports: { readonly first: number; readonly last: number };
  /** Of its control port; any free one when left out. */
  readonly ngPort?: number;
}

export class Rtpengine {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly process: TestProcess;
  readonly #folder: string;

  private constructor(process: TestProcess, port: number, folder: string) {
    this.process = process;
    this.port = port;
    this.#folder = folder;
  }

  /** Starts it and waits until it answers a ping. */
  static async start({ interfaces = ['127.0.0.1', '::1'], ports, ngPort }: RtpengineOptions): Promise<Rtpengine> {
    const port = ngPort ?? (await freePort());
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-rtpengine-'));
    const process = new TestProcess('rtpengine', 'rtpengine', [
      '--config-file=none', '--foreground', '--log-stderr', '--log-level=5', '--table=-1', '--num-threads=2', '--no-redis-required', `--pidfile=${join(folder, 'pid')}`,
      ...interfaces.map((address) => `--interface=default/${address}`), `--listen-ng=127.0.0.1:${port}`,
      `--port-min=${ports.first}`, `--port-max=${ports.last}`,
    ], { cwd: folder });
    const engine = new Rtpengine(process, port, folder);
    try {
      await engine.#ask({ command: 'ping' });
    } catch (error) {
      await engine.stop();
      throw error;
    }
    return engine;
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** Has a command answered that shows no more than how it stands. */
  async #ask(fields: BencodeFields): Promise<string> {
    const socket = createSocket('udp4');
    let answer = '';
    socket.on('message', (data) => {
      answer = data.toString('latin1');
    });
    // Until it listens, the kernel says so in errors.
    socket.on('error', () => undefined);
    try {
      return await until(`rtpengine: an answer to ${JSON.stringify(fields)}`, 20_000, () => {
        if (!this.process.running) throw new Hopeless(`rtpengine ended:\n${this.process.tail()}`);
        // It repeats its answer to a cookie that it has seen.
        if (answer === '') socket.send(`${randomUUID()} ${encodeFields(fields)}`, this.port, this.host);
        return answer;
      });
    } finally {
      socket.close();
    }
  }

  async #calls(): Promise<readonly string[]> {
    const answer = await this.#ask({ command: 'list' });
    const dictionary = decodeDictionary(Buffer.from(answer, 'latin1'), answer.indexOf(' ') + 1);
    const calls = dictionary.ok ? dictionary.value.get('calls') : undefined;
    if (!Array.isArray(calls)) throw new Error(`rtpengine: no list of calls: ${answer}`);
    return calls.map(String);
  }

  /** Whether it has a call. */
  async hasCalls(): Promise<boolean> {
    return (await this.#calls()).length > 0;
  }

  /** Of how many streams of its calls it has learned for good where they come from. */
  async learned(): Promise<number> {
    let count = 0;
    for (const call of await this.#calls()) count += (await this.#ask({ command: 'query', 'call-id': call })).split('9:confirmed').length - 1;
    return count;
  }

  kill(): Promise<void> {
    return this.process.kill();
  }

  async stop(): Promise<void> {
    await this.process.stop(3_000);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

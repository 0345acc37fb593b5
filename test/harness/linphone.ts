/** A real phone: linphonec (Debian package linphone-cli) with one account, no sound devices, answering by itself. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './deadline.ts';
import { freePort, freePortPairs } from './ports.ts';
import { TestProcess } from './process.ts';

export interface LinphoneOptions {
  readonly aor: string;
  /** Where everything is sent: the edge's listener of that transport, as `host:port`. */
  readonly outbound: string;
  readonly transport?: 'udp' | 'tcp' | 'tls';
}

export class Linphone {
  readonly process: TestProcess;
  readonly #folder: string;

  private constructor(process: TestProcess, folder: string) {
    this.process = process;
    this.#folder = folder;
  }

  /** Starts the phone; it registers at once and answers calls at once. */
  static async start({ aor, outbound, transport = 'udp' }: LinphoneOptions): Promise<Linphone> {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-linphone-'));
    mkdirSync(join(folder, '.local/share/linphone'), { recursive: true });
    const [port, tlsPort, audioPort] = [await freePort(), await freePort(), await freePortPairs(1)];
    const edge = `<sip:${outbound};transport=${transport}`;
    writeFileSync(join(folder, 'linphonerc'), [
      // The edge shows a certificate of its own making.
      '[sip]', `sip_port=${port}`, `sip_tcp_port=${port}`, `sip_tls_port=${tlsPort}`, 'default_proxy=0', 'verify_server_certs=0', 'verify_server_cn=0',
      '[rtp]', `audio_rtp_port=${audioPort}`,
      '[proxy_0]', `reg_proxy=${edge}>`, `reg_route=${edge};lr>`, `reg_identity=${aor}`, 'reg_expires=120', 'reg_sendregister=1', 'publish=0', '',
    ].join('\n'));
    // Its answers must not wait in a buffer.
    const process = new TestProcess('linphonec', 'stdbuf', ['-oL', 'linphonec', '-c', join(folder, 'linphonerc'), '-a'], { cwd: folder, env: { HOME: folder }, typed: true });
    return new Linphone(process, folder);
  }

  /** Waits until the registrar accepted the registration. */
  async registered(): Promise<void> {
    const answers = (): number => this.process.log.filter((line) => /registered|account=|proxy/.test(line)).length;
    let asked = answers();
    await until(`linphonec: a registration\n${this.process.tail()}`, 15_000, () => {
      if (answers() >= asked) {
        this.process.type('status register');
        asked = answers() + 1;
      }
      return this.process.log.some((line) => line.startsWith('registered, identity='));
    });
  }

  dial(uri: string): void {
    this.process.type(`call ${uri}`);
  }

  hangUp(): void {
    this.process.type('terminate');
  }

  async stop(): Promise<void> {
    this.process.type('quit');
    await this.process.stop(5_000);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

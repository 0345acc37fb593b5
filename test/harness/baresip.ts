/** A real phone: baresip (Debian package) with one account, no sound devices, answering by itself. */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { TestProcess } from './process.ts';

export interface PhoneOptions {
  /** `sip:alice@phones.example` */
  readonly aor: string;
  /** Where everything is sent: the edge, as `host:port`. */
  readonly outbound: string;
  readonly transport?: 'udp' | 'tcp' | 'tls';
  /** Media as browsers want it: DTLS-SRTP with ICE on one port. */
  readonly web?: boolean;
}

export class Baresip {
  readonly process: TestProcess;
  readonly port: number;
  readonly #control: number;
  readonly #folder: string;

  private constructor(process: TestProcess, port: number, control: number, folder: string) {
    this.#control = control;
    this.process = process;
    this.port = port;
    this.#folder = folder;
  }

  /** Starts the phone; it registers at once and answers calls at once. */
  static async start(options: PhoneOptions): Promise<Baresip> {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-phone-'));
    mkdirSync(join(folder, '.baresip'));
    const port = await freePort();
    const control = await freePort();
    const transport = options.transport ?? 'udp';
    writeFileSync(join(folder, 'config'), [
      'module_path /usr/lib/baresip/modules', `sip_listen 127.0.0.1:${port}`, 'poll_method epoll',
      'audio_player aufile,/dev/null', 'audio_source ausine,440', 'audio_alert aufile,/dev/null', 'ausrc_srate 48000', 'ausrc_channels 2', 'net_interface 127.0.0.1',
      `ctrl_tcp_listen 127.0.0.1:${control}`, 'module g711.so', ...(options.web === true ? ['rtcp_mux yes', 'module srtp.so', 'module dtls_srtp.so', 'module ice.so'] : []), 'module aufile.so', 'module ausine.so', 'module_tmp account.so', 'module_app menu.so', 'module_app ctrl_tcp.so', '',
    ].join('\n'));
    writeFileSync(join(folder, 'accounts'), `<${options.aor};transport=${transport}>;auth_pass=unused;outbound="sip:${options.outbound};transport=${transport}";regint=60;answermode=auto;sipnat=none;ptime=20${options.web === true ? ';mediaenc=dtls_srtp;medianat=ice' : ''}\n`);
    writeFileSync(join(folder, 'contacts'), '');
    const process = new TestProcess('baresip', 'baresip', ['-f', folder], { cwd: folder, env: { HOME: folder } });
    return new Baresip(process, port, control, folder);
  }

  /** Waits until the registrar accepted the registration. */
  async registered(): Promise<void> {
    await this.process.line(/200 OK .*\[\d+ bindings?\]/, 15_000);
  }

  /** Types a command at its prompt (`dial sip:bob@phones.example`, `hangup`): a netstring of JSON to its control port. */
  async command(command: string, params = ''): Promise<void> {
    const socket = connect(this.#control, '127.0.0.1');
    await once(socket, 'connect');
    const text = JSON.stringify({ command, params });
    socket.write(`${text.length}:${text},`);
    await once(socket, 'data');
    socket.destroy();
  }

  async stop(): Promise<void> {
    await this.process.stop(5_000);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

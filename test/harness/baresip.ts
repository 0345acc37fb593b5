/** A real phone: baresip (Debian package) with one account, no sound devices, answering by itself. */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { within } from './deadline.ts';
import { freePort, freePortPairs, freePortRange } from './ports.ts';
import { TestProcess } from './process.ts';
import { hostPort } from './sip-text.ts';
import { readWav, type Wav } from './tones.ts';

export interface PhoneOptions {
  /** `sip:alice@phones.example` */
  readonly aor: string;
  /** Where everything is sent: the edge, as `host:port`. */
  readonly outbound: string;
  readonly transport?: 'udp' | 'tcp' | 'tls';
  /** Media as browsers want it: DTLS-SRTP with ICE on one port. */
  readonly web?: boolean;
  /** WAV file (8 kHz, mono) that it says instead of a tone; what it hears is kept, and at the end of the file it hangs up. */
  readonly plays?: string;
  /** false = it only calls and is called, at its own address. */
  readonly registers?: boolean;
  /** Address of SIP and media; 127.0.0.1 when left out. */
  readonly host?: string;
  /** Of SIP, and the one behind it of SIP over TLS; any free ones when left out. */
  readonly port?: number;
  /** What it does at its start (`dial sip:1001@phones.example`). */
  readonly does?: string;
  /** Starts it somewhere else (`ip netns exec NAME`): words in front of its command. */
  readonly inside?: readonly string[];
}

/** Room for a few calls; from its own range it would take what other tests were given. */
const mediaPairs = 10;

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
    const port = options.port ?? (await freePortRange(2));
    const control = await freePort();
    const media = await freePortPairs(mediaPairs);
    const transport = options.transport ?? 'udp';
    const host = options.host ?? '127.0.0.1';
    const { plays } = options;
    // Debian's aufile plays files only; what is heard passes the filter `sndfile` on its way to a player that nobody listens to.
    const audio = plays === undefined
      ? ['audio_player aufile,/dev/null', 'audio_source ausine,440', 'ausrc_srate 48000', 'ausrc_channels 2']
      : ['audio_player aubridge,nobody', `audio_source aufile,${plays}`, 'module aubridge.so', 'module sndfile.so', `snd_path ${folder}`];
    writeFileSync(join(folder, 'config'), [
      'module_path /usr/lib/baresip/modules', `sip_listen ${hostPort(host, port)}`, 'poll_method epoll',
      ...audio, 'audio_alert aufile,/dev/null', `net_interface ${host}`, `rtp_ports ${media}-${media + 2 * mediaPairs - 1}`,
      `ctrl_tcp_listen 127.0.0.1:${control}`, 'module g711.so', ...(options.web === true ? ['rtcp_mux yes', 'module srtp.so', 'module dtls_srtp.so', 'module ice.so'] : []), 'module aufile.so', 'module ausine.so', 'module_tmp account.so', 'module_app menu.so', 'module_app ctrl_tcp.so', '',
    ].join('\n'));
    writeFileSync(join(folder, 'accounts'), `<${options.aor};transport=${transport}>;auth_pass=unused;outbound="sip:${options.outbound};transport=${transport}";regint=${options.registers === false ? 0 : 60};answermode=auto;sipnat=none;ptime=20${options.web === true ? ';mediaenc=dtls_srtp;medianat=ice' : ''}\n`);
    writeFileSync(join(folder, 'contacts'), '');
    const [command = '', ...args] = [...(options.inside ?? []), 'baresip', '-f', folder, ...(options.does === undefined ? [] : ['-e', options.does])];
    const process = new TestProcess('baresip', command, args, { cwd: folder, env: { HOME: folder } });
    return new Baresip(process, port, control, folder);
  }

  /** Waits until the registrar accepted the registration. */
  async registered(): Promise<void> {
    await this.process.line(/200 OK .*\[\d+ bindings?\]/, 15_000);
  }

  /** Types a command at its prompt (`dial sip:bob@phones.example`, `hangup`): a netstring of JSON to its control port. */
  async command(command: string, params = ''): Promise<void> {
    const socket = connect(this.#control, '127.0.0.1');
    const text = JSON.stringify({ command, params });
    socket.write(`${text.length}:${text},`);
    await within(20_000, `baresip: an answer to ${command}`, once(socket, 'data')).finally(() => socket.destroy());
  }

  /** What it has heard in its call, after the end of it. */
  heard(): Wav {
    const name = readdirSync(this.#folder).find((file) => file.endsWith('-dec.wav'));
    if (name === undefined) throw new Error(`baresip kept no audio:\n${this.process.tail()}`);
    return readWav(readFileSync(join(this.#folder, name)));
  }

  async stop(): Promise<void> {
    await this.process.stop(5_000);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

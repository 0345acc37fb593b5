/** Kamailio (Debian package kamailio) from a configuration with @WORDS@ to fill in. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hopeless, until } from './deadline.ts';
import { freePort } from './ports.ts';
import { projectRoot, TestProcess } from './process.ts';
import { SipSocket } from './sip-socket.ts';
import { callIdOf, hostPort, newBranch, token, writeSip } from './sip-text.ts';

/** Debian keeps modules below the machine's triplet. */
function modulesFolder(): string {
  const found = readdirSync('/usr/lib').filter((name) => name.endsWith('-linux-gnu')).map((name) => `/usr/lib/${name}/kamailio/modules/`);
  if (found[0] === undefined) throw new Error('no folder /usr/lib/*-linux-gnu: Kamailio of Debian lives there');
  return found[0];
}

export class Kamailio {
  readonly process: TestProcess;
  readonly host: string;
  readonly port: number;
  readonly #folder: string;

  private constructor(process: TestProcess, host: string, port: number, folder: string) {
    this.process = process;
    this.host = host;
    this.port = port;
    this.#folder = folder;
  }

  /**
   * Starts Kamailio and waits until it answers on SIP.
   * @param template configuration file below the project's root; `@HOST@ @PORT@ @FOLDER@ @MODULES@` are known, `words` adds more
   * @param files further files for its folder, by name (dispatcher.list)
   */
  static async start(template: string, words: Readonly<Record<string, string>> = {}, files: Readonly<Record<string, string>> = {}, sharedMegabytes = 256): Promise<Kamailio> {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-kamailio-'));
    const host = '127.0.0.1';
    const port = await freePort();
    const filled: Record<string, string> = { HOST: host, PORT: String(port), FOLDER: folder, MODULES: modulesFolder(), ...words };
    const text = readFileSync(`${projectRoot}${template}`, 'utf8').replace(/@([A-Z]+)@/g, (whole, word: string) => filled[word] ?? whole);
    writeFileSync(join(folder, 'kamailio.cfg'), text);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const process = new TestProcess('kamailio', 'kamailio', ['-DD', '-E', '-f', join(folder, 'kamailio.cfg'), '-m', String(sharedMegabytes), '-M', '16', '-Y', folder], { cwd: folder });
    const kamailio = new Kamailio(process, host, port, folder);
    await kamailio.#answers();
    return kamailio;
  }

  /** Any response to an OPTIONS shows that its children read the socket. */
  async #answers(): Promise<void> {
    const socket = await SipSocket.open();
    try {
      await until('kamailio: an answer to OPTIONS', 15_000, async () => {
        if (!this.process.running) throw new Hopeless(`kamailio ended:\n${this.process.tail()}`);
        const callId = token();
        const answer = socket.waitFor('kamailio: OPTIONS', (m) => callIdOf(m) === callId, 300);
        await socket.send(writeSip(`OPTIONS sip:${hostPort(this.host, this.port)} SIP/2.0`, [
          `Via: SIP/2.0/UDP ${hostPort(socket.host, socket.port)};branch=${newBranch()};rport`, 'Max-Forwards: 0', `From: <sip:ready@localhost>;tag=${token()}`,
          `To: <sip:${hostPort(this.host, this.port)}>`, `Call-ID: ${callId}`, 'CSeq: 1 OPTIONS',
        ]), this);
        return answer;
      });
    } catch (error) {
      await this.stop();
      throw error;
    } finally {
      await socket.close();
    }
  }

  get uri(): string {
    return `sip:${hostPort(this.host, this.port)}`;
  }

  async stop(): Promise<void> {
    await this.process.stop(5_000);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

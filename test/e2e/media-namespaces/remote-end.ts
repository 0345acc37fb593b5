/** An end of a call in a network namespace, told what to do from outside. */
import { insideOf, type Namespace } from '../../harness/namespaces.ts';
import { until } from '../../harness/deadline.ts';
import { projectRoot, TestProcess } from '../../harness/process.ts';
import type { EndReport } from './end-report.ts';

export class RemoteEnd {
  readonly process: TestProcess;
  readonly host: string;
  #asked = 0;

  private constructor(process: TestProcess, host: string) {
    this.process = process;
    this.host = host;
  }

  /**
   * Starts it in a namespace.
   * @param family of its SIP and media
   * @param host another address than the namespace's own
   */
  static async start(name: string, space: Namespace, edgePort: number, family: 4 | 6 = 4, host = family === 4 ? space.v4 : space.v6): Promise<RemoteEnd> {
    const [command, ...words] = [...insideOf(space.name), process.execPath, `${projectRoot}test/e2e/media-namespaces/end.ts`, host, family === 4 ? space.edgeV4 : space.edgeV6, String(edgePort)];
    const started = new TestProcess(name, command, words, { typed: true });
    await started.line(/^ready$/, 30_000);
    return new RemoteEnd(started, host);
  }

  /** Has it do something and waits for the end of it. */
  async tell<T = null>(command: string, ms = 30_000): Promise<T> {
    const number = ++this.#asked;
    this.process.type(`${number} ${command}`);
    const [, json = ''] = await this.process.line(new RegExp(`^${number} (.*)$`), ms);
    const answer = JSON.parse(json) as { readonly result?: T; readonly error?: string };
    if (answer.error !== undefined) throw new Error(`${this.process.name} ${command}: ${answer.error}`);
    return answer.result as T;
  }

  report(): Promise<EndReport> {
    return this.tell<EndReport>('report');
  }

  /** Waits until it has heard so many packets of another end since the mark. */
  hears(ssrc: number, packets: number, ms = 20_000): Promise<null> {
    return this.tell(`hears ${ssrc} ${packets} ${ms}`, ms + 5_000);
  }

  async hearsRtcp(count: number): Promise<void> {
    await until(`${this.process.name}: ${count} RTCP reports`, 20_000, async () => {
      const { rtcp, account } = await this.report();
      if (rtcp < count) throw new Error(account);
      return true;
    });
  }

  stop(): Promise<void> {
    return this.process.kill();
  }
}

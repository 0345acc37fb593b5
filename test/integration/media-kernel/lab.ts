/** Three namespaces with a process in each: a phone, the edge with the kernel offload, a PBX. */
import { until } from '../../harness/deadline.ts';
import { insideOf, Namespaces } from '../../harness/namespaces.ts';
import { projectRoot, TestProcess } from '../../harness/process.ts';
import type { AdoptedFlow, KernelFigures, KernelSettings } from '../../../dataplane/media/kernel/kernel-offload.ts';
import type { OffloadCounts, OffloadFlow } from '../../../dataplane/media/offload.ts';
import type { Family } from '../../../dataplane/media/relay.ts';
import type { Heard, Order } from './inside.ts';

export const settings: KernelSettings = { node: 'edge-1', thread: 0, threads: 1, ports: { first: 30_000, last: 30_999 }, families: [4, 6] };
export const table = 'signalbox_media_edge.2d1_0';

/** An RTP packet whose payload says `text`. */
export const rtp = (text: string, payloadType = 8): string => Buffer.concat([Buffer.from([0x80, payloadType]), Buffer.alloc(10), Buffer.from(text)]).toString('hex');

export class Inside {
  readonly process: TestProcess;
  #number = 0;

  /** @param before words in front of its command */
  constructor(namespace: string, before: readonly string[] = []) {
    const [command = '', ...words] = insideOf(namespace);
    this.process = new TestProcess(`inside ${namespace}`, command, [...words, ...before, process.execPath, `${projectRoot}test/integration/media-kernel/inside.ts`], { typed: true });
  }

  async tell<T = null>(order: Order): Promise<T> {
    const n = ++this.#number;
    this.process.type(JSON.stringify({ n, order }));
    const [line] = await this.process.line(new RegExp(`^\\{"n":${n},.*`));
    const answer = JSON.parse(line) as { value: T; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value;
  }

  open(address: string, port: number): Promise<null> {
    return this.tell({ t: 'open', address, port });
  }

  send(from: number, hex: string, address: string, port: number, times = 1): Promise<null> {
    return this.tell({ t: 'send', from, hex, address, port, times });
  }

  heard(port: number): Promise<readonly Heard[]> {
    return this.tell({ t: 'heard', port });
  }

  /** Waits until the socket has heard the packet. @returns from where */
  async hears(port: number, hex: string): Promise<string> {
    const found = await until(`port ${port}: a packet`, 3_000, async () => (await this.heard(port)).find(({ text }) => text === hex));
    return found.from;
  }

  start(more: Partial<KernelSettings> = {}): Promise<{ readonly problem?: string; readonly adopted?: readonly AdoptedFlow[] }> {
    return this.tell({ t: 'start', settings: { ...settings, ...more } });
  }

  take(flow: OffloadFlow): Promise<{ readonly number: number; readonly taken: boolean; readonly accepted: boolean }> {
    return this.tell({ t: 'take', flow });
  }

  release(flow: number): Promise<OffloadCounts> {
    return this.tell({ t: 'release', flow });
  }

  counts(flow: number): Promise<{ readonly counts: OffloadCounts; readonly readMs: number } | null> {
    return this.tell({ t: 'counts', flow });
  }

  figures(): Promise<KernelFigures> {
    return this.tell({ t: 'figures' });
  }
}

export class OffloadLab {
  readonly spaces = Namespaces.create();
  readonly phone = new Inside(this.spaces.phone.name);
  readonly pbx = new Inside(this.spaces.pbx.name);
  edge = new Inside(this.spaces.edge);

  /** The edge's process dies at once, and another one comes. */
  async replaceEdge(): Promise<void> {
    await this.edge.process.kill();
    this.edge = new Inside(this.spaces.edge);
  }

  /** Another process in the edge, run by some command. */
  inEdge(...before: readonly string[]): Inside {
    return new Inside(this.spaces.edge, before);
  }

  /** A flow between port 4000 of the phone and port 5000 of the PBX. `ours`: our port towards the phone; the one towards the PBX is the next but one. */
  flow(family: Family, session: string, ours = 30_000, remote = { phone: 4_000, pbx: 5_000 }): OffloadFlow {
    const { phone, pbx } = this.spaces;
    const v4 = family === 4;
    return {
      session, stream: 0, family, mux: true,
      caller: { remote: { address: v4 ? phone.v4 : phone.v6, port: remote.phone }, local: { address: v4 ? phone.edgeV4 : phone.edgeV6, port: ours } },
      callee: { remote: { address: v4 ? pbx.v4 : pbx.v6, port: remote.pbx }, local: { address: v4 ? pbx.edgeV4 : pbx.edgeV6, port: ours + 2 } },
    };
  }

  /** nft in the edge. */
  nft(...args: readonly string[]): string {
    return this.spaces.run(this.spaces.edge, 'nft', ...args);
  }

  tables(): string[] {
    return this.nft('list', 'tables').split('\n').filter((line) => line !== '');
  }

  /** Elements of all maps of the table. */
  elements(): number {
    return (this.nft('list', 'table', 'inet', table).match(/ : /g) ?? []).length - 8;
  }

  async stop(): Promise<void> {
    await Promise.all([this.phone, this.pbx, this.edge].map((one) => one.process.stop(2_000)));
    this.spaces.stop();
  }
}

/** Edges for the torture messages: some of these share a transaction, and the second would be a retransmission of the first. */
import { Peer } from '../harness/peer.ts';
import { SipSocket } from '../harness/sip-socket.ts';
import { tortureMessages, tortureText, type TortureMessage } from '../torture/corpus.ts';
import type { Edge, StartEdge } from './edge.ts';
import { torture, torturePlan, tortureTable, type Outcome, type Sender } from './torture.ts';

interface Bench {
  readonly edge: Edge;
  readonly backend: SipSocket;
  readonly probe: Peer;
  readonly seen: Set<string>;
}

/** What RFC 3261 §17.2.3 matches by, roughly: good enough to tell messages apart. */
const transactionOf = (text: string): string => `${text.split(' ')[0] ?? ''} ${/branch\s*=\s*([^;,\s]+)/i.exec(text)?.[1] ?? ''}`;

export class TortureCourse {
  readonly #start: StartEdge;
  readonly #benches: Bench[] = [];
  readonly #outcomes = new Map<string, Outcome>();

  private constructor(start: StartEdge) {
    this.#start = start;
  }

  static async start(start: StartEdge): Promise<TortureCourse> {
    const course = new TortureCourse(start);
    await course.#freshFor('');
    return course;
  }

  /** An edge that has not seen the transaction yet. */
  async #freshFor(transaction: string): Promise<Bench> {
    let bench = this.#benches.find(({ seen }) => !seen.has(transaction));
    if (bench === undefined) {
      const backend = await SipSocket.open({ tolerant: true });
      const edge = await this.#start([torturePlan(backend)], '127.0.0.1:9');
      bench = { edge, backend, probe: new Peer(await SipSocket.open(), edge), seen: new Set() };
      this.#benches.push(bench);
    }
    bench.seen.add(transaction);
    return bench;
  }

  async run(message: TortureMessage, sender: Sender): Promise<Outcome> {
    const { edge, backend, probe } = await this.#freshFor(transactionOf(tortureText(message)));
    const outcome = await torture(edge, backend, probe, message, sender);
    this.#outcomes.set(`${message.name} ${sender}`, outcome);
    if (!edge.running) throw new Error(`${edge.name} is not running any more`);
    return outcome;
  }

  table(senders: readonly Sender[]): string {
    return tortureTable(senders, tortureMessages.map(({ name, rfc, section }) => ({ name, section: `${rfc} ${section}`, verdicts: senders.map((sender) => this.#outcomes.get(`${name} ${sender}`)?.verdict ?? '') })));
  }

  async stop(): Promise<void> {
    for (const { edge, backend, probe } of this.#benches) {
      await probe.socket.close();
      await backend.close();
      await edge.stop();
    }
  }
}

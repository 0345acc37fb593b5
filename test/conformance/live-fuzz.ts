/** Fuzzing a running edge: mutated torture messages as datagrams and as streams cut anywhere, with probes in between. */
import { setImmediate as turn } from 'node:timers/promises';
import { mutate } from '../fuzz/mutate.ts';
import { Random } from '../fuzz/random.ts';
import { Peer } from '../harness/peer.ts';
import { SipSocket } from '../harness/sip-socket.ts';
import { callIdOf, token } from '../harness/sip-text.ts';
import { tortureMessages, tortureText } from '../torture/corpus.ts';
import type { Edge, StartEdge } from './edge.ts';
import { RawStream } from '../harness/raw-stream.ts';
import { torturePlan } from './torture.ts';
import { settled } from './world.ts';

export interface LiveOutcome {
  readonly sent: number;
  readonly answers: number;
  /** Growth of the edge's resident memory since the run had settled, in bytes. */
  readonly grownBytes: number;
  readonly residentBytes: number;
  /** What broke, null = nothing. */
  readonly failure: string | null;
}

export type LiveTarget = 'datagrams' | 'streams';
export const liveTargets: readonly LiveTarget[] = ['datagrams', 'streams'];

const probeEvery = 200;
/** Messages between two waits of a second's fraction: about a thousand a second, which an edge holds for 32 s each. */
const burst = 20;
const burstMs = 20;
/** A finished transaction is kept for so long: memory has settled then. */
const settleMs = 45_000;
const streamsAtOnce = 16;
/** What an edge with every transaction of 32 s may take. */
const maxResidentBytes = 700 * 1024 * 1024;
const maxGrowthBytes = 96 * 1024 * 1024;

class LiveRun {
  readonly edge: Edge;
  readonly #backend: SipSocket;
  readonly #prober: Peer;
  readonly #startedMs = Date.now();
  sent = 0;
  answers = 0;
  failure: string | null = null;
  #settledBytes = 0;

  private constructor(edge: Edge, backend: SipSocket, prober: Peer) {
    this.edge = edge;
    this.#backend = backend;
    this.#prober = prober;
  }

  static async start(start: StartEdge, random: Random): Promise<LiveRun> {
    const backend = await SipSocket.open({ tolerant: true, keep: false });
    const edge = await start([torturePlan(backend)], '127.0.0.1:9');
    const peer = new Peer(backend, edge);
    backend.onMessage = (received) => {
      if (received.message.status > 0 || received.message.method === 'ACK' || random.below(4) === 0) return;
      if (random.below(3) === 0) peer.answer(received, 180);
      peer.answer(received, random.below(2) === 0 ? 200 : 404);
    };
    return new LiveRun(edge, backend, new Peer(await SipSocket.open(), edge));
  }

  /** After each message; waits now and then, and looks whether the edge still lives. */
  async pace(): Promise<void> {
    this.sent += 1;
    if (this.sent % burst === 0) {
      const until = performance.now() + burstMs;
      while (performance.now() < until) await turn();
    }
    if (this.sent % probeEvery !== 0) return;
    try {
      await settled(this.#prober);
      this.#prober.socket.received.length = 0;
    } catch (error) {
      this.failure ??= `no answer to a probe after ${this.sent} messages: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (!this.edge.running) this.failure ??= `the edge ended after ${this.sent} messages`;
    else this.#look();
  }

  #look(): void {
    const bytes = this.edge.residentBytes();
    if (this.#settledBytes === 0 && Date.now() - this.#startedMs > settleMs) this.#settledBytes = bytes;
    if (bytes > maxResidentBytes) this.failure ??= `${Math.round(bytes / 1e6)} MB resident`;
    if (this.#settledBytes > 0 && bytes - this.#settledBytes > maxGrowthBytes) this.failure ??= `grew from ${Math.round(this.#settledBytes / 1e6)} to ${Math.round(bytes / 1e6)} MB`;
    const [broken] = this.#backend.unreadable;
    if (broken !== undefined) this.failure ??= `what went on is no SIP message: ${JSON.stringify(broken)}`;
  }

  async finish(): Promise<LiveOutcome> {
    const residentBytes = this.edge.running ? this.edge.residentBytes() : 0;
    await this.#prober.socket.close();
    await this.#backend.close();
    await this.edge.stop();
    return { sent: this.sent, answers: this.answers, residentBytes, grownBytes: this.#settledBytes === 0 ? 0 : residentBytes - this.#settledBytes, failure: this.failure };
  }
}

const seeds = tortureMessages.map(tortureText);

/** A message whose Call-ID and branches are its own, then mutated. */
function freshText(random: Random): { readonly text: string; readonly callId: string } {
  const callId = `fuzz-${token()}`;
  const text = random.pick(seeds).replace(/^(call-id|i)([ \t]*:\s*)\S+/im, `$1$2${callId}`).replaceAll('z9hG4bK', `z9hG4bK${callId}`);
  return { text: random.below(8) === 0 ? text : mutate(text, seeds, random).slice(0, 60_000), callId };
}

/** Datagrams: besides living on, the edge answers no request in two ways. */
async function datagrams(run: LiveRun, random: Random, goOn: (sent: number) => boolean): Promise<void> {
  const socket = await SipSocket.open({ tolerant: true, keep: false });
  const finals = new Map<string, number>();
  socket.onMessage = ({ message }) => {
    run.answers += 1;
    const callId = callIdOf(message);
    const before = finals.get(callId);
    if (message.status < 200 || before === undefined) return;
    // Several 2xx to an INVITE are no contradiction; a failure besides any other final answer is.
    if (before !== 0 && before !== message.status) run.failure ??= `${callId} was answered ${before} and ${message.status}`;
    finals.set(callId, message.status);
  };
  const to = run.edge.addressFor('udp', '127.0.0.1');
  while (goOn(run.sent) && run.failure === null) {
    const { text, callId } = freshText(random);
    if (finals.size > 20_000) finals.clear();
    finals.set(callId, 0);
    // Answers without rport go to the sent-by port: with it they come here.
    await socket.send(text.replace(/;branch=/, ';rport;branch='), to);
    await run.pace();
  }
  await socket.close();
}

/** Streams: messages behind each other, cut at random, several connections at a time. */
async function streams(run: LiveRun, random: Random, goOn: (sent: number) => boolean): Promise<void> {
  const open: { stream: RawStream; pending: string }[] = [];
  const to = run.edge.addressFor('tcp', '127.0.0.1');
  while (goOn(run.sent) && run.failure === null) {
    const at = random.below(streamsAtOnce);
    let one = open[at];
    if (one === undefined || one.stream.closed) {
      one = { stream: await RawStream.open(to), pending: '' };
      open[at] = one;
    }
    if (one.pending.length < 200) {
      one.pending += freshText(random).text;
      await run.pace();
    }
    const length = 1 + random.below(random.below(3) === 0 ? 8 : 900);
    await one.stream.send(one.pending.slice(0, length));
    one.pending = one.pending.slice(length);
    run.answers += (one.stream.text.match(/^SIP\/2\.0 /gm) ?? []).length;
    one.stream.text = '';
    // A stream that waits for a body that never comes is no use any more.
    if (random.below(40) === 0) await one.stream.end();
  }
  for (const one of open) if (one !== undefined) await one.stream.end();
}

/** Fuzzes an edge that is started for it until `goOn` says no or something breaks. */
export async function fuzzLive(start: StartEdge, target: LiveTarget, seed: number, goOn: (sent: number) => boolean): Promise<LiveOutcome> {
  const random = new Random(seed);
  const run = await LiveRun.start(start, random);
  try {
    await (target === 'datagrams' ? datagrams : streams)(run, random, goOn);
  } catch (error) {
    run.failure ??= error instanceof Error ? error.message : String(error);
  }
  return run.finish();
}

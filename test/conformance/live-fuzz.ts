/** Fuzzing a running edge: mutated torture messages as datagrams and as streams cut anywhere, with probes in between. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { heldFolderVariable, heldIn, MemoryCourse } from '../fuzz/memory-course.ts';
import { mutate } from '../fuzz/mutate.ts';
import { Random } from '../fuzz/random.ts';
import { Peer } from '../harness/peer.ts';
import { SipSocket, type Received } from '../harness/sip-socket.ts';
import { callIdOf, headerOf, newBranch, toTagOf, token, uriOf, valuesOf, writeSip, type SipText } from '../harness/sip-text.ts';
import type { SipTransport } from '../harness/sip-wires.ts';
import { tortureMessages, tortureText } from '../torture/corpus.ts';
import type { EdgePlan } from './edge.ts';
import { FuzzStream } from './fuzz-streams.ts';
import { startSignalbox, type Signalbox } from './signalbox/edge.ts';
import { torturePlan } from './torture.ts';
import { settled } from './world.ts';

export interface LiveOutcome {
  readonly sent: number;
  readonly answers: number;
  readonly memory: MemoryCourse;
  /** What broke, null = nothing. */
  readonly failure: string | null;
}

export type LiveTarget = 'datagrams' | 'streams';
export const liveTargets: readonly LiveTarget[] = ['datagrams', 'streams'];

const probeEvery = 200;
/** Messages between two waits of a second's fraction: about a thousand a second, which an edge holds for 32 s each. */
const burst = 20;
const burstMs = 20;
const streamsAtOnce = 16;
/** What an edge with every transaction of 32 s may take. */
const maxResidentBytes = 700 * 1024 * 1024;

/** The torture plan, with hidden topology for all but example.com. */
function plansFor(backend: SipSocket): EdgePlan[] {
  const plan = torturePlan(backend);
  const isPlain = (domain: string): boolean => domain.endsWith('example.com');
  return [{ ...plan, domains: plan.domains.filter(isPlain) }, { ...plan, number: 2, domains: plan.domains.filter((domain) => !isPlain(domain)), trunk: [], topologyHiding: true }];
}

const routesOf = (message: SipText): string[] => valuesOf(message, 'record-route').map((value) => `Route: ${value}`);

const byeCseq = '2147483647 BYE';

/** A BYE of one side of a call; the edge keeps calls that nobody ends for a day. */
const bye = (side: Peer, message: SipText, from: string, to: string, routes: readonly string[]): string =>
  writeSip(`BYE ${uriOf(headerOf(message, 'contact')) || 'sip:nobody@example.com'} SIP/2.0`, [
    `Via: SIP/2.0/UDP ${side.hostPort};branch=${newBranch()}`, 'Max-Forwards: 70', `From: ${from}`, `To: ${to}`, `Call-ID: ${callIdOf(message)}`, `CSeq: ${byeCseq}`, ...routes,
  ]);

/** The callee hangs up, by the INVITE that it got. */
function byeOfCallee(callee: Peer, { message }: Received): string {
  const to = headerOf(message, 'to');
  return bye(callee, message, `${to}${toTagOf(message) === '' ? ';tag=callee' : ''}`, headerOf(message, 'from'), routesOf(message));
}

/** The caller hangs up, by the 2xx that it got. */
const byeOfCaller = (caller: Peer, { message }: Received): string => bye(caller, message, headerOf(message, 'from'), headerOf(message, 'to'), routesOf(message).toReversed());

class LiveRun {
  readonly edge: Signalbox;
  readonly #backend: SipSocket;
  readonly #prober: Peer;
  readonly #heldFolder: string;
  readonly memory = new MemoryCourse();
  sent = 0;
  answers = 0;
  failure: string | null = null;

  private constructor(edge: Signalbox, backend: SipSocket, prober: Peer, heldFolder: string) {
    this.#heldFolder = heldFolder;
    this.edge = edge;
    this.#backend = backend;
    this.#prober = prober;
  }

  static async start(random: Random): Promise<LiveRun> {
    const backend = await SipSocket.open({ tolerant: true, keep: false });
    const heldFolder = mkdtempSync(join(tmpdir(), 'signalbox-fuzz-'));
    const edge = await startSignalbox(plansFor(backend), '127.0.0.1:9', { NODE_OPTIONS: `--import ${new URL('../fuzz/held-memory.ts', import.meta.url).href}`, [heldFolderVariable]: heldFolder });
    const peer = new Peer(backend, edge);
    const run = new LiveRun(edge, backend, new Peer(await SipSocket.open(), edge), heldFolder);
    backend.onMessage = (received) => {
      const { message } = received;
      if (message.status > 0 || message.method === 'ACK') return;
      if (message.method === 'BYE') {
        peer.answer(received, 200);
        return;
      }
      if (random.below(4) === 0) return;
      if (random.below(3) === 0) peer.answer(received, 180);
      const accepts = random.below(4) === 0;
      peer.answer(received, accepts ? 200 : 404);
      if (accepts && message.method === 'INVITE') run.send(peer, byeOfCallee(peer, received));
    };
    return run;
  }

  /** Sends beside what is fuzzed. */
  send(peer: Peer, text: string): void {
    peer.send(text).catch((error: unknown) => { this.failure ??= `cannot send: ${String(error)}`; });
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
    if (this.edge.running) this.#look();
  }

  #look(): void {
    const residentBytes = this.edge.residentBytes();
    this.memory.note({ atMs: performance.now(), heldBytes: heldIn(this.#heldFolder), residentBytes });
    if (residentBytes > maxResidentBytes) this.failure ??= `${Math.round(residentBytes / 1e6)} MB resident`;
    const [broken] = this.#backend.unreadable;
    if (broken !== undefined) this.failure ??= `what went on is no SIP message: ${JSON.stringify(broken)}`;
  }

  async finish(): Promise<LiveOutcome> {
    if (!this.edge.running) this.failure = `the edge ended after ${this.sent} messages`;
    const said = this.edge.tail();
    // It logs errors only: a fault that it caught, a worker that ended.
    if (said !== '') this.failure = `${this.failure ?? 'an error was logged'}; the edge said: ${said}`;
    await this.#prober.socket.close();
    await this.#backend.close();
    await this.edge.stop();
    rmSync(this.#heldFolder, { recursive: true, force: true });
    return { sent: this.sent, answers: this.answers, memory: this.memory, failure: this.failure ?? this.memory.growth() };
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
  const caller = new Peer(socket, run.edge);
  const finals = new Map<string, number>();
  socket.onMessage = (received) => {
    const { message } = received;
    run.answers += 1;
    if (headerOf(message, 'cseq') === byeCseq) return;
    if (message.method === 'INVITE' && message.status >= 200 && message.status < 300) run.send(caller, byeOfCaller(caller, received));
    const callId = callIdOf(message);
    const before = finals.get(callId);
    if (message.status < 200 || before === undefined) return;
    // Several 2xx to an INVITE are no contradiction; a failure besides any other final answer is.
    if (before !== 0 && before !== message.status) run.failure ??= `${callId} was answered ${before} and ${message.status}`;
    finals.set(callId, message.status);
  };
  const to = run.edge.addressFor('udp', '127.0.0.1');
  while (goOn(run.sent) && run.failure === null && run.edge.running) {
    const { text, callId } = freshText(random);
    if (finals.size > 20_000) finals.clear();
    finals.set(callId, 0);
    // Answers without rport go to the sent-by port: with it they come here.
    await socket.send(text.replace(/;branch=/, ';rport;branch='), to);
    await run.pace();
  }
  await socket.close();
}

/** TCP most of the time; handshakes cost more than what is fuzzed here. */
const carriers: readonly SipTransport[] = ['tcp', 'tcp', 'tcp', 'tls', 'ws', 'wss'];

/** Streams: messages behind each other, cut at random, several connections at a time. */
async function streams(run: LiveRun, random: Random, goOn: (sent: number) => boolean): Promise<void> {
  const open: FuzzStream[] = [];
  while (goOn(run.sent) && run.failure === null && run.edge.running) {
    const at = random.below(streamsAtOnce);
    let one = open[at];
    if (one === undefined || one.stream.closed) open[at] = one = await FuzzStream.open(run.edge, random.pick(carriers), random);
    if (one.pending.length < 200) {
      one.add(freshText(random).text, random);
      await run.pace();
    }
    await one.write(random);
    run.answers += (one.stream.text.match(/SIP\/2\.0 \d{3} /g) ?? []).length;
    one.stream.text = '';
    // A stream that waits for a body that never comes is no use any more.
    if (random.below(40) === 0) await one.stream.end();
  }
  for (const one of open) if (one !== undefined) await one.stream.end();
}

/** Fuzzes an edge that is started for it until `goOn` says no or something breaks. */
export async function fuzzLive(target: LiveTarget, seed: number, goOn: (sent: number) => boolean): Promise<LiveOutcome> {
  const random = new Random(seed);
  const run = await LiveRun.start(random);
  try {
    await (target === 'datagrams' ? datagrams : streams)(run, random, goOn);
  } catch (error) {
    run.failure ??= error instanceof Error ? error.message : String(error);
  }
  return run.finish();
}

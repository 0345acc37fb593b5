/**
 * The kernel part of the media bench: three network namespaces, the same ends and the same packets through the kernel, through
 * rtpengine in userland and over a plain wire, in turn. A packet's cost is what CPU the ends, the kernel's own threads and
 * rtpengine used beyond the wire: on veth interfaces the kernel's work on a packet is done, and charged, where it was sent from.
 * The busy time of the whole machine is shown beside it; other programs are in that one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { Hopeless, until } from '../../test/harness/deadline.ts';
import { insideOf, Namespaces } from '../../test/harness/namespaces.ts';
import { projectRoot, TestProcess } from '../../test/harness/process.ts';
import { machineBusySeconds, treeCpuSeconds } from '../cpu.ts';
import { median } from '../statistics.ts';
import type { EdgeOrder, EdgePorts, EndOrder, EndResult, PaceResult } from './kernel-order.ts';

export interface KernelBenchOptions {
  readonly calls: number;
  readonly idleCalls: number;
  readonly setUpsPerSecond: number;
  /** Of both ends together. */
  readonly packetsPerSecond: number;
  readonly seconds: number;
  readonly rounds: number;
}

export type Path = 'wire' | 'kernel' | 'rtpengine';

export interface KernelRound {
  readonly path: Path;
  readonly sent: number;
  readonly lost: number;
  readonly strange: number;
  /** Of the ends, the kernel's threads and rtpengine, a packet. */
  readonly cpuMicros: number;
  /** Of a core that the edge has used: without packets of its own it reads back the counters of all calls. */
  readonly edgeShare: number;
  readonly machineMicros: number;
}

export interface KernelBenchResult extends KernelBenchOptions {
  readonly done: readonly KernelRound[];
  /** Beyond the wire, a packet. */
  readonly kernelMicros: number;
  readonly rtpengineMicros: number;
  readonly ratio: number;
  readonly machineRatio: number;
  readonly setUps: PaceResult;
  readonly churn: PaceResult;
  readonly elements: number;
}

const firstPort = 4_000;
/** Maps whose type has the sign that elements have. */
const typesWithArrow = 8;
const warmUpMs = 1_500;
const startMs = 1_500;

const inside = (namespace: string, file: string, argument: object, typed = false): TestProcess => {
  const [command = '', ...words] = insideOf(namespace);
  return new TestProcess(file, command, [...words, process.execPath, `${projectRoot}${file}`, JSON.stringify(argument)], { typed });
};

/** CPU seconds of the kernel's threads for packets that no process took along. */
function kernelThreadsSeconds(): number {
  let seconds = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (readFileSync(`/proc/${name}/comm`, 'latin1').startsWith('ksoftirqd')) seconds += treeCpuSeconds(Number(name));
    } catch {
      continue;
    }
  }
  return seconds;
}

const sleepUntil = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms - Date.now()); });

class Answers {
  readonly process: TestProcess;
  #seen = 0;

  constructor(process: TestProcess) {
    this.process = process;
  }

  /** The next line of JSON. */
  async next<T>(ms = 120_000): Promise<T> {
    const wanted = this.#seen++;
    const line = await until(`${this.process.name}: an answer`, ms, () => {
      const found = this.process.log.filter((text) => text.startsWith('{'))[wanted];
      if (found === undefined && !this.process.running) throw new Hopeless(`${this.process.name} ended:\n${this.process.tail()}`);
      return found;
    });
    return JSON.parse(line) as T;
  }

  async ask<T>(line: string): Promise<T> {
    this.process.type(line);
    return this.next<T>();
  }
}

/** One round: both ends send for a while, by the given ports of the edge or straight to each other. */
async function round(path: Path, spaces: Namespaces, wire: { readonly phone: string; readonly pbx: string }, ports: EdgePorts | null, options: KernelBenchOptions): Promise<KernelRound> {
  const fromMs = Date.now() + startMs + warmUpMs;
  const untilMs = fromMs + options.seconds * 1_000;
  const [phone, pbx] = path === 'wire' ? [wire.phone, wire.pbx] : [spaces.phone.v4, spaces.pbx.v4];
  const edge = path === 'rtpengine' ? [spaces.phone.edgeV4, spaces.phone.edgeV4] : [spaces.phone.edgeV4, spaces.pbx.edgeV4];
  const places = (other: string, own: string, list: readonly number[] | undefined): EndOrder['places'] =>
    Array.from({ length: options.calls }, (_, call) => (list === undefined ? { address: other, port: firstPort + 2 * call } : { address: own, port: list[call] ?? 0 }));
  const order = { firstPort, packetsPerSecond: options.packetsPerSecond / 2, fromMs, untilMs };
  const ends = [
    inside(spaces.phone.name, 'bench/media/kernel-end.ts', { ...order, address: phone, places: places(pbx, edge[0] ?? '', ports?.forPhone) } satisfies EndOrder),
    inside(spaces.pbx.name, 'bench/media/kernel-end.ts', { ...order, address: pbx, places: places(phone, edge[1] ?? '', ports?.forPbx) } satisfies EndOrder),
  ];
  try {
    const edgeSeconds = (): number => (ports === null ? 0 : treeCpuSeconds(ports.pid));
    await sleepUntil(fromMs);
    const [edgeBefore, threadsBefore, busyBefore] = [edgeSeconds(), kernelThreadsSeconds(), machineBusySeconds()];
    await sleepUntil(untilMs);
    const [edgeAfter, threadsAfter, busyAfter] = [edgeSeconds(), kernelThreadsSeconds(), machineBusySeconds()];
    if (edgeAfter < edgeBefore) throw new Error(`the ${path} edge has ended`);
    const [a, b] = await Promise.all(ends.map((end) => new Answers(end).next<EndResult>(20_000)));
    if (a === undefined || b === undefined) throw new Error('an end said nothing');
    const sent = a.sent + b.sent;
    return {
      path, sent, lost: sent - a.received - b.received, strange: a.strange + b.strange,
      cpuMicros: (a.cpuMicros + b.cpuMicros + (threadsAfter - threadsBefore + (path === 'rtpengine' ? edgeAfter - edgeBefore : 0)) * 1e6) / sent,
      edgeShare: (edgeAfter - edgeBefore) / options.seconds, machineMicros: ((busyAfter - busyBefore) * 1e6) / sent,
    };
  } finally {
    await Promise.all(ends.map((end) => end.kill()));
  }
}

/** Joins the ends by a wire of their own. */
function layWire(spaces: Namespaces): { phone: string; pbx: string } {
  const wire = { phone: '10.77.3.1', pbx: '10.77.3.2' };
  spaces.run(spaces.phone.name, 'ip', 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'wire', 'netns', spaces.pbx.name);
  for (const [end, address] of [[spaces.phone, wire.phone], [spaces.pbx, wire.pbx]] as const) {
    spaces.run(end.name, 'ip', 'address', 'add', `${address}/24`, 'dev', 'wire');
    spaces.run(end.name, 'ip', 'link', 'set', 'wire', 'up');
  }
  return wire;
}

/** Runs it; root on Linux with nftables and rtpengine. */
export async function kernelBench(options: KernelBenchOptions, tell: (round: KernelRound) => void): Promise<KernelBenchResult> {
  const spaces = Namespaces.create();
  let edge: TestProcess | null = null;
  try {
    const wire = layWire(spaces);
    const order: EdgeOrder = { phone: spaces.phone.v4, pbx: spaces.pbx.v4, towardsPhone: spaces.phone.edgeV4, towardsPbx: spaces.pbx.edgeV4, calls: options.calls, firstPort, idleCalls: options.idleCalls, setUpsPerSecond: options.setUpsPerSecond };
    edge = inside(spaces.edge, 'bench/media/kernel-edge.ts', order, true);
    const answers = new Answers(edge);
    const kernel = await answers.next<EdgePorts>();
    const setUps = await answers.ask<PaceResult>('idle');
    const rtpengine = await answers.ask<EdgePorts>('rtpengine');
    const rounds: KernelRound[] = [];
    for (let i = 0; i < options.rounds; i++) {
      for (const [path, ports] of [['wire', null], ['kernel', kernel], ['rtpengine', rtpengine]] as const) {
        const done = await round(path, spaces, wire, ports, options);
        rounds.push(done);
        tell(done);
      }
    }
    const churn = await answers.ask<PaceResult>('churn');
    const elements = Number(spaces.run(spaces.edge, 'sh', '-c', "nft -n list ruleset | grep -o ' : ' | wc -l")) - typesWithArrow;
    await answers.ask('quit');
    return { ...options, done: rounds, ...compare(rounds), setUps, churn, elements };
  } finally {
    await edge?.stop();
    spaces.stop();
  }
}

/** Medians over rounds that belong together: what a path costs beyond the wire beside it. */
function compare(rounds: readonly KernelRound[]): { kernelMicros: number; rtpengineMicros: number; ratio: number; machineRatio: number } {
  const of = (path: Path): readonly KernelRound[] => rounds.filter((one) => one.path === path);
  const beyond = (path: Path, cost: (one: KernelRound) => number): number => median(of(path).map((one, index) => cost(one) - cost(of('wire')[index] ?? one)));
  const [kernelMicros, rtpengineMicros] = [beyond('kernel', (one) => one.cpuMicros), beyond('rtpengine', (one) => one.cpuMicros)];
  return { kernelMicros, rtpengineMicros, ratio: kernelMicros / rtpengineMicros, machineRatio: beyond('kernel', (one) => one.machineMicros) / beyond('rtpengine', (one) => one.machineMicros) };
}

/** The userland part of the media bench: the same packets through our relay and through rtpengine, in turn. */
import { TestProcess } from '../../test/harness/process.ts';
import { treeCpuSeconds } from '../cpu.ts';
import { markdownTable } from '../results.ts';
import { median, spread } from '../statistics.ts';
import { startRtpengine, startSignalbox, type MediaEdge, type RelayOrder } from './edges.ts';
import type { LoadOrder, LoadResult } from './order.ts';

export interface UserlandOptions {
  readonly calls: number;
  readonly packetsPerSecond: number;
  readonly seconds: number;
  readonly rounds: number;
}

export interface UserlandRound extends LoadResult {
  readonly edge: MediaEdge['name'];
  readonly packetsPerSecond: number;
  /** CPU of the edge's process tree a packet. */
  readonly cpuMicros: number;
  readonly lost: number;
}

const firstPort = 20_000;
/** Our relay and rtpengine run side by side. */
const ownPorts = { signalbox: 30_000, 'node:dgram': 40_000, rtpengine: 50_000 } as const;
const portsEach = 9_000;
const warmUpSeconds = 2;
/** At half the rate the added delay is looked at. */
const halfLoad = 0.5;

const orderFor = (name: MediaEdge['name'], calls: number): RelayOrder => ({ calls, firstPort, firstOwnPort: ownPorts[name], lastOwnPort: ownPorts[name] + portsEach, sockets: name === 'node:dgram' ? 'node:dgram' : 'system calls' });

async function load(edge: MediaEdge, order: Omit<LoadOrder, 'ports' | 'firstPort'>): Promise<UserlandRound> {
  const before = treeCpuSeconds(edge.pid);
  const client = TestProcess.node('load', 'bench/media/load.ts', [JSON.stringify({ ...order, firstPort, ports: edge.ports } satisfies LoadOrder)]);
  try {
    const [line] = await client.line(/^\{.*\}$/, (order.seconds + 30) * 1_000);
    await client.exit();
    const cpuSeconds = treeCpuSeconds(edge.pid) - before;
    const result = JSON.parse(line) as LoadResult;
    return { edge: edge.name, packetsPerSecond: order.packetsPerSecond, ...result, cpuMicros: (cpuSeconds / result.sent) * 1e6, lost: result.sent - result.received };
  } finally {
    await client.kill();
  }
}

/** Runs the rounds: rtpengine and Signalbox, and Signalbox by node:dgram where that is not what it uses anyway. */
export async function userlandBench({ calls, packetsPerSecond, seconds, rounds }: UserlandOptions, tell: (round: UserlandRound) => void): Promise<UserlandRound[]> {
  const edges: MediaEdge[] = [];
  try {
    edges.push(await startRtpengine(orderFor('rtpengine', calls)));
    for (const name of ['signalbox', 'node:dgram'] as const) edges.push(await startSignalbox(orderFor(name, calls)));
    for (const edge of edges) await load(edge, { calls, packetsPerSecond, seconds: warmUpSeconds });
    const measured: UserlandRound[] = [];
    for (let i = 0; i < rounds; i++) {
      for (const share of [1, halfLoad]) {
        for (const edge of edges) {
          const round = await load(edge, { calls, packetsPerSecond: packetsPerSecond * share, seconds });
          measured.push(round);
          tell(round);
        }
      }
    }
    return measured;
  } finally {
    for (const edge of edges) await edge.stop();
  }
}

const titles = { signalbox: 'Signalbox', 'node:dgram': 'Signalbox, sockets of node:dgram', rtpengine: 'rtpengine 10.5, userland' } as const;

/** The table, and the ratio of each Signalbox round to the rtpengine round beside it. */
export function summariseUserland(rounds: readonly UserlandRound[], fullRate: number): { readonly table: string; readonly ratios: readonly number[]; readonly verdict: string } {
  const of = (edge: MediaEdge['name'], rate: number): readonly UserlandRound[] => rounds.filter((one) => one.edge === edge && one.packetsPerSecond === rate);
  const rows = [fullRate, fullRate * halfLoad].flatMap((rate) => (['rtpengine', 'signalbox', 'node:dgram'] as const).map((edge) => {
    const those = of(edge, rate);
    const cpu = those.map((one) => one.cpuMicros);
    const { low, high } = spread(cpu);
    const sum = (value: (one: UserlandRound) => number): number => those.reduce((total, one) => total + value(one), 0);
    return [
      titles[edge], rate.toLocaleString('en'), `${median(cpu).toFixed(1)} (${low.toFixed(1)}–${high.toFixed(1)})`, `${sum((one) => one.lost)} of ${sum((one) => one.sent).toLocaleString('en')}`,
      median(those.map((one) => one.delayP50Ms)).toFixed(2), median(those.map((one) => one.delayP99Ms)).toFixed(2),
    ];
  }));
  const ratios = of('signalbox', fullRate).map((one, index) => one.cpuMicros / (of('rtpengine', fullRate)[index]?.cpuMicros ?? Number.NaN));
  const { low, high } = spread(ratios);
  return {
    table: markdownTable(['', 'packets a second', 'CPU µs a packet, median (spread)', 'lost', 'delay p50, ms', 'delay p99, ms'], rows), ratios,
    verdict: `In userland Signalbox takes **${median(ratios).toFixed(2)} ×** rtpengine's CPU a packet (median of ${ratios.length} pairs, ${low.toFixed(2)}–${high.toFixed(2)}).`,
  };
}

/**
 * The edge of the kernel part of the media bench, inside of its namespace: takes calls into the kernel, and has an rtpengine
 * beside it. Orders come as lines: `idle` (take calls without packets at a steady rate), `churn` (give that many back and take
 * them again), `rtpengine`, `quit`. Each is answered by one JSON line.
 */
import { createInterface } from 'node:readline';
import { KernelOffload } from '../../dataplane/media/kernel/kernel-offload.ts';
import type { OffloadFlow } from '../../dataplane/media/offload.ts';
import { Rtpengine } from '../../test/harness/rtpengine.ts';
import { treeCpuSeconds } from '../cpu.ts';
import { percentile } from '../statistics.ts';
import { kernelPorts, ownPort, rtpenginePorts, type EdgeOrder, type EdgePorts, type PaceResult } from './kernel-order.ts';
import { openCalls } from './rtpengine-calls.ts';

const order = JSON.parse(process.argv[2] ?? '') as EdgeOrder;
const stepMs = 10;

/** Call `i`; those behind the real ones have ends where nobody is. */
function flowOf(call: number): OffloadFlow {
  const real = call < order.calls;
  const remote = (address: string, far: string): { address: string; port: number } => (real ? { address, port: order.firstPort + 2 * call } : { address: `${far}.${call >> 8}.${call & 255}`, port: 4_000 });
  return {
    session: `A${String(call).padStart(11, '0')}`, stream: 0, family: 4, mux: true,
    caller: { remote: remote(order.phone, '10.200'), local: { address: order.towardsPhone, port: ownPort(call) } },
    callee: { remote: remote(order.pbx, '10.201'), local: { address: order.towardsPbx, port: ownPort(call) + 2 } },
  };
}

const started = await KernelOffload.start({ node: 'bench', thread: 0, threads: 1, ports: kernelPorts, families: [4] });
if (!started.ok) throw new Error(started.error);
const offload = started.value;
const numbers = new Map<number, number>();

const take = (call: number): Promise<boolean> =>
  new Promise((resolve) => {
    const number = offload.take(flowOf(call), resolve);
    numbers.set(call, number);
  });
const release = (call: number): Promise<boolean> =>
  new Promise((resolve) => offload.release(numbers.get(call) ?? 0, () => resolve(true)));

/** Does something for each call at the ordered rate. */
async function paced(calls: readonly number[], act: (call: number) => Promise<boolean>): Promise<PaceResult> {
  const cpuBefore = treeCpuSeconds(process.pid);
  const startMs = performance.now();
  const delays: number[] = [];
  const under: Promise<void>[] = [];
  let refused = 0;
  let next = 0;
  const one = async (call: number): Promise<void> => {
    const askedMs = performance.now();
    if (!(await act(call))) refused++;
    delays.push(performance.now() - askedMs);
  };
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(calls.length, ((performance.now() - startMs) * order.setUpsPerSecond) / 1_000);
      for (; next < due; next++) under.push(one(calls[next] ?? 0));
      if (next < calls.length) return;
      clearInterval(timer);
      resolve();
    }, stepMs);
  });
  await Promise.all(under);
  const seconds = (performance.now() - startMs) / 1_000;
  return { calls: calls.length, refused, seconds, p50Ms: percentile(delays, 50), p99Ms: percentile(delays, 99), cpuMicros: ((treeCpuSeconds(process.pid) - cpuBefore) / calls.length) * 1e6, packets: offload.packets };
}

const say = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);
let rtpengine: Rtpengine | null = null;

async function obey(line: string): Promise<unknown> {
  if (line === 'idle') return paced(range(order.calls, order.idleCalls), take);
  if (line === 'churn') {
    const some = range(order.calls, Math.min(order.idleCalls, 5 * order.setUpsPerSecond));
    return paced(some, async (call) => (await release(call)) && take(call));
  }
  if (line === 'rtpengine') {
    rtpengine = await Rtpengine.start({ interfaces: [order.towardsPhone], ports: rtpenginePorts });
    const ports = await openCalls(rtpengine, order);
    return { pid: rtpengine.process.pid, ...ports } satisfies EdgePorts;
  }
  const figures = { ...offload.figures, packets: offload.packets };
  await rtpengine?.stop();
  await offload.close(false);
  return figures;
}

const taken = await Promise.all(range(0, order.calls).map(take));
if (taken.includes(false)) throw new Error(`the kernel did not take all calls: ${offload.figures.problem}`);
say({ pid: process.pid, forPhone: range(0, order.calls).map(ownPort), forPbx: range(0, order.calls).map((call) => ownPort(call) + 2) } satisfies EdgePorts);
for await (const line of createInterface({ input: process.stdin })) {
  say(await obey(line));
  if (line === 'quit') process.exit(0);
}

import { Worker } from 'node:worker_threads';
import { afterEach, expect, it, vi } from 'vitest';
import { hostClock, monotonicClock } from '../../../dataplane/runtime/clock.ts';
import { TimerNode, TimerWheel } from '../../../dataplane/runtime/timer-wheel.ts';

afterEach(() => void vi.useRealTimers());

it('the host’s clock is the same for all threads, although each of them has its own start', async () => {
  const clockFile = new URL('../../../dataplane/runtime/clock.ts', import.meta.url).href;
  const before = hostClock.now();
  const worker = new Worker(`import(${JSON.stringify(clockFile)}).then(({ hostClock, monotonicClock }) => require('node:worker_threads').parentPort.postMessage([hostClock.now(), monotonicClock.now()]))`, { eval: true });
  const [there, own] = await new Promise<[number, number]>((resolve) => { worker.once('message', resolve); });
  const after = hostClock.now();
  await worker.terminate();
  expect(there).toBeGreaterThanOrEqual(before - 0.5);
  expect(there).toBeLessThanOrEqual(after + 0.5);
  expect(own).toBeLessThan(monotonicClock.now());
});

it('a step of the wall clock moves neither clock and fires no timer', () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  let fired = 0;
  class Node extends TimerNode {
    override fire(): void {
      fired += 1;
    }
  }
  const wheel = new TimerWheel(monotonicClock);
  wheel.arm(new Node(), 60_000);
  const [mono, host] = [monotonicClock.now(), hostClock.now()];
  for (const step of [7 * 86_400_000, -30 * 86_400_000]) {
    vi.setSystemTime(Date.now() + step);
    wheel.advance();
  }
  expect(fired).toBe(0);
  expect(monotonicClock.now() - mono).toBeLessThan(5_000);
  expect(hostClock.now() - host).toBeLessThan(5_000);
});

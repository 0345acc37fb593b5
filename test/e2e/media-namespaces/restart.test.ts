/** What a data plane with the kernel engine finds in the kernel when it starts, and what it leaves there for the next one. */
import { afterEach, expect, it } from 'vitest';
import { KernelLab } from './kernel-lab.ts';

let lab: KernelLab;
afterEach(() => lab?.stop(), 60_000);

it('calls that ended while no data plane was there are found by their silence, and leave nothing behind', async () => {
  lab = await KernelLab.start({ idleMs: 10_000 });
  const call = await lab.call();
  await lab.counts({ sessions: 1, kernelStreams: 1 });
  await call.hearsMore(20);
  await lab.rig.process.kill();
  await lab.endCalls();
  expect(lab.elements().length).toBeGreaterThan(0);
  await lab.rig.restart();
  await lab.nothingLeft(30_000);
}, 150_000);

it('a call is heard without a gap while another process takes over, and the former one takes nothing with it', async () => {
  lab = await KernelLab.start();
  const call = await lab.call();
  await lab.counts({ sessions: 1, kernelStreams: 1 });
  await call.hearsMore(20);
  // It stays for the repetitions of what it has answered (RFC 6026: 32 seconds).
  const former = await lab.rig.replace();
  await former.exit(60_000);
  await call.hearsMore(50);
  await lab.counts({ sessions: 1, kernelStreams: 1 });
  await call.heardWhole();
  await call.hangUp();
  await lab.nothingLeft();
}, 120_000);

it('two media threads have a table each: their calls are heard whole through a kill -9, and leave nothing behind', async () => {
  lab = await KernelLab.start({ threads: 2 });
  const calls = [await lab.call(4), await lab.call(6)];
  await lab.counts({ sessions: 2, kernelStreams: 2 });
  expect(lab.tables().length).toBe(2);
  await Promise.all(calls.map((call) => call.hearsMore(20)));
  await lab.rig.process.kill();
  await Promise.all(calls.map((call) => call.hearsMore(50)));
  await lab.rig.restart();
  await lab.counts({ sessions: 2, kernelStreams: 2 });
  for (const call of calls) {
    await call.heardWhole();
    await call.hangUp();
  }
  await lab.nothingLeft();
}, 90_000);

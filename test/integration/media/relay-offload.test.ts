/** A stream's way into the kernel and back, with an offload that is none: it answers when the test wants it to. */
import { expect, test } from 'vitest';
import type { Offload, OffloadCounts, OffloadFlow } from '../../../dataplane/media/offload.ts';
import { carries, connect, expectationOf, kinds, Learner, RelayRig } from './relay-rig.ts';

const zero: OffloadCounts = { caller: { packets: 0, bytes: 0 }, callee: { packets: 0, bytes: 0 } };

class ManualOffload implements Offload {
  readonly log: string[] = [];
  flow: OffloadFlow | null = null;
  accepting = true;
  count: OffloadCounts = zero;
  readMs = 0;
  #number = 0;
  #taken: ((taken: boolean) => void) | null = null;
  #released: ((counts: OffloadCounts) => void) | null = null;

  accepts(): boolean {
    return this.accepting;
  }

  take(flow: OffloadFlow, done: (taken: boolean) => void): number {
    this.log.push('take');
    this.flow = flow;
    this.#taken = done;
    return ++this.#number;
  }

  release(flow: number, done: (counts: OffloadCounts) => void): void {
    this.log.push(`release ${flow}`);
    this.#released = done;
  }

  counts(): { counts: OffloadCounts; readMs: number } {
    return { counts: this.count, readMs: this.readMs };
  }

  /** Answers the last `take`. */
  answer(taken: boolean): void {
    this.#taken?.(taken);
  }

  /** Answers the last `release`. */
  gaveBack(): void {
    const counts = this.count;
    this.count = zero;
    this.#released?.(counts);
  }
}

const [, datagrams] = kinds.at(-1) ?? [];
if (datagrams === undefined) throw new Error('no sockets');

async function call(offload: ManualOffload, more: Parameters<typeof connect>[3] = {}, families: Parameters<RelayRig['open']>[1] = { caller: 4, callee: 4 }) {
  const rig = RelayRig.start(datagrams ?? (() => { throw new Error('no sockets'); }), { offload });
  const [caller, callee] = [await rig.end({ host: families.caller === 6 ? '::1' : '127.0.0.1' }), await rig.end()];
  const stream = rig.open(new Learner('session-abc'), families);
  connect(stream, caller, callee, more);
  return { rig, caller, callee, stream };
}

/** A call in which both sides have been heard, so that the kernel is asked for it. */
async function talking() {
  const offload = new ManualOffload();
  const parts = await call(offload);
  await carries(parts.caller, parts.callee);
  await carries(parts.callee, parts.caller);
  return { ...parts, offload };
}

test('has no score for what the kernel forwards while no RTCP says how much of it was lost', async () => {
  const { rig, stream, offload } = await talking();
  await using _ = rig;
  expect(stream.figures().caller.mos).toBeGreaterThan(4);
  offload.answer(true);
  offload.count = { caller: { packets: 500, bytes: 86_000 }, callee: { packets: 500, bytes: 86_000 } };
  expect(stream.figures().caller).toMatchObject({ lost: -1, jitterMs: -1, mos: 0 });
});

test('goes over when media has come from both sides, with all that the kernel has to know', async () => {
  const offload = new ManualOffload();
  const { rig, caller, callee, stream } = await call(offload);
  await using _ = rig;
  await carries(caller, callee);
  expect(offload.log).toEqual([]);
  await carries(callee, caller);
  expect(offload.log).toEqual(['take']);
  expect(offload.flow).toEqual({
    session: 'session-abc', stream: 0, family: 4, mux: false,
    caller: { remote: { address: '127.0.0.1', port: caller.port }, local: { address: '127.0.0.1', port: stream.port('caller').rtp } },
    callee: { remote: { address: '127.0.0.1', port: callee.port }, local: { address: '127.0.0.1', port: stream.port('callee').rtp } },
  });
  expect(stream.figures().engine).toBe('worker');
  await carries(caller, callee);
  offload.answer(true);
  expect(stream.figures().engine).toBe('kernel');
  expect(rig.relay.status().offloaded).toBe(1);
});

test('figures come from its counts then, and loss only from reports', async () => {
  const { rig, caller, callee, stream, offload } = await talking();
  await using _ = rig;
  offload.answer(true);
  offload.count = { caller: { packets: 100, bytes: 17_200 }, callee: { packets: 90, bytes: 15_480 } };
  offload.readMs = performance.now();
  expect(stream.figures()).toMatchObject({ caller: { packets: 101, bytes: 17_372, lost: -1, jitterMs: -1 }, callee: { packets: 91 } });
  const report = callee.sendRtcp();
  await caller.gets(report, 'a report');
  expect(stream.figures().caller.lost).toBe(0);
  stream.close();
  offload.gaveBack();
  expect(stream.figures().caller.packets).toBe(101);
});

test('is idle when the counts do not grow', async () => {
  const { rig, stream, offload } = await talking();
  await using _ = rig;
  offload.answer(true);
  const began = performance.now();
  offload.count = { ...zero, caller: { packets: 100, bytes: 1 } };
  offload.readMs = began + 10_000;
  expect(stream.figures().caller.idleMs).toBe(0);
  offload.readMs = began + 70_000;
  // What came here last is not long ago either: both have to be old.
  expect(stream.figures().caller.idleMs).toBeLessThan(60_000);
});

test.each([
  ['the families differ', {}, { caller: 6, callee: 4 }],
  ['it is no RTP', { caller: { protocol: 'other' } }, { caller: 4, callee: 4 }],
] as const)('stays in userland when %s', async (_what, more, families) => {
  const offload = new ManualOffload();
  const { rig, caller, callee } = await call(offload, more, families);
  await using _ = rig;
  await carries(caller, callee);
  await carries(callee, caller);
  expect(offload.log).toEqual([]);
});

test('stays in userland when the kernel does not accept it, or refuses it, and does not ask for the same again', async () => {
  const offload = new ManualOffload();
  offload.accepting = false;
  const { rig, caller, callee, stream } = await call(offload);
  await using _ = rig;
  await carries(caller, callee);
  await carries(callee, caller);
  expect(offload.log).toEqual([]);
  offload.accepting = true;
  stream.expect('callee', expectationOf(callee));
  expect(offload.log).toEqual(['take']);
  offload.answer(false);
  stream.expect('callee', expectationOf(callee));
  expect(offload.log).toEqual(['take']);
  await carries(caller, callee);
});

test('an SDP that changes nothing leaves it in the kernel', async () => {
  const { rig, caller, stream, offload } = await talking();
  await using _ = rig;
  offload.answer(true);
  stream.expect('caller', expectationOf(caller));
  expect(offload.log).toEqual(['take']);
});

test('comes back first when a side moves, then goes over anew', async () => {
  const { rig, caller, callee, stream, offload } = await talking();
  await using _ = rig;
  offload.answer(true);
  await caller.move();
  stream.expect('caller', expectationOf(caller));
  expect(offload.log).toEqual(['take', 'release 1']);
  await carries(caller, callee);
  expect(offload.log).toEqual(['take', 'release 1']);
  offload.count = { caller: { packets: 7, bytes: 70 }, callee: { packets: 5, bytes: 50 } };
  offload.gaveBack();
  expect(offload.log).toEqual(['take', 'release 1', 'take']);
  expect(offload.flow?.caller.remote.port).toBe(caller.port);
  offload.answer(true);
  expect(stream.figures()).toMatchObject({ engine: 'kernel', caller: { packets: 9 }, callee: { packets: 6 } });
});

test('a call that ends while the kernel takes it is given back as soon as it has it', async () => {
  const { rig, stream, offload } = await talking();
  await using _ = rig;
  stream.close();
  expect(offload.log).toEqual(['take']);
  offload.answer(true);
  expect(offload.log).toEqual(['take', 'release 1']);
});

test('a stranger in the middle of an offloaded call does not bring it back', async () => {
  const { rig, caller, stream, offload } = await talking();
  await using _ = rig;
  offload.answer(true);
  const third = await rig.end();
  third.to = caller.to;
  third.say();
  await expect.poll(() => stream.figures().caller.strangers).toBe(1);
  expect(offload.log).toEqual(['take']);
});

test('a process that comes after offers what was in the kernel at once: its packets do not come by here', async () => {
  const offload = new ManualOffload();
  const { rig, caller, callee, stream } = await call(offload);
  await using _ = rig;
  const ports = { caller: stream.port('caller'), callee: stream.port('callee') };
  stream.close();
  const at = (end: typeof caller) => ({ address: end.host, port: end.port });
  const again = rig.relay.reopen(ports, new Learner(), { caller: at(caller), callee: at(callee) });
  if (again === null) throw new Error('it was not reopened');
  connect(again, caller, callee);
  expect(offload.log).toEqual(['take']);
  expect(offload.flow?.callee.remote).toEqual(at(callee));
});

test('a stream that goes on to another port of ours stays with the threads', async () => {
  const offload = new ManualOffload();
  const { rig, caller, callee } = await call(offload, { callee: { ours: true } });
  await using _ = rig;
  await carries(caller, callee);
  await carries(callee, caller);
  expect(offload.log).toEqual([]);
});

/** The ports of the userland relay: what other programs hold, exhaustion, rest, and the process that comes after. */
import { createSocket } from 'node:dgram';
import { describe, expect, test } from 'vitest';
import type { RelayedStream } from '../../../dataplane/media/relay.ts';
import { aim, carries, connect, counted, expectationOf, kinds, Learner, RelayRig } from './relay-rig.ts';

const bothV4 = { caller: 4, callee: 4 } as const;
const portsOf = (stream: RelayedStream): number[] => [stream.port('caller').rtp, stream.port('callee').rtp];

/** Holds ports as another program would. */
function hold(...ports: readonly number[]): Disposable {
  const sockets = ports.map((port) => {
    const socket = createSocket('udp4');
    socket.bindSync({ address: '0.0.0.0', port });
    return socket;
  });
  return { [Symbol.dispose]: () => { for (const socket of sockets) socket.close(); } };
}

describe.each(kinds)('ports by %s', (_kind, datagrams) => {
  test('a port that another program has is never handed out, be it for RTP or RTCP', async () => {
    await using rig = RelayRig.start(datagrams, { pairs: 4 });
    using _ = hold(rig.first, rig.first + 3);
    const stream = rig.open();
    expect(new Set(portsOf(stream))).toEqual(new Set([rig.first + 4, rig.first + 6]));
    expect(rig.relay.open(bothV4, new Learner())).toBeNull();
  });

  test('says null when the ports are used up, keeps what it has, and goes on when some come back', async () => {
    await using rig = RelayRig.start(datagrams, { pairs: 5 });
    const [first, second] = [rig.open(), rig.open()];
    expect(rig.relay.open(bothV4, new Learner())).toBeNull();
    const { exhausted, ports, streams } = rig.relay.status();
    expect([exhausted, streams, ports[0]?.inUse]).toEqual([1, 2, 4]);
    const [caller, callee] = [await rig.end(), await rig.end()];
    connect(second, caller, callee);
    await carries(caller, callee);
    first.close();
    expect(rig.open().port('caller').family).toBe(4);
  });

  test('the families have ports of their own', async () => {
    await using rig = RelayRig.start(datagrams, { pairs: 2 });
    rig.open();
    expect(rig.open(new Learner(), { caller: 6, callee: 6 }).port('caller').family).toBe(6);
    expect(rig.relay.open({ caller: 4, callee: 6 }, new Learner())).toBeNull();
  });

  test('ports rest after a call, as its ends may still send', async () => {
    await using rig = RelayRig.start(datagrams, { pairs: 4, restMs: 60_000 });
    const former = rig.open();
    const used = portsOf(former);
    former.close();
    expect(rig.relay.status().ports[0]).toMatchObject({ inUse: 0, resting: 2 });
    expect(portsOf(rig.open()).some((port) => used.includes(port))).toBe(false);
  });

  test('ports of a call that its callee has refused need no rest, unless somebody has answered or sent', async () => {
    await using rig = RelayRig.start(datagrams, { pairs: 2, restMs: 60_000 });
    for (let call = 0; call < 50; call++) {
      const stream = rig.open();
      stream.expect('caller', expectationOf(await rig.end()));
      stream.close(true);
      expect(rig.relay.status().ports[0]).toMatchObject({ inUse: 0, resting: 0 });
    }
    const [stranger] = rig.ends;
    if (stranger === undefined) throw new Error('there is none');
    const heard = rig.open();
    aim(stranger, heard, 'callee');
    stranger.say();
    await counted('its packet', () => rig.relay.status().strangers === 1);
    heard.close(true);
    expect(rig.relay.status().ports[0]).toMatchObject({ inUse: 0, resting: 2 });
  });

  test('ports of a call that had an answer rest, although it was refused in the end', async () => {
    await using rig = RelayRig.start(datagrams, { pairs: 2, restMs: 60_000 });
    const stream = rig.open();
    connect(stream, await rig.end(), await rig.end());
    stream.close(true);
    expect(rig.relay.status().ports[0]).toMatchObject({ inUse: 0, resting: 2 });
  });

  test('unproven callers get half of the ports, and others the rest; who is proven makes room', async () => {
    await using rig = RelayRig.start(datagrams, { pairs: 8, restMs: 60_000 });
    const stranger = (): RelayedStream | null => rig.relay.open(bothV4, new Learner('stranger', false));
    const [one, two, three] = [stranger(), stranger(), stranger()];
    expect([one === null, two === null, three]).toEqual([false, false, null]);
    expect(rig.relay.status()).toMatchObject({ streams: 2, exhausted: 0, unprovenRefused: 1, ports: [{ inUse: 4, unproven: 4, resting: 0 }, {}] });
    rig.open();
    one?.prove();
    expect(stranger()).not.toBeNull();
    expect([stranger(), rig.relay.status().ports[0]]).toMatchObject([null, { inUse: 8, unproven: 4 }]);
    two?.rehome('caller', 6);
    expect(rig.relay.status().ports).toMatchObject([{ inUse: 7, unproven: 3 }, { inUse: 1, unproven: 1 }]);
    two?.prove();
    expect(rig.relay.status().ports).toMatchObject([{ inUse: 7, unproven: 2 }, { inUse: 1, unproven: 0 }]);
  });

  test('a closed stream hears nothing, and can be closed again', async () => {
    await using rig = RelayRig.start(datagrams, { restMs: 60_000 });
    const [caller, callee] = [await rig.end(), await rig.end()];
    const stream = rig.open();
    connect(stream, caller, callee);
    await carries(caller, callee);
    stream.close();
    stream.close();
    expect(stream.rehome('caller', 6)).toBe(false);
    const next = rig.open();
    caller.say();
    connect(next, caller, callee);
    await carries(caller, callee);
    expect(stream.figures().caller.packets).toBe(1);
    expect(rig.relay.status()).toMatchObject({ streams: 1, packetsIn: 2 });
  });

  test('a process that comes after takes a stream up on its ports, with the sides that were learned', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee] = [await rig.end(), await rig.end()];
    const stream = rig.open();
    connect(stream, caller, callee);
    await carries(caller, callee);
    const ports = { caller: stream.port('caller'), callee: stream.port('callee') };
    stream.close();
    const learner = new Learner();
    const again = rig.relay.reopen(ports, learner, { caller: { address: caller.host, port: caller.port }, callee: null });
    if (again === null) throw new Error('it was not reopened');
    expect(portsOf(again)).toEqual([ports.caller.rtp, ports.callee.rtp]);
    connect(again, caller, callee);
    await carries(caller, callee);
    await carries(callee, caller);
    // The caller was known already.
    expect(learner.learnt.map(([side]) => side)).toEqual(['callee']);
    expect(rig.relay.status().ports[0]).toMatchObject({ inUse: 2 });
  });

  test('a stream whose port is taken meanwhile is not reopened, and leaves nothing in use', async () => {
    await using rig = RelayRig.start(datagrams);
    const stream = rig.open();
    const ports = { caller: stream.port('caller'), callee: stream.port('callee') };
    expect(rig.relay.reopen(ports, new Learner(), { caller: null, callee: null })).toBeNull();
    stream.close();
    using _ = hold(ports.callee.rtp + 1);
    expect(rig.relay.reopen(ports, new Learner(), { caller: null, callee: null })).toBeNull();
    expect(rig.relay.status()).toMatchObject({ streams: 0, ports: [{ inUse: 0 }, { inUse: 0 }] });
  });

  test('ports of a range that was set before are reopened all the same', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee] = [await rig.end(), await rig.end()];
    const outside = rig.first - 4;
    const stream = rig.relay.reopen({ caller: { family: 4, rtp: outside }, callee: { family: 4, rtp: outside + 2 } }, new Learner(), { caller: null, callee: null });
    if (stream === null) throw new Error('it was not reopened');
    connect(stream, caller, callee);
    await carries(caller, callee);
    stream.close();
    await counted('nothing in use', () => rig.relay.status().ports[0]?.inUse === 0);
  });
});

/** Who is let into a stream: injection, bleed and sides that really move, with real sockets on loopback. */
import { describe, expect, test } from 'vitest';
import type { Latching } from '../../../dataplane/media/passage.ts';
import type { RelayedStream, Side } from '../../../dataplane/media/relay.ts';
import { relearnMs } from '../../../dataplane/media/latch.ts';
import type { RtpStream } from '../../harness/rtp-stream.ts';
import { writeRtp, writeSenderReport } from '../../harness/rtp-packets.ts';
import { until } from '../../harness/deadline.ts';
import { carries, connect, counted, expectationOf, kinds, Learner, RelayRig } from './relay-rig.ts';

/** Linux answers on all of 127/8: a host that no SDP names. */
const attackersHost = '127.0.0.66';

describe.each(kinds)('latching by %s', (_kind, datagrams) => {
  async function call(rig: RelayRig, latching: Latching): Promise<{ stream: RelayedStream; learner: Learner; caller: RtpStream; callee: RtpStream }> {
    const [caller, callee] = [await rig.end(), await rig.end()];
    const learner = new Learner();
    const stream = rig.open(learner);
    connect(stream, caller, callee, { caller: { latching }, callee: { latching } });
    return { stream, learner, caller, callee };
  }
  /** Somebody else, who sends to the ports of `side`. */
  async function intruder(rig: RelayRig, stream: RelayedStream, side: Side, host = attackersHost): Promise<RtpStream> {
    const end = await rig.end({ host });
    end.to = { host: '127.0.0.1', port: stream.port(side).rtp };
    end.rtcpTo = { host: '127.0.0.1', port: stream.port(side).rtp + 1 };
    return end;
  }
  const strangers = (stream: RelayedStream, side: Side): number => stream.figures()[side].strangers;

  test.each(['strict', 'sdp', 'loose'] as const)('%s: RTP that a third party injects into a call goes nowhere and is counted', async (latching) => {
    await using rig = RelayRig.start(datagrams);
    const { stream, caller, callee } = await call(rig, latching);
    await carries(caller, callee);
    await carries(callee, caller);
    const third = await intruder(rig, stream, 'caller');
    for (let i = 0; i < 10; i++) third.say();
    await counted('ten strangers', () => strangers(stream, 'caller') === 10);
    await carries(caller, callee);
    await carries(callee, caller);
    expect(callee.hearing(third.ssrc).packets).toBe(0);
    expect(rig.relay.status().strangers).toBe(10);
  });

  test.each(['strict', 'sdp', 'loose'] as const)('%s: RTP does not bleed to whoever sends to our port in the middle of a call', async (latching) => {
    await using rig = RelayRig.start(datagrams);
    const { stream, caller, callee } = await call(rig, latching);
    await carries(caller, callee);
    await carries(callee, caller);
    const third = await intruder(rig, stream, 'caller');
    third.say();
    third.sendStun();
    third.sendRtcp();
    await counted('three strangers', () => strangers(stream, 'caller') === 3);
    for (let i = 0; i < 5; i++) await carries(callee, caller);
    await caller.gets(callee.sendRtcp(), 'a report of the callee');
    expect(third.heard).toHaveLength(0);
  });

  test.each(['strict', 'sdp'] as const)('%s: who is not named is not learned, though he comes first', async (latching) => {
    await using rig = RelayRig.start(datagrams);
    const { stream, learner, caller, callee } = await call(rig, latching);
    const third = await intruder(rig, stream, 'caller');
    third.say();
    await counted('a stranger', () => strangers(stream, 'caller') === 1);
    expect(learner.learnt).toEqual([]);
    await carries(callee, caller);
    await carries(caller, callee);
    expect(third.heard).toHaveLength(0);
  });

  test('loose: the first one is learned, wherever it is', async () => {
    await using rig = RelayRig.start(datagrams);
    const { stream, learner, callee } = await call(rig, 'loose');
    const elsewhere = await intruder(rig, stream, 'caller');
    await carries(elsewhere, callee);
    await carries(callee, elsewhere);
    expect(learner.learnt).toContainEqual(['caller', { address: attackersHost, port: elsewhere.port }]);
  });

  test('loose: RTCP comes from the host of the RTP only, once that is known', async () => {
    await using rig = RelayRig.start(datagrams);
    const { stream, caller, callee } = await call(rig, 'loose');
    await carries(caller, callee);
    const third = await intruder(rig, stream, 'caller');
    third.sendRtcp();
    await counted('a stranger', () => strangers(stream, 'caller') === 1);
    await callee.gets(caller.sendRtcp(), 'a report of the caller');
    expect(callee.heard.filter(({ kind }) => kind === 'rtcp')).toHaveLength(1);
  });

  test('strict: another port of the named host is a stranger', async () => {
    await using rig = RelayRig.start(datagrams);
    const { stream, caller, callee } = await call(rig, 'strict');
    const third = await intruder(rig, stream, 'caller', '127.0.0.1');
    third.say();
    await counted('a stranger', () => strangers(stream, 'caller') === 1);
    await carries(caller, callee);
  });

  test('sdp: a phone behind NAT sends from a port that its SDP does not name, its RTCP from the next one', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee] = [await rig.end(), await rig.end()];
    const stream = rig.open();
    connect(stream, caller, callee, { caller: { rtp: { address: '192.168.0.5', port: 4000 }, hosts: ['192.168.0.5', '127.0.0.1'] } });
    await carries(caller, callee);
    await carries(callee, caller);
    await caller.gets(callee.sendRtcp(), 'a report beside the RTP that was learned');
  });

  test('a side that moves to another port is heard there after its re-offer', async () => {
    await using rig = RelayRig.start(datagrams);
    const { stream, learner, caller, callee } = await call(rig, 'sdp');
    await carries(caller, callee);
    await caller.move();
    caller.say();
    await counted('a stranger', () => strangers(stream, 'caller') === 1);
    stream.expect('caller', expectationOf(caller));
    await carries(callee, caller);
    await carries(caller, callee);
    expect(learner.learnt.at(-1)).toEqual(['caller', { address: '127.0.0.1', port: caller.port }]);
  });

  test('a side that moves to another host is heard there after its re-offer, and the former host no more', async () => {
    await using rig = RelayRig.start(datagrams);
    const { stream, caller, callee } = await call(rig, 'sdp');
    const former = await intruder(rig, stream, 'caller', '127.0.0.1');
    await carries(caller, callee);
    await caller.move({ host: '127.0.0.9' });
    stream.expect('caller', expectationOf(caller));
    await carries(caller, callee);
    await carries(callee, caller);
    former.say();
    await counted('a stranger', () => strangers(stream, 'caller') === 1);
  });

  test('a side that opens another port without a word is heard once its old one is silent', async () => {
    await using rig = RelayRig.start(datagrams);
    const { stream, caller, callee } = await call(rig, 'sdp');
    await carries(caller, callee);
    const movedAt = performance.now();
    await caller.move();
    const since = callee.mark;
    await until('a packet from the new port', 10_000, () => {
      caller.say();
      return callee.hearing(caller.ssrc, since).packets > 0;
    });
    expect(performance.now() - movedAt).toBeGreaterThanOrEqual(relearnMs - 100);
    expect(strangers(stream, 'caller')).toBeGreaterThan(0);
    await carries(callee, caller);
  });

  test('checks of ICE from several places: media decides', async () => {
    await using rig = RelayRig.start(datagrams);
    const { stream, caller, callee } = await call(rig, 'sdp');
    const other = await intruder(rig, stream, 'caller', '127.0.0.1');
    await callee.gets(caller.sendStun(), 'a check of the first place');
    await callee.gets(other.sendStun(), 'a check of the second place');
    await carries(callee, other);
    await carries(caller, callee);
    await carries(callee, caller);
    other.sendStun();
    await counted('a stranger', () => strangers(stream, 'caller') === 1);
  });

  test('a flood of strangers does not cost the call a packet', async () => {
    await using rig = RelayRig.start(datagrams);
    const { stream, caller, callee } = await call(rig, 'sdp');
    await carries(caller, callee);
    const third = await intruder(rig, stream, 'caller');
    const injected = writeRtp({ ssrc: caller.ssrc, seq: caller.sequence, timestamp: 0, payloadType: 8 });
    const report = writeSenderReport(caller.ssrc, 1, { ssrc: 1, lost: 0, highest: 0 });
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 20; i++) third.sendRaw(i % 2 === 0 ? injected : report);
      await carries(caller, callee);
    }
    await counted('all of them', () => strangers(stream, 'caller') === 400);
    expect(callee.hearing(caller.ssrc)).toMatchObject({ packets: 21, missing: 0, duplicates: 0, damaged: 0 });
  });
});

/** The userland relay with real sockets on loopback: what passes, and what does not. */
import { describe, expect, test } from 'vitest';
import { writeRtp } from '../../harness/rtp-packets.ts';
import { aim, carries, connect, counted, expectationOf, kinds, Learner, RelayRig } from './relay-rig.ts';

describe.each(kinds)('a stream by %s', (kind, datagrams) => {
  test('carries RTP both ways by its own ports, and learns both sides', async () => {
    await using rig = RelayRig.start(datagrams);
    expect(rig.relay.status().sockets).toBe(kind);
    const [caller, callee] = [await rig.end(), await rig.end()];
    const learner = new Learner();
    const stream = rig.open(learner);
    connect(stream, caller, callee);
    await carries(caller, callee);
    await carries(callee, caller);
    expect(callee.hearing(caller.ssrc)).toMatchObject({ packets: 1, damaged: 0, sources: [`127.0.0.1:${stream.port('callee').rtp}`] });
    expect(caller.hearing(callee.ssrc)).toMatchObject({ packets: 1, damaged: 0, sources: [`127.0.0.1:${stream.port('caller').rtp}`] });
    expect(learner.learnt).toEqual([['caller', { address: '127.0.0.1', port: caller.port }], ['callee', { address: '127.0.0.1', port: callee.port }]]);
  });

  test('counts what passes', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee] = [await rig.end(), await rig.end()];
    const stream = rig.open();
    connect(stream, caller, callee);
    for (let i = 0; i < 5; i++) await carries(caller, callee);
    const { engine, caller: sent, callee: back } = stream.figures();
    expect(engine).toBe('worker');
    expect(sent).toMatchObject({ packets: 5, bytes: 5 * 172, lost: 0, strangers: 0, invalid: 0 });
    expect(sent.idleMs).toBeGreaterThanOrEqual(0);
    expect(sent.mos).toBeGreaterThan(4);
    expect(back).toMatchObject({ packets: 0, lost: -1, jitterMs: -1, mos: 0, idleMs: -1 });
    expect(rig.relay.status()).toMatchObject({ streams: 1, packetsIn: 5, packetsOut: 5, sendFailures: 0 });
  });

  test('counts packets that its sender lost', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee] = [await rig.end(), await rig.end()];
    const stream = rig.open();
    connect(stream, caller, callee);
    await carries(caller, callee);
    caller.sent += 3;
    await carries(caller, callee);
    expect(stream.figures().caller).toMatchObject({ packets: 2, lost: 3 });
  });

  test('sends nothing before the other side has a place', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee] = [await rig.end(), await rig.end()];
    const stream = rig.open();
    stream.expect('caller', expectationOf(caller));
    aim(caller, stream, 'caller');
    caller.say();
    await counted('a packet that goes nowhere', () => stream.figures().caller.packets === 1);
    expect(rig.relay.status()).toMatchObject({ packetsIn: 1, packetsOut: 0, sendFailures: 0 });
    stream.expect('callee', expectationOf(callee));
    await carries(caller, callee);
  });

  test('a side without a place (trickled ICE, hold) is sent to as soon as it is heard', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee] = [await rig.end(), await rig.end()];
    const stream = rig.open();
    connect(stream, caller, callee, { callee: { rtp: null } });
    await carries(callee, caller);
    await carries(caller, callee);
  });

  test('carries RTCP by the odd ports, to where it is expected and then to where it comes from', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee] = [await rig.end(), await rig.end()];
    const stream = rig.open();
    connect(stream, caller, callee);
    const report = caller.sendRtcp();
    const got = await callee.gets(report, 'a report of the caller');
    expect([got.from, got.at]).toEqual([`127.0.0.1:${stream.port('callee').rtp + 1}`, `127.0.0.1:${callee.port + 1}`]);
    await caller.gets(callee.sendRtcp(), 'a report of the callee');
    expect(stream.figures().caller.packets).toBe(0);
  });

  test('once RTP is learned, takes RTCP from that host only', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee, stranger] = [await rig.end(), await rig.end(), await rig.end({ host: '127.0.0.2' })];
    const stream = rig.open();
    connect(stream, caller, callee, { caller: { hosts: [caller.host, stranger.host] } });
    await carries(caller, callee);
    stranger.rtcpTo = caller.rtcpTo;
    stranger.sendRtcp();
    await counted('the report of the other host', () => stream.figures().caller.strangers === 1);
    await callee.gets(caller.sendRtcp(), 'a report of the caller');
    expect(callee.heard.filter(({ from }) => from.startsWith('127.0.0.2'))).toEqual([]);
  });

  test('names another port for RTCP (RFC 3605)', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee, elsewhere] = [await rig.end(), await rig.end(), await rig.end()];
    const stream = rig.open();
    connect(stream, caller, callee, { callee: { rtcp: { address: elsewhere.host, port: elsewhere.port } } });
    await elsewhere.gets(caller.sendRtcp(), 'a report where a=rtcp says');
  });

  test('carries RTP and RTCP on one port on both sides (RFC 5761)', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee] = [await rig.end({ mux: true }), await rig.end({ mux: true })];
    const stream = rig.open();
    connect(stream, caller, callee);
    await carries(caller, callee);
    const got = await callee.gets(caller.sendRtcp(), 'a report by the port of RTP');
    expect(got.from).toBe(`127.0.0.1:${stream.port('callee').rtp}`);
    expect(stream.figures().caller.packets).toBe(1);
  });

  test('bridges one port to two', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee] = [await rig.end({ mux: true }), await rig.end()];
    const stream = rig.open();
    connect(stream, caller, callee);
    const down = await callee.gets(caller.sendRtcp(), 'a report on the odd port');
    expect(down.at).toBe(`127.0.0.1:${callee.port + 1}`);
    const up = await caller.gets(callee.sendRtcp(), 'a report on the only port');
    expect(up.from).toBe(`127.0.0.1:${stream.port('caller').rtp}`);
  });

  test('lets STUN and DTLS through as they are', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee] = [await rig.end({ mux: true }), await rig.end({ mux: true })];
    const stream = rig.open();
    connect(stream, caller, callee);
    await callee.gets(caller.sendStun(), 'a check of the caller');
    await caller.gets(callee.sendStun(), 'a check of the callee');
    await callee.gets(caller.sendDtls(), 'a handshake');
    expect(stream.figures().caller.packets).toBe(0);
  });

  test('drops and counts what is no media, from whomever', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee] = [await rig.end(), await rig.end()];
    const stream = rig.open();
    connect(stream, caller, callee);
    const rubbish = [Buffer.alloc(0), Buffer.from([0x80]), Buffer.from('INVITE sip:a@b SIP/2.0\r\n\r\n'), Buffer.alloc(200, 0xff)];
    for (const data of rubbish) caller.sendRaw(data);
    caller.sendRaw(writeRtp({ ssrc: 1, seq: 1, timestamp: 1, payloadType: 8 }), caller.rtcpTo, true);
    await counted('five of them', () => stream.figures().caller.invalid === 5);
    await carries(caller, callee);
    for (const data of rubbish) caller.sendRaw(data);
    await counted('nine of them', () => stream.figures().caller.invalid === 9);
    expect(rig.relay.status()).toMatchObject({ invalid: 9, strangers: 0, packetsOut: 1 });
    expect(callee.heard).toHaveLength(1);
  });

  test('lets anything through where the stream is no RTP (T.38 over UDPTL)', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee] = [await rig.end(), await rig.end()];
    const stream = rig.open();
    connect(stream, caller, callee, { caller: { protocol: 'other' }, callee: { protocol: 'other' } });
    const fax = Buffer.from([0, 7, 6, 0xc0, 1, 0x80, 0, 0]);
    caller.sendRaw(fax);
    await callee.gets(fax, 'a packet of a fax');
    expect(stream.figures().caller).toMatchObject({ packets: 1, lost: -1, jitterMs: -1, mos: 0 });
  });

  test('bridges IPv6 and IPv4', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee] = [await rig.end({ host: '::1' }), await rig.end()];
    const stream = rig.open(new Learner(), { caller: 6, callee: 4 });
    expect([stream.port('caller').family, stream.port('callee').family]).toEqual([6, 4]);
    connect(stream, caller, callee);
    await carries(caller, callee);
    await carries(callee, caller);
    await caller.gets(callee.sendRtcp(), 'a report over IPv6');
  });

  test('moves a side to the other family when its call does', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, old, next] = [await rig.end(), await rig.end(), await rig.end({ host: '::1' })];
    const stream = rig.open();
    connect(stream, caller, old);
    await carries(old, caller);
    const former = stream.port('callee');
    expect(stream.rehome('callee', 6)).toBe(true);
    expect(stream.port('callee').family).toBe(6);
    expect(stream.port('callee')).not.toEqual(former);
    stream.expect('callee', expectationOf(next));
    aim(next, stream, 'callee');
    await carries(caller, next);
    await carries(next, caller);
    expect(stream.rehome('callee', 6)).toBe(true);
    expect(rig.relay.status().ports).toMatchObject([{ family: 4, inUse: 1 }, { family: 6, inUse: 1 }]);
  });

  test('reports of the ends give loss at the far one and the round trip', async () => {
    await using rig = RelayRig.start(datagrams);
    const [caller, callee] = [await rig.end(), await rig.end()];
    const stream = rig.open();
    connect(stream, caller, callee);
    await carries(caller, callee);
    const sender = caller.sendRtcp();
    await callee.gets(sender, 'a sender report');
    // A receiver report with one block (RFC 3550 §6.4.2): 7 lost, and the report above answered at once.
    const receiver = Buffer.alloc(32);
    receiver.writeUInt8(0x81, 0);
    receiver.writeUInt8(201, 1);
    receiver.writeUInt16BE(7, 2);
    receiver.writeUInt32BE(callee.ssrc, 4);
    receiver.writeUInt32BE(caller.ssrc, 8);
    receiver.writeUInt32BE(7, 12);
    sender.copy(receiver, 24, 10, 14);
    callee.sendRaw(receiver, callee.rtcpTo, true);
    await caller.gets(receiver, 'a receiver report');
    const figures = stream.figures();
    expect(figures.roundTripMs).toBeGreaterThanOrEqual(0);
    expect(figures.roundTripMs).toBeLessThan(5_000);
    expect(figures.caller.lost).toBe(0);
    // One packet passed and seven are missed: nobody can follow that.
    expect(figures.caller.mos).toBeLessThan(2);
  });

  test('a hundred streams at once carry what is theirs', async () => {
    await using rig = RelayRig.start(datagrams, { pairs: 220 });
    const calls = await Promise.all(Array.from({ length: 100 }, async () => {
      const [caller, callee] = [await rig.end({ mux: true }), await rig.end({ mux: true })];
      connect(rig.open(), caller, callee);
      return { caller, callee };
    }));
    for (let round = 0; round < 10; round++) {
      for (const { caller, callee } of calls) {
        caller.say();
        callee.say();
      }
      for (const { caller, callee } of calls) {
        await callee.hears(caller, round + 1, 0);
        await caller.hears(callee, round + 1, 0);
      }
    }
    for (const { caller, callee } of calls) {
      expect(callee.hearing(caller.ssrc)).toMatchObject({ packets: 10, missing: 0, damaged: 0, duplicates: 0 });
      expect(callee.heard).toHaveLength(10);
      expect(caller.heard).toHaveLength(10);
    }
    expect(rig.relay.status()).toMatchObject({ streams: 100, packetsIn: 2_000, packetsOut: 2_000, strangers: 0, invalid: 0, sendFailures: 0 });
  });
});

/** Sessions through a real rtpengine: RTP of both ends crosses it, and it forgets what ended. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { writeSenderReport } from '../../harness/rtp-packets.ts';
import { RtpStream } from '../../harness/rtp-stream.ts';
import type { Rtpengine } from '../../harness/rtpengine.ts';
import { describeEnd, establish, follow, instanceAt, newSession, RtpengineRig, startDeadlineMs, startEngine } from './rtpengine-rig.ts';

let engine: Rtpengine;
let rig: RtpengineRig;
const streams: RtpStream[] = [];

beforeAll(async () => {
  engine = await startEngine();
  rig = new RtpengineRig([instanceAt(engine.address)]);
  await rig.become(engine.address, 'up');
}, startDeadlineMs);
afterAll(async () => {
  rig?.close();
  await engine?.stop();
});
afterEach(async () => {
  for (const stream of streams.splice(0)) await stream.close();
});

async function stream(host = '127.0.0.1'): Promise<RtpStream> {
  const opened = await RtpStream.open({ host });
  streams.push(opened);
  return opened;
}

/** A sender report that says when the last one of the other end came, so that the way there and back can be measured (RFC 3550 §6.4.1). */
function report(from: RtpStream, of: RtpStream): void {
  const last = from.heard.findLast(({ kind }) => kind === 'rtcp');
  const data = writeSenderReport(from.ssrc, from.sent, { ssrc: of.ssrc, lost: 0, highest: of.sequence });
  if (last !== undefined) {
    data.writeUInt32BE(last.data.readUInt32BE(10), 44);
    data.writeUInt32BE(Math.max(1, Math.round(((performance.now() - last.atMs) / 1_000) * 65_536)), 48);
  }
  from.sendRaw(data, from.rtcpTo, true);
}

/** Waits until all that was said has come: what a call has counted when it ends is then all of it. */
const heardAll = (at: RtpStream, of: RtpStream): Promise<unknown> => at.hears(of, of.sent, 0);

const bothHear = async (a: RtpStream, b: RtpStream): Promise<void> => {
  a.talk();
  b.talk();
  await Promise.all([a.hears(b, 20), b.hears(a, 20)]);
};

describe('a call', () => {
  it('has its media moved both ways, its figures counted, and leaves nothing behind', async () => {
    const { session, caller, callee } = await establish(rig, await stream(), await stream());
    expect(caller.to).not.toEqual({ host: callee.host, port: callee.port });
    await bothHear(caller, callee);
    expect(caller.hearing(callee.ssrc)).toMatchObject({ missing: 0, duplicates: 0, damaged: 0, sources: [`127.0.0.1:${caller.to?.port}`] });
    expect(callee.hearing(caller.ssrc)).toMatchObject({ missing: 0, duplicates: 0, damaged: 0, sources: [`127.0.0.1:${callee.to?.port}`] });
    const figures = await until('figures', 20_000, () => {
      const seen = rig.sessions.figures(session)?.streams[0];
      return seen !== undefined && seen.caller.packets > 0 ? seen : null;
    });
    expect(figures).toMatchObject({ kind: 'audio', engine: 'rtpengine', caller: { strangers: 0 } });
    caller.hush();
    callee.hush();
    await heardAll(caller, callee);
    await heardAll(callee, caller);
    rig.sessions.end(session, 'a');
    expect(rig.sessions.has(session)).toBe(false);
    const last = (await rig.endedAs(session)).figures?.streams[0];
    expect(last?.caller.packets).toBe(caller.sent);
    expect(last?.callee.packets).toBe(callee.sent);
    expect(await rig.pass({ session, sdp: describeEnd(callee), fromCaller: false, kind: 'answer' })).toEqual({ t: 'untouched', why: 'unknown session' });
    expect(rig.records.has(session)).toBe(false);
  }, 60_000);

  it('has loss, jitter and MOS when its ends report them by RTCP', async () => {
    const { session, caller, callee } = await establish(rig, await stream(), await stream());
    await bothHear(caller, callee);
    const streams = await until('a report', 30_000, () => {
      report(caller, callee);
      report(callee, caller);
      return rig.sessions.figures(session)?.streams.find(({ callee: { mos } }) => mos > 0);
    });
    expect(streams.callee).toMatchObject({ lost: 0 });
    expect(streams.callee.mos).toBeGreaterThan(3.5);
    expect(streams.roundTripMs).toBeGreaterThan(0);
    expect(streams.callee.jitterMs).toBeGreaterThanOrEqual(0);
    rig.sessions.end(session, '');
    await rig.endedAs(session);
  }, 60_000);

  it('without SDP in its INVITE gets the offer from the callee, the answer from the caller', async () => {
    const [caller, callee, session] = [await stream(), await stream(), newSession()];
    follow(caller, await rig.edited({ session, sdp: describeEnd(callee), fromCaller: false, kind: 'offer', final: true, calleeTag: 'a' }));
    follow(callee, await rig.edited({ session, sdp: describeEnd(caller), kind: 'answer', calleeTag: 'a' }));
    await bothHear(caller, callee);
    rig.sessions.end(session, '');
  });

  it('whose callee offers in a reliable response has the answer in the PRACK', async () => {
    const [caller, callee, session] = [await stream(), await stream(), newSession()];
    follow(caller, await rig.edited({ session, sdp: describeEnd(callee), fromCaller: false, kind: 'offer', calleeTag: 'a' }));
    follow(callee, await rig.edited({ session, sdp: describeEnd(caller), kind: 'prack', calleeTag: 'a' }));
    await bothHear(caller, callee);
    rig.sessions.end(session, '');
  });

  it('bridges IPv6 and IPv4', async () => {
    const { session, caller, callee } = await establish(rig, await stream('::1'), await stream());
    expect([caller.to?.host, callee.to?.host]).toEqual(['::1', '127.0.0.1']);
    await bothHear(caller, callee);
    rig.sessions.end(session, '');
  });

  it('goes on hold and back, and to another address of the callee, by re-INVITEs', async () => {
    const { session, caller, callee } = await establish(rig, await stream(), await stream());
    await bothHear(caller, callee);
    const held = await rig.edited({ session, sdp: describeEnd(caller, { direction: 'sendonly', version: 2 }), calleeTag: 'a' });
    expect(held.media[0]?.direction).toBe('sendonly');
    const agreed = await rig.edited({ session, sdp: describeEnd(callee, { direction: 'recvonly', version: 2 }), fromCaller: false, kind: 'answer', final: true, calleeTag: 'a' });
    expect(agreed.media[0]?.direction).toBe('recvonly');
    callee.hush();
    await callee.move();
    follow(caller, await rig.edited({ session, sdp: describeEnd(callee, { version: 3 }), fromCaller: false, calleeTag: 'a' }));
    follow(callee, await rig.edited({ session, sdp: describeEnd(caller, { version: 3 }), kind: 'answer', final: true, calleeTag: 'a' }));
    await bothHear(caller, callee);
    rig.sessions.end(session, '');
  });

  it('shows the origin only when nothing is hidden', async () => {
    const [caller, session] = [await stream('127.0.0.5'), newSession()];
    expect((await rig.edited({ session, sdp: describeEnd(caller) })).origin).toBe('127.0.0.5');
    expect((await rig.edited({ session, sdp: describeEnd(caller), hideOrigin: true })).text).not.toContain('127.0.0.5');
    rig.sessions.end(session, '');
  });
});

describe('a fork', () => {
  it('with two answers has the media at the one that accepted first, and with the other when that one leaves', async () => {
    const { session, caller, callee } = await establish(rig, await stream(), await stream());
    await bothHear(caller, callee);
    const other = await stream();
    const before = caller.to;
    const heard = callee.hearing(caller.ssrc).packets;
    follow(caller, await rig.edited({ session, sdp: describeEnd(other), fromCaller: false, kind: 'answer', final: true, calleeTag: 'b' }));
    const said = caller.sent;
    // One port for all of them: the caller sends on as before.
    expect(caller.to).toEqual(before);
    await bothHear(caller, callee);
    // While rtpengine was told of one and then of the other again, what was under way may have gone astray, and nothing that was said later.
    const astray = other.hearing(caller.ssrc).packets;
    expect(astray).toBeLessThanOrEqual(said - heard);
    await bothHear(caller, callee);
    expect(other.hearing(caller.ssrc).packets).toBe(astray);
    callee.hush();
    rig.sessions.end(session, 'a');
    expect(rig.sessions.has(session)).toBe(true);
    other.to = callee.to;
    await bothHear(caller, other);
    rig.sessions.end(session, 'b');
    expect((await rig.endedAs(session)).why).toBe('call');
  }, 60_000);

  it('that only rings takes no media from the callee that answered', async () => {
    const { session, caller, callee } = await establish(rig, await stream(), await stream());
    const ringing = await stream();
    await rig.edited({ session, sdp: describeEnd(ringing), fromCaller: false, kind: 'answer', calleeTag: 'b' });
    await bothHear(caller, callee);
    expect(ringing.hearing(caller.ssrc).packets).toBe(0);
    rig.sessions.end(session, '');
  });
});

describe('what is no SDP', () => {
  it.each(['hello', 'v=0\r\n', 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n', 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 99999 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n'])('%j passes untouched and begins no session', async (sdp) => {
    const session = newSession();
    expect(await rig.pass({ session, sdp })).toEqual({ t: 'untouched', why: 'malformed' });
    expect(rig.sessions.has(session)).toBe(false);
  });

  it.each([{ kind: 'answer' }, { kind: 'prack' }, { kind: 'offer', joins: true }] as const)('%j to nothing passes untouched', async (passage) => {
    expect(await rig.pass({ session: newSession(), sdp: describeEnd(await stream()), fromCaller: false, ...passage })).toEqual({ t: 'untouched', why: 'unknown session' });
  });
});

describe('somebody else', () => {
  it('who sends to the ports of a call is dropped and counted', async () => {
    const { session, caller, callee } = await establish(rig, await stream(), await stream(), { latching: 'strict' });
    await bothHear(caller, callee);
    const stranger = await stream('127.0.0.3');
    const strangers = await until('a count of strangers', 30_000, () => {
      stranger.say(caller.to);
      stranger.say(callee.to);
      const seen = rig.sessions.figures(session)?.streams[0];
      return seen === undefined ? null : seen.caller.strangers + seen.callee.strangers;
    });
    expect(strangers).toBeGreaterThan(0);
    expect(callee.hearing(stranger.ssrc).packets + caller.hearing(stranger.ssrc).packets).toBe(0);
    rig.sessions.end(session, '');
  }, 60_000);
});

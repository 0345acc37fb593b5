import { describe, expect, it } from 'vitest';
import { isSessionRecord } from '../../../dataplane/media/session-record.ts';
import { audio, Call, calleeAddress, callerAddress, ourAddress, ourSixth, placesOf } from './call.ts';

const id = 'Asession0001';
const video = (port: number): string => `m=video ${port} RTP/AVP 31`;

describe('offer and answer', () => {
  it('each side gets a port of ours and is expected where its SDP says', () => {
    const call = new Call();
    expect(placesOf(call.offer())).toEqual([`${ourAddress}:30002`]);
    expect(call.at('caller')).toBe('192.0.2.1:4000');
    expect(placesOf(call.answer())).toEqual([`${ourAddress}:30000`]);
    expect([call.at('caller'), call.at('callee')]).toEqual(['192.0.2.1:4000', '203.0.113.1:5000']);
    expect(call.stream().owner).toMatchObject({ session: id, stream: 0 });
    expect(call.stream().expected.caller).toMatchObject({ protocol: 'rtp', mux: false, rtcp: null, latching: 'sdp', hosts: [callerAddress] });
  });

  it('the same offer again gets the same text, and the stream is not told twice', () => {
    const call = new Call();
    const text = call.offer();
    const answer = call.answer();
    const { told } = call.stream();
    expect([call.offer(), call.answer()]).toEqual([text, answer]);
    expect([call.relay.streams.length, call.stream().told]).toEqual([1, told]);
  });

  it('a late offer of the callee is answered in ACK', () => {
    const call = new Call();
    expect(placesOf(call.answer('b', audio(calleeAddress, 5000), { kind: 'offer' }))).toEqual([`${ourAddress}:30000`]);
    expect([call.at('caller'), call.at('callee')]).toEqual(['nowhere', '203.0.113.1:5000']);
    expect(placesOf(call.offer(audio(callerAddress, 4000), { kind: 'answer', calleeTag: 'b' }))).toEqual([`${ourAddress}:30002`]);
    expect([call.at('caller'), call.at('callee')]).toEqual(['192.0.2.1:4000', '203.0.113.1:5000']);
  });

  it('PRACK answers an offer of a reliable response, and is one otherwise', () => {
    const late = new Call();
    late.answer('b', audio(calleeAddress, 5000), { kind: 'offer', final: false });
    late.offer(audio(callerAddress, 4000), { kind: 'prack', calleeTag: 'b' });
    expect([late.at('caller'), late.at('callee')]).toEqual(['192.0.2.1:4000', '203.0.113.1:5000']);
    const early = new Call();
    early.offer();
    early.answer('b', audio(calleeAddress, 5000), { final: false });
    early.offer(audio(callerAddress, 4444), { kind: 'prack', calleeTag: 'b' });
    expect(early.at('caller')).toBe('192.0.2.1:4000');
    early.answer('b', audio(calleeAddress, 5000), { final: false });
    expect(early.at('caller')).toBe('192.0.2.1:4444');
  });

  it('an offer within the call counts once it is answered: it may be rejected', () => {
    const call = new Call();
    call.offer();
    call.answer();
    expect(placesOf(call.reoffer('callee', audio(calleeAddress, 5555)))).toEqual([`${ourAddress}:30000`]);
    expect(call.at('callee')).toBe('203.0.113.1:5000');
    call.reoffer('callee', audio(calleeAddress, 6666));
    call.edited({ kind: 'answer', calleeTag: 'b', sdp: audio(callerAddress, 4001) });
    expect([call.at('caller'), call.at('callee')]).toEqual(['192.0.2.1:4001', '203.0.113.1:6666']);
    expect(call.relay.streams).toHaveLength(1);
  });

  it('a call on hold and back keeps its ports', () => {
    const call = new Call();
    call.offer();
    call.answer();
    expect(placesOf(call.reoffer('caller', audio('0.0.0.0', 4000)))).toEqual(['0.0.0.0:30002']);
    call.answer('b', audio(calleeAddress, 5000, 'a=inactive'));
    expect([call.at('caller'), call.stream().expected.caller?.hosts]).toEqual(['nowhere', [callerAddress]]);
    call.reoffer('caller', audio(callerAddress, 4000));
    expect(placesOf(call.answer())).toEqual([`${ourAddress}:30000`]);
    expect(call.at('caller')).toBe('192.0.2.1:4000');
  });

  it('waits for a side at its SDP and at where its signalling comes from', () => {
    const call = new Call();
    call.offer(audio('10.0.0.5', 4000, 'a=rtcp:4009 IN IP4 10.0.0.6', 'a=candidate:1 1 UDP 1 10.0.0.7 4000 typ host', 'a=candidate:2 1 UDP 1 203.0.113.9 4000 typ srflx', 'a=candidate:3 1 UDP 1 x.local 4000 typ host'));
    expect(call.stream().expected.caller).toMatchObject({ rtp: { address: '10.0.0.5', port: 4000 }, rtcp: { address: '10.0.0.6', port: 4009 }, hosts: ['10.0.0.5', '10.0.0.6', callerAddress, '10.0.0.7', '203.0.113.9'] });
  });

  it('keeps a bounded number of hosts', () => {
    const call = new Call();
    call.offer(audio(callerAddress, 4000, ...Array.from({ length: 200 }, (_, i) => `a=candidate:1 1 UDP 1 10.0.0.${i} 4000 typ host`)));
    expect(call.stream().expected.caller?.hosts).toHaveLength(16);
  });

  it('sends no media to addresses that are forbidden, nor waits for any from there', () => {
    const call = new Call({ forbidden: (address) => address.startsWith('169.254.') });
    call.offer(audio('169.254.169.254', 80, 'a=candidate:1 1 UDP 1 169.254.0.1 4000 typ host'));
    expect([call.at('caller'), call.stream().expected.caller?.hosts]).toEqual(['nowhere', [callerAddress]]);
  });

  it('sends nothing to our own ports of the session, which would come back for ever; those of another session are a call that comes by twice', () => {
    const call = new Call();
    call.offer(audio(ourAddress, 30_002, 'a=rtcp:30001'));
    expect([call.at('caller'), call.stream().expected.caller?.rtcp]).toEqual(['nowhere', null]);
    call.offer(audio(ourAddress, 30_002), { session: 'Asession0002' });
    expect(call.at('caller', 1)).toBe(`${ourAddress}:30002`);
  });

  it('RTP and RTCP share a port only where both sides agree', () => {
    for (const [answered, mux] of [['a=rtcp-mux', true], ['a=x', false]] as const) {
      const call = new Call();
      call.offer(audio(callerAddress, 4000, 'a=rtcp-mux'));
      expect(call.stream().expected.caller?.mux).toBe(true);
      call.answer('b', audio(calleeAddress, 5000, answered));
      expect([call.stream().expected.caller?.mux, call.stream().expected.callee?.mux]).toEqual([mux, mux]);
    }
  });

  it('tells protocols that are no RTP from those that are', () => {
    const call = new Call();
    call.offer();
    call.answer();
    const fax = (address: string): string => audio(address, 4000).replace('m=audio 4000 RTP/AVP 0', 'm=image 4000 udptl t38');
    call.reoffer('callee', fax(calleeAddress));
    call.edited({ kind: 'answer', calleeTag: 'b', sdp: fax(callerAddress) });
    expect([call.stream().expected.caller?.protocol, call.stream().expected.callee?.protocol, call.relay.streams.length]).toEqual(['other', 'other', 1]);
  });

  it('hides o= where the passage says so', () => {
    expect(new Call().offer(audio(callerAddress, 4000), { hideOrigin: true })).toContain(`o=- 1 2 IN IP4 ${ourAddress}\r\n`);
  });
});

describe('several streams', () => {
  it('each has its ports; one that is answered with port 0 gives them back', () => {
    const call = new Call();
    expect(placesOf(call.offer(audio(callerAddress, 4000, video(4002))))).toEqual([`${ourAddress}:30002`, `${ourAddress}:30006`]);
    call.answer('b', audio(calleeAddress, 5000, video(0)), { final: false });
    expect(call.relay.live).toHaveLength(2);
    expect(placesOf(call.answer('b', audio(calleeAddress, 5000, video(0))))).toEqual([`${ourAddress}:30000`, `${ourAddress}:0`]);
    expect(call.relay.live).toHaveLength(1);
  });

  it('one is added and removed', () => {
    const call = new Call();
    call.offer();
    call.answer();
    expect(placesOf(call.reoffer('caller', audio(callerAddress, 4000, video(4002))))).toEqual([`${ourAddress}:30002`, `${ourAddress}:30006`]);
    expect([call.at('caller', 1), call.relay.live.length]).toEqual(['192.0.2.1:4002', 2]);
    call.answer('b', audio(calleeAddress, 5000, video(5002)));
    expect(call.at('callee', 1)).toBe('203.0.113.1:5002');
    call.reoffer('callee', audio(calleeAddress, 5000, video(0)));
    expect(call.relay.live).toHaveLength(2);
    call.edited({ kind: 'answer', calleeTag: 'b', sdp: audio(callerAddress, 4000, video(0)) });
    expect([call.relay.live.length, call.at('callee')]).toEqual([1, '203.0.113.1:5000']);
  });

  it('one whose offer was rejected is given back with the next agreement', () => {
    const call = new Call();
    call.offer();
    call.answer();
    call.reoffer('caller', audio(callerAddress, 4000, video(4002)));
    call.reoffer('caller', audio(callerAddress, 4000));
    call.answer();
    expect(call.relay.live).toHaveLength(1);
  });

  it('a bundle that is answered shares the first', () => {
    const call = new Call();
    const bundle = ['a=group:BUNDLE a v'];
    call.offer(audio(callerAddress, 4000, 'a=mid:a', video(4002), 'a=mid:v').replace('t=0 0', `t=0 0\r\n${bundle[0]}`));
    expect(placesOf(call.answer('b', audio(calleeAddress, 5000, 'a=mid:a', video(5000), 'a=mid:v')))).toEqual([`${ourAddress}:30000`, `${ourAddress}:30000`]);
    expect([call.relay.live.length, call.at('caller'), call.at('callee')]).toEqual([1, '192.0.2.1:4000', '203.0.113.1:5000']);
    expect(placesOf(call.reoffer('caller', audio(callerAddress, 4000, 'a=mid:a', video(4000), 'a=mid:v')))).toEqual([`${ourAddress}:30002`, `${ourAddress}:30002`]);
  });

  it('duplicate m-lines share one stream, whichever is answered', () => {
    const call = new Call();
    expect(placesOf(call.offer(audio(callerAddress, 4000, 'm=audio 4000 RTP/SAVP 0')))).toEqual([`${ourAddress}:30002`, `${ourAddress}:30002`]);
    expect(placesOf(call.answer('b', audio(calleeAddress, 0, 'm=audio 5000 RTP/SAVP 0')))).toEqual([`${ourAddress}:0`, `${ourAddress}:30000`]);
    expect([call.at('caller'), call.at('callee')]).toEqual(['192.0.2.1:4000', '203.0.113.1:5000']);
  });
});

describe('forks', () => {
  const other = '203.0.113.2';

  it('media goes to the callee that answered last', () => {
    const call = new Call();
    call.offer();
    expect(call.answer('b', audio(calleeAddress, 5000), { final: false })).toBe(call.answer('c', audio(other, 6000), { final: false, source: other }).replace(other, calleeAddress));
    expect(call.at('callee')).toBe('203.0.113.2:6000');
  });

  it('one that accepted is not left for one that rings, but for one that accepts later', () => {
    const call = new Call();
    call.offer();
    call.answer('b', audio(calleeAddress, 5000));
    call.answer('c', audio(other, 6000), { final: false, source: other });
    expect(call.at('callee')).toBe('203.0.113.1:5000');
    call.answer('c', audio(other, 6000), { source: other });
    expect(call.at('callee')).toBe('203.0.113.2:6000');
    call.sessions.end(id, 'c');
    expect(call.at('callee')).toBe('203.0.113.1:5000');
    call.sessions.end(id, 'b');
    expect([call.sessions.size, call.relay.live.length, call.told]).toEqual([0, 0, [`${id} over`]]);
  });

  it('one that accepts without SDP is heard with what it said before', () => {
    const call = new Call();
    call.offer();
    call.answer('b', audio(calleeAddress, 5000), { final: false });
    call.answer('c', audio(other, 6000), { final: false, source: other });
    call.sessions.answered(id, 'b');
    expect(call.at('callee')).toBe('203.0.113.1:5000');
  });

  it('are over with the call that was accepted', () => {
    const call = new Call();
    call.offer();
    call.answer('c', audio(other, 6000), { final: false, source: other });
    call.answer('b', audio(calleeAddress, 5000));
    call.sessions.end(id, 'b');
    expect([call.sessions.size, call.told]).toEqual([0, [`${id} over`]]);
  });

  it('that leaves while others ring does not end the session; the failure of the INVITE does', () => {
    const call = new Call();
    call.offer();
    call.answer('b', audio(calleeAddress, 5000), { final: false });
    call.sessions.end(id, 'b');
    call.sessions.end(id, 'nobody');
    expect(call.sessions.size).toBe(1);
    call.sessions.end(id, '');
    expect([call.sessions.size, call.relay.live.length]).toEqual([0, 0]);
  });

  it('are bounded, and the one that is heard is kept', () => {
    const call = new Call();
    call.offer();
    call.answer('b', audio(calleeAddress, 5000));
    for (let i = 0; i < 100; i++) call.answer(`fork${i}`, audio(other, 6000), { final: false });
    expect([call.records.at(-1)?.dialogs.length, call.at('callee')]).toEqual([16, '203.0.113.1:5000']);
  });

  it('by both families each have ports of theirs; those of the family that is not taken are given back', () => {
    const call = new Call();
    const six = { family: 6, ownAddress: ourSixth } as const;
    expect(placesOf(call.offer(audio(callerAddress, 4000), six))).toEqual([`${ourSixth}:30002`]);
    expect(placesOf(call.offer())).toEqual([`${ourAddress}:30006`]);
    expect(call.relay.live).toHaveLength(2);
    expect(placesOf(call.answer('c', audio('2001:db8::c', 5000), { source: '2001:db8::c', final: false }))).toEqual([`${ourAddress}:30000`]);
    expect(placesOf(call.answer())).toEqual([`${ourAddress}:30004`]);
    expect([call.relay.live.length, call.at('caller'), call.at('callee')]).toEqual([1, '192.0.2.1:4000', '203.0.113.1:5000']);
  });
});

describe('families', () => {
  it('an IPv6 phone calls an IPv4 PBX', () => {
    const call = new Call();
    expect(placesOf(call.offer(audio('2001:db8::a', 4000), { source: '2001:db8::a' }))).toEqual([`${ourAddress}:30002`]);
    expect(placesOf(call.answer('b', audio(calleeAddress, 5000), { family: 6, ownAddress: ourSixth }))).toEqual([`${ourSixth}:30000`]);
    expect(call.stream().ports).toEqual({ caller: { family: 6, rtp: 30_000 }, callee: { family: 4, rtp: 30_002 } });
    expect([call.at('caller'), call.at('callee')]).toEqual(['2001:db8::a:4000', '203.0.113.1:5000']);
  });

  it('a phone that signals by one family and has media in the other gets a port there', () => {
    const call = new Call();
    call.offer(audio('2001:db8::a', 4000));
    expect(placesOf(call.answer())).toEqual([`${ourSixth}:30000`]);
  });

  it('where we have no address in that family, it gets one of its signalling', () => {
    const call = new Call({ addresses: { v4: '', v6: '' } });
    call.offer(audio('2001:db8::a', 4000));
    expect([placesOf(call.answer()), call.at('caller')]).toEqual([[`${ourAddress}:30000`], 'nowhere']);
  });

  it('a phone that moves to another family gets a port there', () => {
    const call = new Call();
    call.offer();
    call.answer();
    call.reoffer('caller', audio('2001:db8::a', 4000), { source: '2001:db8::a' });
    expect(placesOf(call.answer('b', audio(calleeAddress, 5000), { family: 6, ownAddress: ourSixth }))).toEqual([`${ourSixth}:30004`]);
    expect(call.at('caller')).toBe('2001:db8::a:4000');
  });

  it('hold of RFC 2543 moves no port', () => {
    const call = new Call();
    call.offer(audio('2001:db8::a', 4000), { source: '2001:db8::a' });
    call.answer('b', audio(calleeAddress, 5000), { family: 6, ownAddress: ourSixth });
    call.reoffer('caller', audio('0.0.0.0', 4000), { source: '2001:db8::a' });
    expect(placesOf(call.answer('b', audio(calleeAddress, 5000), { family: 6, ownAddress: ourSixth }))).toEqual([`${ourSixth}:30000`]);
  });
});

describe('what goes wrong', () => {
  it.each(['', 'hello', audio('1.2.3.4', 4000).replaceAll('IP4', 'IP9'), audio(callerAddress, 70_000)])('an SDP that cannot be read passes untouched: %j', (sdp) => {
    const call = new Call();
    expect(call.pass({ sdp })).toEqual({ t: 'untouched', why: 'malformed' });
    expect([call.sessions.size, call.relay.streams.length]).toEqual([0, 0]);
  });

  it('an answer of a session that is gone passes untouched; an offer takes the call up', () => {
    const call = new Call();
    const gone = { t: 'untouched', why: 'unknown session' };
    expect([call.pass({ kind: 'answer', calleeTag: 'b' }), call.pass({ kind: 'prack', calleeTag: 'b' }), call.sessions.size]).toEqual([gone, gone, 0]);
    const other = new Call();
    other.reoffer('caller', audio(callerAddress, 4000));
    expect(placesOf(other.answer())).toEqual([`${ourAddress}:30000`]);
    other.sessions.end(id, 'b');
    expect(other.sessions.size).toBe(0);
    other.sessions.end(id, 'b');
    other.sessions.answered(id, 'b');
    expect([other.sessions.has(id), other.sessions.figures(id)]).toEqual([false, null]);
  });

  it('a call without ports is refused, and what it had is given back', () => {
    const call = new Call();
    call.relay.left[4] = 3;
    expect(call.pass({ sdp: audio(callerAddress, 4000, video(4002)) })).toEqual({ t: 'refused', why: 'ports' });
    expect([call.sessions.size, call.relay.live.length, call.records]).toEqual([0, 0, []]);
  });

  it('a stream more without ports leaves the call as it is', () => {
    const call = new Call();
    call.offer();
    call.answer();
    call.relay.left[4] = 0;
    expect(call.pass({ sdp: audio(callerAddress, 4000, video(4002)), calleeTag: 'b' })).toEqual({ t: 'refused', why: 'ports' });
    expect([call.relay.live.length, call.at('caller')]).toEqual([1, '192.0.2.1:4000']);
  });

  it('sessions are bounded', () => {
    const call = new Call({ maxSessions: 2 });
    for (const session of ['A1', 'A2']) call.offer(undefined, { session });
    expect(call.pass({ session: 'A3' })).toEqual({ t: 'refused', why: 'sessions' });
    expect(call.pass({ session: 'A1' }).t).toBe('edited');
  });

  it('without an address of ours a call is refused', () => {
    expect(new Call({ addresses: { v4: '', v6: '' } }).pass({ ownAddress: '' })).toEqual({ t: 'refused', why: 'ports' });
  });

  it('where our listeners show a name, media goes to the address that is set', () => {
    expect(placesOf(new Call({ addresses: { v4: '198.51.100.7', v6: '' } }).offer(undefined, { ownAddress: '' }))).toEqual(['198.51.100.7:30002']);
  });
});

describe('idle sessions', () => {
  const answered = (): Call => {
    const call = new Call();
    call.offer();
    call.answer();
    return call;
  };

  it('an answered call ends when no packet has come for so long', () => {
    const call = answered();
    call.nowMs += 59_000;
    call.sessions.sweep();
    expect(call.sessions.size).toBe(1);
    call.nowMs += 1_000;
    call.sessions.sweep();
    expect([call.told, call.relay.live.length]).toEqual([[`${id} idle`], 0]);
  });

  it('one side that sends keeps it, and the silence of the other is told once', () => {
    const call = answered();
    call.nowMs += 61_000;
    Object.assign(call.stream().idle, { caller: 20, callee: 60_500 });
    call.sessions.sweep();
    call.nowMs += 5_000;
    call.sessions.sweep();
    expect(call.told).toEqual([`${id} callee is silent`]);
    call.stream().idle.callee = 20;
    call.nowMs += 5_000;
    call.sessions.sweep();
    call.stream().idle.callee = 70_000;
    call.nowMs += 60_000;
    call.sessions.sweep();
    expect(call.told).toHaveLength(2);
  });

  it('is looked at only when it can be idle', () => {
    const call = answered();
    let looked = 0;
    const { figures } = call.stream();
    call.stream().figures = function (this: ReturnType<Call['stream']>) {
      looked++;
      return figures.call(this);
    };
    Object.assign(call.stream().idle, { caller: 20, callee: 10 });
    for (let seconds = 0; seconds < 300; seconds++) {
      call.nowMs += 1_000;
      call.sessions.sweep();
    }
    expect([looked, call.told]).toEqual([5, []]);
  });

  it('one on hold, and one that rings, stay', () => {
    const held = answered();
    held.reoffer('caller', audio(callerAddress, 4000, 'a=inactive'));
    held.answer('b', audio(calleeAddress, 5000, 'a=inactive'));
    const ringing = new Call();
    ringing.offer();
    for (const call of [held, ringing]) {
      call.nowMs += 3_599_000;
      call.sessions.sweep();
      expect([call.sessions.size, call.told]).toEqual([1, []]);
      call.nowMs += 1_000;
      call.sessions.sweep();
      expect(call.told).toEqual([`${id} idle`]);
    }
  });

  it('who only listens is not taken for silent', () => {
    const call = answered();
    call.reoffer('caller', audio(callerAddress, 4000, 'a=sendonly'));
    call.answer('b', audio(calleeAddress, 5000, 'a=recvonly'));
    call.nowMs += 61_000;
    Object.assign(call.stream().idle, { caller: 20, callee: -1 });
    call.sessions.sweep();
    expect([call.sessions.size, call.told]).toEqual([1, []]);
  });

  it('another idle time holds for calls that are there', () => {
    const call = answered();
    call.sessions.setIdleMs(5_000);
    call.nowMs += 5_000;
    call.sessions.sweep();
    expect(call.told).toEqual([`${id} idle`]);
  });
});

describe('figures', () => {
  it('show each stream with its kind', () => {
    const call = new Call();
    call.offer(audio(callerAddress, 4000, video(4002), 'm=x-own 4004 RTP/AVP 0'));
    expect(call.sessions.figures(id)).toMatchObject({ session: id, streams: [{ kind: 'audio' }, { kind: 'video' }, { kind: 'other' }] });
  });
});

describe('over a restart', () => {
  it('a call goes on with its ports, its callee and what was learned', () => {
    const before = new Call();
    before.offer();
    before.answer();
    before.stream().owner.learned('caller', { address: '203.0.113.77', port: 1234 });
    const record: unknown = JSON.parse(JSON.stringify(before.records.at(-1)));
    expect(record).toMatchObject({ session: id, tenant: 1, callId: 'call-1', callerTag: 'a', current: 'b' });
    if (!isSessionRecord(record)) throw new Error('not a record');
    const call = new Call();
    expect(call.sessions.restore([record])).toBe(1);
    expect(call.relay.learned).toEqual([{ caller: { address: '203.0.113.77', port: 1234 }, callee: null }]);
    expect([call.stream().ports, call.at('caller'), call.at('callee')]).toEqual([before.stream().ports, '192.0.2.1:4000', '203.0.113.1:5000']);
    expect(placesOf(call.reoffer('callee', audio(calleeAddress, 5002)))).toEqual([`${ourAddress}:30000`]);
    expect(JSON.stringify(call.records[0])).toBe(JSON.stringify(before.records.at(-1)));
    call.sessions.end(id, 'b');
    expect(call.told).toEqual([`${id} over`]);
  });

  it('a call whose ports are taken is over', () => {
    const before = new Call();
    before.offer();
    const call = new Call();
    call.relay.left[4] = 0;
    expect([call.sessions.restore([before.records.at(-1)!]), call.told, call.sessions.size]).toEqual([0, [`${id} over`], 0]);
  });

  it.each([null, 1, {}, { session: id }, { session: id, format: 0, streams: [], dialogs: [] }, { session: '', format: 1, streams: [], dialogs: [] }])('takes %j for no record', (value) => expect(isSessionRecord(value)).toBe(false));
});

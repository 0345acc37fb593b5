import { describe, expect, it } from 'vitest';
import { audio, Call, calleeAddress, callerAddress, ourAddress, placesOf } from './call.ts';

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

  it('sends nothing to our own ports of the session, which would come back for ever', () => {
    const call = new Call();
    call.offer(audio(ourAddress, 30_002, 'a=rtcp:30001'));
    expect([call.at('caller'), call.stream().expected.caller?.rtcp]).toEqual(['nowhere', null]);
  });

  it('sends media of a call to our port of another one, as a PBX asks that connects two of its calls directly, also where our address is forbidden', () => {
    const call = new Call({ forbidden: (address) => address === ourAddress });
    for (const session of ['Asession0001', 'Asession0002']) {
      call.offer(audio(callerAddress, 4000), { session });
      call.answer('b', audio(calleeAddress, 5000), { session });
    }
    call.reoffer('callee', audio(ourAddress, call.stream(1).port('callee').rtp), { session: 'Asession0001' });
    call.edited({ session: 'Asession0001', calleeTag: 'b', kind: 'answer' });
    expect(call.stream().expected.callee).toMatchObject({ rtp: { address: '127.0.0.1', port: call.stream(1).port('callee').rtp }, hosts: ['127.0.0.1'], latching: 'strict' });
    // Its SIP port, say.
    call.reoffer('callee', audio(ourAddress, 5060), { session: 'Asession0001' });
    call.edited({ session: 'Asession0001', calleeTag: 'b', kind: 'answer' });
    expect(call.at('callee')).toBe('nowhere');
  });

  it('lets no packet go round through several sessions', () => {
    const call = new Call();
    const sessions = ['Asession0001', 'Asession0002', 'Asession0003'];
    sessions.forEach((session, i) => {
      call.offer(audio(callerAddress, 4000), { session });
      // Towards the caller's port of the next one.
      call.answer('b', audio(ourAddress, 30_000 + 4 * ((i + 1) % sessions.length)), { session });
    });
    expect(sessions.map((_, i) => call.at('callee', i))).toEqual(['127.0.0.1:30004', '127.0.0.1:30008', 'nowhere']);
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
  it('are at most eight until somebody accepts: a stranger could take the ports of many calls by one INVITE', () => {
    const lines = (count: number): string => audio(callerAddress, 4000, ...Array.from({ length: count - 1 }, (_, i) => `m=video ${5000 + 2 * i} RTP/AVP 31`));
    expect(new Call().pass({ sdp: lines(9) })).toEqual({ t: 'refused', why: 'ports' });
    const call = new Call();
    call.offer(lines(8));
    expect(call.sessions.size).toBe(1);
  });

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

  it.each(['caller', 'callee'] as const)('ones that the %s offers 20 times and the other side never takes leave no ports in use, and agreed media goes on untouched', (from) => {
    const call = new Call();
    call.offer();
    call.answer();
    const { told } = call.stream();
    for (let i = 0; i < 20; i++) {
      call.reoffer(from, from === 'caller' ? audio(callerAddress, 4444, video(4002)) : audio(calleeAddress, 5555, video(5002)));
      expect(call.relay.live).toHaveLength(2);
      call.sessions.rejected(id, 'b', from === 'caller');
      expect(call.relay.live).toHaveLength(1);
    }
    expect([call.at('caller'), call.at('callee'), call.stream().told]).toEqual(['192.0.2.1:4000', '203.0.113.1:5000', told]);
    call.reoffer(from, audio(from === 'caller' ? callerAddress : calleeAddress, 6666));
    call.edited({ kind: 'answer', calleeTag: 'b', fromCaller: from === 'callee', sdp: audio(from === 'caller' ? calleeAddress : callerAddress, 7777) });
    expect([call.at('caller').slice(-4), call.at('callee').slice(-4)]).toEqual(from === 'caller' ? ['6666', '7777'] : ['7777', '6666']);
  });

  it('an offer that is rejected leaves the one of the other side, and the answers before', () => {
    const call = new Call();
    call.offer();
    call.answer();
    call.reoffer('callee', audio(calleeAddress, 5555, video(5002)));
    call.reoffer('caller', audio(callerAddress, 4444));
    call.sessions.rejected(id, 'b', true);
    call.sessions.rejected(id, 'nobody', false);
    call.sessions.rejected('Asession0009', 'b', false);
    call.edited({ kind: 'answer', calleeTag: 'b', sdp: audio(callerAddress, 4001, video(4003)) });
    expect([call.relay.live.length, call.at('caller'), call.at('callee', 1)]).toEqual([2, '192.0.2.1:4001', '203.0.113.1:5002']);
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

import { describe, expect, it } from 'vitest';
import { audio, Call, calleeAddress, callerAddress, ourAddress, ourSixth, placesOf } from './call.ts';

const id = 'Asession0001';

describe('forks', () => {
  const other = '203.0.113.2';

  it('media goes to the callee that answered last', () => {
    const call = new Call();
    call.offer();
    expect(call.answer('b', audio(calleeAddress, 5000), { final: false })).toBe(call.answer('c', audio(other, 6000), { final: false, source: other }).replace(other, calleeAddress));
    expect(call.at('callee')).toBe('203.0.113.2:6000');
  });

  it('one that accepted is not left for one that rings or accepts later, however late, but when it hangs up', () => {
    const call = new Call();
    call.offer();
    call.answer('b', audio(calleeAddress, 5000));
    call.answer('c', audio(other, 6000), { final: false, source: other });
    expect(call.at('callee')).toBe('203.0.113.1:5000');
    call.answer('c', audio(other, 6000), { source: other });
    expect(call.at('callee')).toBe('203.0.113.1:5000');
    call.sessions.end(id, 'b');
    expect([call.sessions.size, call.at('callee')]).toEqual([1, '203.0.113.2:6000']);
    call.sessions.end(id, 'c');
    expect([call.sessions.size, call.relay.live.length, call.told]).toEqual([0, 0, [`${id} call`]]);
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
    expect([call.sessions.size, call.told]).toEqual([0, [`${id} call`]]);
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
    for (const final of [false, true]) {
      for (let i = 0; i < 100; i++) call.answer(`fork${i}`, audio(other, 6000), { final });
      expect([call.records.at(-1)?.dialogs.length, call.at('callee')]).toEqual([16, '203.0.113.1:5000']);
    }
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

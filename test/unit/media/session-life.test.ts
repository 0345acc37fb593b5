import { describe, expect, it } from 'vitest';
import { isSessionRecord } from '../../../dataplane/media/session-record.ts';
import { audio, Call, calleeAddress, callerAddress, ourAddress, placesOf } from './call.ts';

const id = 'Asession0001';
const video = (port: number): string => `m=video ${port} RTP/AVP 31`;

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
    const late = { kind: 'offer', fromCaller: false, calleeTag: 'b', sdp: audio(calleeAddress, 5000), final: true } as const;
    call.edited({ ...late, joins: false });
    call.sessions.end(id, 'b');
    expect([call.pass({ ...late, joins: true }), call.sessions.size, call.relay.live.length]).toEqual([gone, 0, 0]);
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

  it('its streams hear whether its callees have refused the call, and so do those that it could not have all of', () => {
    const call = new Call();
    for (const [session, declined] of [['A1', true], ['A2', false]] as const) {
      call.offer(undefined, { session });
      call.sessions.end(session, '', declined);
    }
    call.relay.left[4] = 2;
    expect(call.pass({ session: 'A3', sdp: audio(callerAddress, 4000, video(4002)) }).t).toBe('refused');
    expect(call.relay.streams.map(({ open, declined }) => [open, declined])).toEqual([[false, true], [false, false], [false, true]]);
  });

  it('the streams of a caller that nothing proves are on trial until somebody accepts, or a later request proves it', () => {
    const call = new Call();
    const proven = (): boolean[] => call.relay.streams.map((stream) => stream.proven);
    const sessions = ['A1', 'A2', 'A3', 'A4'].map((session) => ({ session, proven: false }));
    for (const session of sessions) call.offer(undefined, session);
    call.offer(undefined, { session: 'A5' });
    call.answer('b', undefined, { ...sessions[0], final: false });
    expect(proven()).toEqual([false, false, false, false, true]);
    call.answer('b', undefined, sessions[0]);
    call.sessions.answered('A2', 'b');
    call.offer(undefined, { session: 'A3', kind: 'prack', calleeTag: 'b' });
    expect(proven()).toEqual([true, true, true, false, true]);
    call.reoffer('callee', audio(calleeAddress, 5000, video(5002)), sessions[0]);
    expect(proven()).toEqual([true, true, true, false, true, true]);
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

  it('one that an offer within a dialog took up, and that nobody answered, does not stay', () => {
    const call = new Call();
    call.reoffer('caller', audio(callerAddress, 4000));
    call.nowMs += 59_000;
    call.sessions.sweep();
    expect(call.sessions.size).toBe(1);
    call.nowMs += 2_000;
    call.sessions.sweep();
    expect([call.sessions.size, call.relay.live.length, call.told]).toEqual([0, 0, [`${id} idle`]]);
  });

  it('one that an offer within a dialog took up ends when that is rejected', () => {
    const call = new Call();
    call.reoffer('caller', audio(callerAddress, 4000));
    call.sessions.rejected(id, 'b', true);
    expect([call.sessions.size, call.relay.live.length, call.told]).toEqual([0, 0, [`${id} call`]]);
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
    expect(call.told).toEqual([`${id} call`]);
  });

  it('a call that rang ends within five minutes: its INVITE may have failed where nobody tells', () => {
    const before = new Call();
    before.offer();
    const call = new Call();
    call.sessions.restore([before.records.at(-1)!]);
    call.nowMs += 299_000;
    call.sessions.sweep();
    expect(call.sessions.size).toBe(1);
    call.nowMs += 2_000;
    call.sessions.sweep();
    expect([call.sessions.size, call.told]).toEqual([0, [`${id} idle`]]);
  });

  it('a call that rang is on trial, and one that was answered is not', () => {
    for (const answered of [false, true]) {
      const before = new Call();
      before.offer();
      if (answered) before.answer();
      const call = new Call();
      call.sessions.restore([before.records.at(-1)!]);
      expect(call.stream().proven).toBe(answered);
    }
  });

  it('a call whose ports are taken is over', () => {
    const before = new Call();
    before.offer();
    const call = new Call();
    call.relay.left[4] = 0;
    expect([call.sessions.restore([before.records.at(-1)!]), call.told, call.sessions.size]).toEqual([0, [`${id} lost`], 0]);
  });

  it.each<object>([{ streams: [null] }, { streams: [{}] }, { dialogs: [null] }, { dialogs: [{ tag: 'b' }], current: 'b' }])('a record that is damaged (%j) costs its call and no other', (damage) => {
    const before = new Call();
    before.offer();
    before.answer();
    const whole = before.records.at(-1)!;
    const call = new Call();
    expect(call.sessions.restore([{ ...structuredClone(whole), ...damage, session: 'Asession0002' }, whole])).toBe(1);
    expect([call.sessions.size, call.relay.live.length, call.told]).toEqual([1, 1, ['Asession0002 lost']]);
  });

  it.each([null, 1, {}, { session: id }, { session: id, format: 0, callId: 'c', streams: [], dialogs: [] }, { session: id, format: 1, streams: [], dialogs: [] }, { session: '', format: 1, callId: 'c', streams: [], dialogs: [] }])('takes %j for no record', (value) => expect(isSessionRecord(value)).toBe(false));
});

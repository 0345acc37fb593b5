import { describe, expect, it } from 'vitest';
import type { SdpPassage } from '../../../../dataplane/media/passage.ts';
import { Forks } from '../../../../dataplane/media/rtpengine/forks.ts';

const passage = (over: Partial<SdpPassage>): SdpPassage => ({
  session: 'AAAAAAAAAAAA', tenant: 1, callId: 'c', callerTag: 'x', calleeTag: '', fromCaller: false, kind: 'answer', final: false, proven: true, sdp: 'v=0', source: '192.0.2.1', family: 4, ownAddress: '192.0.2.9',
  latching: 'sdp', hideOrigin: false, ...over,
});
const ringing = (calleeTag: string): SdpPassage => passage({ calleeTag });
const answering = (calleeTag: string): SdpPassage => passage({ calleeTag, final: true });

describe('forks of a call', () => {
  it('media goes to the callee that answered last', () => {
    const forks = new Forks();
    expect([forks.passed(ringing('a'), 'answer'), forks.passed(ringing('b'), 'answer'), forks.passed(answering('a'), 'answer')]).toEqual([null, null, null]);
    expect(forks.answered).toBe(true);
  });

  it('the first 2xx beats provisional responses and other 2xx that come later', () => {
    const forks = new Forks();
    const winner = answering('a');
    forks.passed(winner, 'answer');
    expect(forks.passed(ringing('b'), 'answer')).toEqual({ passage: winner, exchange: 'answer' });
    expect(forks.passed(answering('c'), 'answer')).toEqual({ passage: winner, exchange: 'answer' });
    expect(forks.answeredWithout('b')).toBeNull();
    expect(forks.passed(answering('a'), 'answer')).toBeNull();
  });

  it('a 2xx without SDP makes the early dialog hold', () => {
    const forks = new Forks();
    const first = ringing('a');
    forks.passed(first, 'answer');
    forks.passed(ringing('b'), 'answer');
    expect(forks.answeredWithout('a')).toEqual({ passage: first, exchange: 'answer' });
    expect(forks.answeredWithout('a')).toBeNull();
    expect(forks.answered).toBe(true);
  });

  it('of two that answered, the one that stays has the media again', () => {
    const forks = new Forks();
    const second = answering('b');
    forks.passed(answering('a'), 'answer');
    forks.passed(second, 'answer');
    expect(forks.left('a')).toEqual({ passage: second, exchange: 'answer' });
    expect(forks.left('b')).toBe('ends');
  });

  it('ends with the last that answered, whoever rang beside it', () => {
    const forks = new Forks();
    forks.passed(ringing('a'), 'answer');
    forks.passed(ringing('b'), 'answer');
    forks.passed(answering('c'), 'answer');
    expect(forks.left('b')).toBeNull();
    expect(forks.left('c')).toBe('ends');
  });

  it('goes on when an early dialog or an unknown one ends: somebody else may answer yet', () => {
    const forks = new Forks();
    forks.passed(passage({ fromCaller: true, kind: 'offer' }), 'offer');
    expect(forks.left('x')).toBeNull();
    forks.passed(ringing('a'), 'answer');
    expect(forks.left('a')).toBeNull();
  });

  it('that a callee began ends with it', () => {
    const forks = new Forks();
    forks.passed(passage({ calleeTag: 'a', kind: 'offer' }), 'offer');
    expect(forks.left('a')).toBe('ends');
  });

  it('a PRACK answers the offer of the response before it, else it offers', () => {
    const forks = new Forks();
    const prack = passage({ calleeTag: 'a', fromCaller: true, kind: 'prack' });
    expect(forks.exchangeOf(prack)).toBe('offer');
    forks.passed(passage({ calleeTag: 'a', kind: 'offer' }), 'offer');
    expect(forks.exchangeOf({ ...prack, calleeTag: 'b' })).toBe('offer');
    expect(forks.exchangeOf(prack)).toBe('answer');
    forks.passed(prack, 'answer');
    expect(forks.exchangeOf(prack)).toBe('offer');
    forks.passed(passage({ calleeTag: 'a', kind: 'offer' }), 'offer');
    forks.rejected('a');
    expect(forks.exchangeOf(prack)).toBe('offer');
  });

  it('are known to the next process', () => {
    const forks = new Forks();
    forks.passed(passage({ calleeTag: 'a', kind: 'offer' }), 'offer');
    forks.passed(answering('b'), 'answer');
    const later = new Forks(forks.offered, JSON.parse(JSON.stringify(forks.records)) as typeof forks.records);
    expect(later.records).toEqual([{ tag: 'a', final: false, offering: true }, { tag: 'b', final: true, offering: false }]);
    expect(later.left('b')).toBe('ends');
  });

  it('are sixteen at most: early ones give way', () => {
    const forks = new Forks();
    forks.passed(answering('winner'), 'answer');
    for (const passage of [ringing, answering]) {
      for (let n = 0; n < 40; n++) forks.passed(passage(`r${n}`), 'answer');
      expect(forks.records).toHaveLength(16);
      expect(forks.records[0]?.tag).toBe('winner');
    }
  });
});

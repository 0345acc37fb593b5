import { describe, expect, it } from 'vitest';
import { answerTo, request } from './edge.ts';
import { backend, bodyOf, invite, phone, ringing, sdp, session, start, up, withBody } from './media-edge.ts';

describe('a media session', () => {
  it('ends with the INVITE that fails', () => {
    const { edge, threads, sent } = ringing();
    edge.receive(answerTo(sent, 486), ...backend);
    expect(edge.take().at(-1)?.message.status).toBe(486);
    expect(threads.ended).toEqual([[session, '']]);
  });

  it.each([[302, true], [401, true], [486, true], [603, true], [408, false], [487, false], [500, false], [503, false]])('is told, by a failure with %i, whether nobody will send to its ports: %s', (status, declined) => {
    const { edge, threads, sent } = ringing({ on: [] });
    edge.receive(answerTo(sent, status), ...backend);
    expect([threads.ended, threads.declined]).toEqual([[[session, '']], declined]);
  });

  it('is told that somebody may send yet where one callee has refused and another was silent', () => {
    const { edge, threads } = ringing();
    edge.advance(6_000);
    const second = edge.take().findLast(({ target }) => target.address === '10.0.0.2');
    if (second === undefined) throw new Error('the second one was not called');
    edge.receive(answerTo(second, 401), '10.0.0.2', 5060);
    expect([threads.ended, threads.declined]).toEqual([[[session, '']], false]);
  });

  it('ends with an INVITE that is cancelled while its SDP is away, and nothing is sent', () => {
    const { edge, threads } = start();
    edge.receive(invite(), ...phone);
    edge.receive(request('CANCEL', { branch: 'INVITE-1' }), ...phone);
    expect(edge.take().map(({ message }) => message.status)).toEqual([200, 487]);
    threads.answer(sdp('192.0.2.1'));
    expect(edge.take()).toEqual([]);
    expect(threads.ended).toEqual([[session, '']]);
  });

  it('ends with the BYE, from either side, that is accepted', () => {
    const { edge, threads, route } = up();
    edge.receive(request('BYE', { uri: 'sip:1001@10.0.0.1:5060', toTag: 'callee', cseq: 2, branch: 'bye', headers: route }), ...phone);
    expect(threads.ended).toEqual([]);
    edge.receive(answerTo(edge.one(), 200), ...backend);
    expect(threads.ended).toEqual([[session, 'callee']]);
  });

  it('goes on with a re-INVITE of the callee, at a process that has never seen the call', () => {
    const { route } = up();
    const { edge, threads } = start();
    const text = withBody(request('INVITE', { uri: 'sip:alice@198.51.100.7:5060', toTag: 'alice', cseq: 7, branch: 're', headers: route, to: 'sip:alice@acme.example' }), sdp('10.0.0.1'))
      .replace('From: <sip:alice@acme.example>;tag=alice', 'From: <sip:1001@acme.example>;tag=callee');
    edge.receive(text, ...backend);
    expect(threads.passed).toMatchObject([{ session, fromCaller: false, callerTag: 'alice', calleeTag: 'callee', kind: 'offer', source: '10.0.0.1' }]);
    threads.answer(sdp('192.0.2.1'));
    const sent = edge.one();
    expect(bodyOf(sent)).toBe(sdp('192.0.2.1'));
    edge.receive(withBody(answerTo(sent, 200), sdp('198.51.100.7')), ...phone);
    expect(threads.passed[1]).toMatchObject({ session, fromCaller: true, callerTag: 'alice', calleeTag: 'callee', kind: 'answer', source: '198.51.100.7' });
  });

  it('has no candidates of its ends that come later, by INFO', () => {
    const { edge, route } = up();
    const fragment = (candidate: string): string => `a=ice-ufrag:abcd\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n${candidate}a=end-of-candidates\r\n`;
    const info = withBody(request('INFO', { uri: 'sip:1001@10.0.0.1:5060', toTag: 'callee', cseq: 3, branch: 'info', headers: route }), fragment('a=candidate:2 1 UDP 1694498815 203.0.113.5 5000 typ srflx\r\n'));
    edge.receive(info.replace('application/sdp', 'application/trickle-ice-sdpfrag'), ...phone);
    const sent = edge.one();
    expect(bodyOf(sent)).toBe(fragment(''));
    expect(sent.message.header('content-length')).toBe(String(fragment('').length));
  });

  it.each([['ACK', 'answer'], ['PRACK', 'prack'], ['UPDATE', 'offer']])('takes the SDP of %s as %s', (method, kind) => {
    const { edge, threads, route } = up();
    edge.receive(withBody(request(method, { uri: 'sip:1001@10.0.0.1:5060', toTag: 'callee', cseq: 3, branch: method, headers: route }), sdp('198.51.100.7')), ...phone);
    expect(threads.passed.at(-1)).toMatchObject({ session, fromCaller: true, calleeTag: 'callee', kind });
    threads.answer(sdp('192.0.2.1'));
    expect(bodyOf(edge.one())).toBe(sdp('192.0.2.1'));
  });

  it('whose engine fails in a call refuses the re-INVITE and lets the ACK go', () => {
    const { edge, threads, route } = up();
    edge.receive(withBody(request('INVITE', { uri: 'sip:1001@10.0.0.1:5060', toTag: 'callee', cseq: 3, branch: 're', headers: route }), sdp('198.51.100.7')), ...phone);
    threads.answer({ t: 'refused', why: 'engine' });
    expect(edge.one().message.status).toBe(503);
    edge.receive(withBody(request('ACK', { uri: 'sip:1001@10.0.0.1:5060', toTag: 'callee', cseq: 1, branch: 'ack', headers: route }), sdp('198.51.100.7')), ...phone);
    threads.answer({ t: 'refused', why: 'engine' });
    expect(edge.one().message.method).toBe('ACK');
    expect(threads.ended).toEqual([]);
  });

  /** An offer of the caller's within the call, on its way to the callee. */
  function reoffered(method = 'INVITE'): ReturnType<typeof up> & { readonly again: ReturnType<typeof up>['sent'] } {
    const call = up();
    call.edge.receive(withBody(request(method, { uri: 'sip:1001@10.0.0.1:5060', toTag: 'callee', cseq: 3, branch: 're', headers: call.route }), sdp('198.51.100.7')), ...phone);
    call.threads.answer(sdp('192.0.2.1'));
    return { ...call, again: call.edge.one() };
  }
  const declined = [[session, 'callee', true]];

  it.each([['INVITE', 488], ['INVITE', 491], ['UPDATE', 488], ['UPDATE', 504]])('takes an offer back whose %s gets %i', (method, status) => {
    const { edge, threads, again } = reoffered(method);
    edge.receive(answerTo(again, status), ...backend);
    expect([threads.rejections, threads.ended]).toEqual([declined, []]);
  });

  it.each(['INVITE', 'UPDATE'])('takes an offer back whose %s gets no answer', (method) => {
    const { edge, threads } = reoffered(method);
    edge.advance(200_000);
    expect([threads.rejections, threads.ended]).toEqual([declined, []]);
  });

  it('takes an offer back whose INVITE is cancelled', () => {
    const { edge, threads, again, route } = reoffered();
    edge.receive(answerTo(again, 180), ...backend);
    edge.receive(request('CANCEL', { uri: 'sip:1001@10.0.0.1:5060', toTag: 'callee', cseq: 3, branch: 're', headers: route }), ...phone);
    expect(threads.rejections).toEqual([]);
    edge.receive(answerTo(again, 487), ...backend);
    expect([threads.rejections, threads.ended]).toEqual([declined, []]);
  });

  it('keeps an offer that was taken, and hears nothing of a request without one that fails', () => {
    const { edge, threads, again } = reoffered();
    edge.receive(withBody(answerTo(again, 200), sdp('10.0.0.1')), ...backend);
    threads.answer(sdp('192.0.2.1'));
    const other = up();
    other.edge.receive(request('UPDATE', { uri: 'sip:1001@10.0.0.1:5060', toTag: 'callee', cseq: 3, branch: 're', headers: other.route }), ...phone);
    other.edge.receive(answerTo(other.edge.one(), 500), ...backend);
    expect([threads.rejections, other.threads.rejections]).toEqual([[], []]);
  });
});

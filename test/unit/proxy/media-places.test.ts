/** INVITEs that go to several places, of which not all get ports. */
import { describe, expect, it } from 'vitest';
import { defaultSetting } from '../../../dataplane/contract/rows.ts';
import { answerTo, destination, request, tcp, udp, type Edge, type Sent } from './edge.ts';
import { backend, bodyOf, invite, phone, sdp, start, udp6, withBody, type Threads } from './media-edge.ts';

describe('an INVITE that goes on to a place of the other family', () => {
  /** The first place was given up; the SDP for the second is away. */
  function movedOn(fail: (edge: Edge, sent: Sent) => void): { edge: Edge; threads: Threads } {
    const { edge, threads } = start({ destinations: [destination(1, 'sip:pbx.example')] }, 'relay', [udp, tcp, udp6]);
    edge.locateDestination(1, '10.1.0.1', '2001:db8::9');
    edge.receive(invite(), ...phone);
    threads.answer(sdp('192.0.2.1'));
    fail(edge, edge.one());
    expect(threads.passed.map(({ family }) => family)).toEqual([4, 6]);
    return { edge, threads };
  }

  it.each<[string, (edge: Edge, sent: Sent) => void]>([
    ['refused', (_edge, sent) => sent.owner?.sendFailed('ECONNREFUSED')], ['silent', (edge) => edge.advance(5_100)], ['busy', (edge, sent) => edge.receive(answerTo(sent, 503), '10.1.0.1', 5060)],
  ])('waits for its SDP there, when the first one was %s', (_how, fail) => {
    const { edge, threads } = movedOn(fail);
    expect(edge.take().filter(({ message }) => message.status >= 200)).toEqual([]);
    threads.answer(sdp('2001:db8::1'));
    const sent = edge.one();
    expect([sent.target.address, bodyOf(sent)]).toEqual(['2001:db8::9', sdp('2001:db8::1')]);
  });

  it('ends when the caller gives up meanwhile', () => {
    const { edge } = movedOn((at, sent) => at.receive(answerTo(sent, 503), '10.1.0.1', 5060));
    edge.take();
    edge.receive(request('CANCEL', { branch: 'INVITE-1' }), ...phone);
    expect(edge.take().map(({ message }) => message.status)).toEqual([200, 487]);
  });
});

describe('a fork without ports in its family', () => {
  it.each(['refuse', 'direct'] as const)('takes nothing from the one that rings (%s)', (exhausted) => {
    const { edge, threads } = start({ algorithm: 12, destinations: [destination(1, 'sip:10.0.0.1:5060'), destination(2, 'sip:[2001:db8::9]:5060')], setting: { media: { ...defaultSetting.media, exhausted } } }, 'relay', [udp, tcp, udp6]);
    edge.receive(invite(), ...phone);
    expect(new Set(threads.passed.map(({ family }) => family))).toEqual(new Set([4, 6]));
    const four = threads.passed.findIndex(({ family }) => family === 4);
    threads.answer(sdp('192.0.2.1'), four);
    const sent = edge.one();
    threads.answer({ t: 'refused', why: 'ports' });
    expect([edge.take(), threads.ended]).toEqual([[], []]);
    edge.receive(withBody(answerTo(sent, 200), sdp('10.0.0.1')), ...backend);
    threads.answer(sdp('192.0.2.1'));
    expect(bodyOf(edge.one())).toBe(sdp('192.0.2.1'));
  });
});

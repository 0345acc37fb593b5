import { describe, expect, it } from 'vitest';
import type { Latching, SdpPassage } from '../../../../dataplane/media/passage.ts';
import { passageFields, readVerdict, trustsSdp } from '../../../../dataplane/media/rtpengine/ng-messages.ts';
import { scanSdp, type Sdp } from '../../../../dataplane/sip/sdp.ts';
import { writeSdp } from '../../../harness/sdp-text.ts';

function sdpAt(address: string): Sdp {
  const sdp = scanSdp(writeSdp({ address, port: 4_000 }));
  if (sdp === null) throw new Error('no SDP');
  return sdp;
}

describe('where media is expected', () => {
  it.each<[string, string, Latching, boolean]>([
    ['192.0.2.1', '192.0.2.1', 'sdp', true],
    // A carrier's media gateway is another host than its proxy.
    ['198.51.100.7', '192.0.2.1', 'sdp', true], ['10.0.0.7', '10.9.9.1', 'sdp', true],
    ['10.0.0.7', '192.0.2.1', 'sdp', false], ['192.168.1.2', '192.0.2.1', 'loose', false], ['172.31.0.1', '192.0.2.1', 'sdp', false], ['172.32.0.1', '192.0.2.1', 'sdp', true], ['100.64.3.1', '192.0.2.1', 'sdp', false],
    ['fd00::1', '2001:db8::1', 'sdp', false], ['2001:db8::5', '2001:db8::1', 'sdp', true],
    ['10.0.0.7', '192.0.2.1', 'strict', true], ['0.0.0.0', '192.0.2.1', 'sdp', true],
  ])('SDP %s from %s, %s: by the SDP %s', (address, source, latching, trusted) => {
    expect(trustsSdp(sdpAt(address), { source, latching }, () => false)).toBe(trusted);
  });
});

describe('an address that no stranger may send us to', () => {
  const forbidden = (address: string): boolean => address.startsWith('127.');
  it.each<[string, string, Latching, boolean]>([['127.0.0.1', '192.0.2.1', 'sdp', false], ['127.0.0.1', '192.0.2.1', 'strict', false], ['127.0.0.1', '127.0.0.2', 'sdp', true], ['192.0.2.7', '192.0.2.1', 'sdp', true]])('SDP %s from %s, %s: by the SDP %s', (address, source, latching, trusted) => {
    expect(trustsSdp(sdpAt(address), { source, latching }, forbidden)).toBe(trusted);
  });
});

const passage = (over: Partial<SdpPassage> = {}): SdpPassage => ({
  session: 'AAAAAAAAAAAA', tenant: 1, callId: 'c', callerTag: 'x', calleeTag: 'y', fromCaller: true, kind: 'offer', final: false, proven: true, sdp: 'v=0', source: '2001:db8::1', family: 4, ownAddress: '192.0.2.9',
  latching: 'sdp', hideOrigin: false, ...over,
});

describe('a command', () => {
  it.each([
    [true, 'offer', 'caller', 'callee'], [false, 'answer', 'caller', 'callee'], [false, 'offer', 'callee', 'caller'], [true, 'answer', 'callee', 'caller'],
  ] as const)('from the caller %s, %s: the tags say who offered', (fromCaller, exchange, from, to) => {
    expect(passageFields(passage({ fromCaller }), exchange, true)).toMatchObject({ command: exchange, 'call-id': 'AAAAAAAAAAAA', 'from-tag': from, 'to-tag': to });
  });

  it('says families, source, latching and whether o= is replaced', () => {
    expect(passageFields(passage(), 'offer', true)).toMatchObject({
      'address-family': 'IP4', 'received-from': ['IP6', '2001:db8::1'], replace: ['session-connection'], flags: ['trust-address', 'strict-source', 'endpoint-learning-heuristic', 'original-sendrecv', 'port-latching'],
    });
    const other = passageFields(passage({ hideOrigin: true, family: 6, latching: 'strict', source: '192.0.2.1' }), 'offer', false);
    expect(other).toMatchObject({ 'address-family': 'IP6', 'received-from': ['IP4', '192.0.2.1'], replace: ['session-connection', 'origin'] });
    expect(other['flags']).toEqual(expect.arrayContaining(['SIP-source-address', 'endpoint-learning-off']));
    expect(passageFields(passage({ latching: 'loose' }), 'offer', true)['flags']).toContain('endpoint-learning-delayed');
  });
});

describe('an answer', () => {
  const answer = (fields: Record<string, string>) => readVerdict(new Map(Object.entries(fields)));
  it.each([
    ['Unknown call-id', { t: 'lost' }], ['Ran out of ports', { t: 'full', why: 'ports' }], ['Parallel session limit reached', { t: 'full', why: 'sessions' }],
    ['Failed to parse SDP', { t: 'untouched', why: 'malformed' }], ['Incomplete SDP specification', { t: 'untouched', why: 'malformed' }], ['Invalid dialogue association', { t: 'refused', why: 'engine' }],
  ])('%s', (reason, verdict) => {
    expect(answer({ result: 'error', 'error-reason': reason })).toEqual(verdict);
  });

  it('with an SDP is what goes on; without one it is nothing', () => {
    expect(answer({ result: 'ok', sdp: 'v=0\r\n' })).toEqual({ t: 'edited', sdp: 'v=0\r\n' });
    expect(answer({ result: 'ok' })).toEqual({ t: 'refused', why: 'engine' });
    expect(answer({})).toEqual({ t: 'refused', why: 'engine' });
  });
});

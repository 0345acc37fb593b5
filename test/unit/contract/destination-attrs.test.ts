import { describe, expect, it } from 'vitest';
import { attrFaults, readAttrs } from '../../../dataplane/contract/destination-attrs.ts';
import { readSocket } from '../../../dataplane/contract/socket.ts';

describe('attributes of a destination', () => {
  it('have defaults when there are none, or none with a meaning', () => {
    const none = readAttrs({});
    expect(none).toEqual({
      relativeWeight: null, maxLoad: 0, duid: '', congestionControl: false, socket: null, socketName: '', pingFrom: '', outboundProxy: '', overloadMin: 0, overloadMax: 100, overloadRate: 0, latencyMs: -1,
    });
    // One object for the many that have none.
    expect(readAttrs({ 'my-own': 'x', constructor: 'y' })).toBe(none);
  });

  it('are read by Kamailio\'s names', () => {
    expect(readAttrs({
      rweight: '60', maxload: '200', duid: 'pbx-1', cc: '1', socket: 'udp:192.0.2.1:5060', sockname: 'lan', ping_from: 'sip:ping@edge.example', obproxy: 'sip:192.0.2.9;transport=tcp', ocmin: '5', ocmax: '80', ocrate: '10', latency: '25', mine: 'kept',
    })).toEqual({
      relativeWeight: 60, maxLoad: 200, duid: 'pbx-1', congestionControl: true, socket: { transport: 'udp', family: 4, address: '192.0.2.1', port: 5060 }, socketName: 'lan', pingFrom: 'sip:ping@edge.example',
      outboundProxy: 'sip:192.0.2.9;transport=tcp', overloadMin: 5, overloadMax: 80, overloadRate: 10, latencyMs: 25,
    });
  });

  it.each([
    ['rweight', '-1'], ['rweight', '70000'], ['maxload', 'many'], ['maxload', ''], ['cc', 'yes'], ['socket', '192.0.2.1:5060'], ['sockname', 'a b'], ['ping_from', 'ping'], ['obproxy', 'sip:bob@192.0.2.1'], ['ocmin', '101'], ['ocmax', '1e2'], ['ocrate', '5.5'],
    ['latency', '60001'], ['duid', 'a b'],
  ])('%s=%j counts as absent, and is a fault', (name, value) => {
    expect(readAttrs({ [name]: value })).toEqual(readAttrs({}));
    expect(attrFaults({ [name]: value, other: '' })).toEqual([{ name, message: expect.stringMatching(/^must be /) }]);
  });

  it('are faultless otherwise, but for a minimum above the maximum', () => {
    expect(attrFaults({ rweight: '1', anything: 'goes' })).toEqual([]);
    expect(attrFaults({ ocmin: '50', ocmax: '40' })).toEqual([{ name: 'ocmin', message: 'must be at most ocmax (40)' }]);
  });
});

describe('a socket', () => {
  it.each([
    ['udp:192.0.2.1:5060', 4, '192.0.2.1', 5060], ['TCP:192.0.2.1', 4, '192.0.2.1', 0], ['tls:[2001:DB8::1]:5061', 6, '2001:db8::1', 5061], ['wss:[::1]', 6, '::1', 0],
  ])('%s is read', (text, family, address, port) => {
    expect(readSocket(text)).toEqual({ transport: text.slice(0, text.indexOf(':')).toLowerCase(), family, address, port });
  });

  it.each(['', 'udp', 'udp:', 'sctp:192.0.2.1:5060', 'udp:host:5060', 'udp:192.0.2.256', 'udp:2001:db8::1:5060', 'udp:[192.0.2.1]:5060', 'udp:192.0.2.1:70000', 'udp:192.0.2.1:', 'udp:192.0.2.1:5060/x'])('%j is none', (text) => {
    expect(readSocket(text)).toBeNull();
  });
});

import { describe, expect, test } from 'vitest';
import { ReceivedBy } from '../../../dataplane/transport/flow.ts';
import type { Flow, Target } from '../../../dataplane/transport/flow.ts';
import { responseTarget } from '../../../dataplane/transport/response-target.ts';
import { listener, parse, requestText } from '../transaction/network.ts';

const target = (via: string, flow: Flow, forceRport = false): Target =>
  responseTarget(parse(requestText('OPTIONS', { via: `${via};branch=z9hG4bK1` })).topVia!, flow, forceRport);
const shown = ({ transport, address, port, connection }: Target): string => `${transport} ${address} ${port} ${connection}`;

describe('UDP (RFC 3261 §18.2.2, RFC 3581 §4)', () => {
  const flow = new ReceivedBy(listener('udp'), 4, '198.51.100.7', 40_000, 0);

  test.each([
    ['SIP/2.0/UDP 198.51.100.7:5070', 'udp 198.51.100.7 5070 0'],
    ['SIP/2.0/UDP 198.51.100.7', 'udp 198.51.100.7 5060 0'],
    ['SIP/2.0/UDP 10.9.8.7:5070', 'udp 198.51.100.7 5070 0'],
    ['SIP/2.0/UDP 10.9.8.7:5070;rport', 'udp 198.51.100.7 40000 0'],
    ['SIP/2.0/UDP 10.9.8.7:5070;rport=9', 'udp 198.51.100.7 40000 0'],
    ['SIP/2.0/UDP phone.invalid:40000', 'udp 198.51.100.7 40000 0'],
    ['SIP/2.0/UDP 198.51.100.7;maddr=203.0.113.66', 'udp 198.51.100.7 5060 0'],
    ['SIP/2.0/UDP 198.51.100.7;received=203.0.113.66', 'udp 198.51.100.7 5060 0'],
  ])('%s → %s', (via, wanted) => {
    expect(shown(target(via, flow))).toBe(wanted);
  });

  test('forced: always the source port, by the very flow', () => {
    expect(target('SIP/2.0/UDP 10.9.8.7:5070', flow, true)).toBe(flow);
  });

  test('leaves by the socket it came by', () => {
    expect(target('SIP/2.0/UDP 10.9.8.7:5070', flow).listener).toBe(flow.listener);
  });
});

test('TCP: the connection of the request, with the sent-by port for a new one', () => {
  const flow = new ReceivedBy(listener('tcp'), 6, '2001:db8::7', 40_000, 12);
  expect(shown(target('SIP/2.0/TCP [2001:db8::7]:5070;rport', flow))).toBe('tcp 2001:db8::7 5070 12');
  expect(shown(target('SIP/2.0/TCP phone.invalid', flow, true))).toBe('tcp 2001:db8::7 5060 12');
});

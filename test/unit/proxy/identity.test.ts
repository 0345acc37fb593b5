import { describe, expect, it } from 'vitest';
import { NodeIdentity, type InterfaceAddress } from '../../../dataplane/proxy/identity.ts';
import { parseSipUri } from '../../../dataplane/sip/uri.ts';
import type { Listener } from '../../../dataplane/transport/flow.ts';

const listener = (id: number, family: 4 | 6, address: string, more: Partial<Listener> = {}): Listener => ({
  id, transport: 'udp', family, address, port: 5060, advertisedHost: address, advertisedPort: 5060, hostIsFixed: false, hostPort: `${address}:5060`, backend: false, ...more,
});
const interfaces: InterfaceAddress[] = [
  { family: 4, address: '127.0.0.1', cidr: '127.0.0.1/8', loopback: true },
  { family: 6, address: '::1', cidr: '::1/128', loopback: true },
  { family: 6, address: 'fe80::5', cidr: 'fe80::5/64', loopback: false },
  { family: 6, address: '2001:db8::7', cidr: '2001:db8::7/64', loopback: false },
  { family: 4, address: '192.0.2.1', cidr: '192.0.2.1/24', loopback: false },
  { family: 4, address: '10.1.0.1', cidr: '10.1.0.1/16', loopback: false },
];
const any4 = listener(0, 4, '0.0.0.0');
const any6 = listener(1, 6, '::');
const named = listener(2, 4, '10.1.0.1', { port: 5070, advertisedHost: 'sip.example', advertisedPort: 5080, hostIsFixed: true, hostPort: 'sip.example:5080' });
const identity = new NodeIdentity([any4, any6, named], ['edge.example'], interfaces);
const means = (text: string): boolean => {
  const uri = parseSipUri(text);
  if (uri === null) throw new Error(`no URI: ${text}`);
  return identity.means(uri);
};

describe('a wildcard listener shows', () => {
  it.each([
    ['the address on the peer’s network', '10.1.200.9', '10.1.0.1:5060'], ['loopback to loopback', '127.0.0.9', '127.0.0.1:5060'],
    ['an outside address to strangers', '203.0.113.1', '192.0.2.1:5060'],
  ])('%s', (_, peer, shown) => {
    expect(identity.hostPort(any4, peer)).toBe(shown);
    expect(identity.hostPort(any4, peer)).toBe(shown);
  });

  it('no link-local address to strangers, in brackets', () => {
    expect(identity.hostPort(any6, '2001:db8:ffff::1')).toBe('[2001:db8::7]:5060');
    expect(identity.hostPort(any6, 'fe80::99')).toBe('[fe80::5]:5060');
    expect(identity.hostPort(any6, '::1')).toBe('[::1]:5060');
  });
});

it('a configured address is shown to everybody', () => expect(identity.hostPort(named, '127.0.0.1')).toBe('sip.example:5080'));

describe('what means this node', () => {
  it.each([
    'sip:192.0.2.1', 'sip:192.0.2.1:5060', 'sip:x@10.1.0.1;lr', 'sip:edge.example', 'sip:EDGE.example:5070', 'sip:edge.example:5080', 'sip:sip.example:5080', 'sip:10.1.0.1:5070',
    'sip:[2001:db8::7]', 'sip:[2001:DB8:0:0:0:0:0:7]:5060', 'sip:[0:0:0:0:0:0:0:1]',
  ])('%s', (uri) => expect(means(uri)).toBe(true));
  it.each(['sip:192.0.2.1:5061', 'sips:192.0.2.1', 'sip:192.0.2.2', 'sip:sip.example', 'sip:other.example', 'sip:[2001:db8::8]', 'sip:edge.example:5090'])('not %s', (uri) => expect(means(uri)).toBe(false));
});

import { describe, expect, it } from 'vitest';
import { parseVia } from '../../../dataplane/sip/via.ts';
import { viaWithSource } from '../../../dataplane/sip/via-source.ts';

const parse = (text: string) => parseVia(text, 0, text.length, 0, text.length);
const viaOf = (text: string) => {
  const via = parse(text);
  if (via === null) throw new Error(`refused ${text}`);
  return via;
};

describe('parseVia', () => {
  it.each([
    ['SIP/2.0/UDP h', { transport: 'UDP', host: 'h', port: 0, sentBy: 'h', branch: '', received: '', rport: -1 }],
    ['SIP/2.0/TCP h:5061;branch=z9hG4bK1;rport', { transport: 'TCP', port: 5061, sentBy: 'h:5061', branch: 'z9hG4bK1', rport: 0 }],
    ['SIP/2.0/UDP [2001:db8::1]:5061;received=[2001:db8::2];RPORT=4000', { host: '2001:db8::1', sentBy: '[2001:db8::1]:5061', received: '2001:db8::2', rport: 4000 }],
    ['SIP / 2.0 /\r\n UDP\t h : 5 ; branch = x ', { transport: 'UDP', host: 'h', port: 5, branch: 'x' }],
    ['SIP/2.0/UDP h;branch=a;branch=b;received=1.1.1.1;received=2.2.2.2;rport=1;rport=2;rx;bx', { branch: 'a', received: '1.1.1.1', rport: 1 }],
  ])('%s', (text, expected) => expect(parse(text)).toMatchObject(expected));

  it.each([
    '', 'SIP', 'SIP/2.0', 'SIP/2.0/', 'SIP/2.0/UDP', 'SIP/2.0/UDP ', 'SIP/2.0/UDP ;x', '/2.0/UDP h', 'SIP//UDP h', 'SIP/2.0/UDP [::1', 'SIP/2.0/UDP []', 'SIP/2.0/UDP h:', 'SIP/2.0/UDP h:0',
    'SIP/2.0/UDP h:70000', 'SIP/2.0/UDP h:x', 'SIP/2.0/UDP h x', 'SIP/2.0/UDP h;', 'SIP/2.0/UDP h;;x', 'SIP/2.0/UDP h;branch', 'SIP/2.0/UDP h;branch=', 'SIP/2.0/UDP h;received', 'SIP/2.0/UDP h;rport=x',
    'SIP/2.0/UDP h;rport=5x', 'SIP/2.0/UDP h;rport=0', 'SIP 2.0/UDP h', 'SIP/2.0/[h]', 'SIP/2.0/UDP[::1]',
  ])('refuses %s', (text) => expect(parse(text)).toBeNull());

  it('tells the branches of RFC 3261 from older ones', () => {
    expect(viaOf('SIP/2.0/UDP h;branch=z9hG4bKx').hasCookie).toBe(true);
    for (const branch of ['', ';branch=z9hG4bK', ';branch=1', ';branch=Z9hG4bKxx']) expect(viaOf(`SIP/2.0/UDP h${branch}`).hasCookie).toBe(false);
  });
});

describe('viaWithSource', () => {
  it.each([
    ['SIP/2.0/UDP 192.0.2.1;branch=x', 'SIP/2.0/UDP 192.0.2.1;branch=x'],
    ['SIP/2.0/UDP 192.0.2.1:5060;branch=x', 'SIP/2.0/UDP 192.0.2.1:5060;branch=x'],
    ['SIP/2.0/UDP 192.0.2.1;rport;branch=x', 'SIP/2.0/UDP 192.0.2.1;received=192.0.2.1;rport=5060;branch=x'],
    ['SIP/2.0/UDP 192.0.2.1:5062;branch=x', 'SIP/2.0/UDP 192.0.2.1:5062;received=192.0.2.1;rport=5060;branch=x'],
    ['SIP/2.0/UDP phone.example;branch=x', 'SIP/2.0/UDP phone.example;received=192.0.2.1;rport=5060;branch=x'],
    ['SIP/2.0/UDP h;a=1;received=9.9.9.9;b=2;rport=7;c=3', 'SIP/2.0/UDP h;received=192.0.2.1;rport=5060;a=1;b=2;c=3'],
    ['SIP/2.0/UDP h;a=1;rport;b=2;received="9";c=3', 'SIP/2.0/UDP h;received=192.0.2.1;rport=5060;a=1;b=2;c=3'],
    ['SIP/2.0/UDP 192.0.2.1;received=192.0.2.1', 'SIP/2.0/UDP 192.0.2.1;received=192.0.2.1;rport=5060'],
  ])('%s', (text, expected) => expect(viaWithSource(viaOf(text), '192.0.2.1', 5060)).toBe(expected));

  it('parses back', () => {
    const via = viaOf(viaWithSource(viaOf('SIP/2.0/UDP [2001:db8::1]:5061;rport;branch=z9hG4bKx'), '2001:db8::2', 40_000));
    expect(via).toMatchObject({ host: '2001:db8::1', received: '2001:db8::2', rport: 40_000, branch: 'z9hG4bKx' });
  });
});

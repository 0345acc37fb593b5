import { describe, expect, it } from 'vitest';
import { isHost, isHostName, parseTarget } from '../../../dataplane/contract/target.ts';

describe('a destination URI', () => {
  it.each([
    ['sip:10.0.1.10:5060', { scheme: 'sip', host: '10.0.1.10', port: 5060, transport: 'udp', transportNamed: false, family: 4 }],
    ['sip:10.0.1.11:5060;transport=tcp', { scheme: 'sip', host: '10.0.1.11', port: 5060, transport: 'tcp', transportNamed: true, family: 4 }],
    ['SIP:PBX.Example;Transport=TLS;lr', { scheme: 'sip', host: 'pbx.example', port: 0, transport: 'tls', transportNamed: true, family: 0 }],
    ['sip:[2001:DB8::1]', { scheme: 'sip', host: '2001:db8::1', port: 0, transport: 'udp', transportNamed: false, family: 6 }],
    ['sip:[::1]:5070;lr;x=y', { scheme: 'sip', host: '::1', port: 5070, transport: 'udp', transportNamed: false, family: 6 }],
    ['sips:pbx.example', { scheme: 'sips', host: 'pbx.example', port: 0, transport: 'tls', transportNamed: false, family: 0 }],
    ['sips:pbx.example;transport=tcp', { scheme: 'sips', host: 'pbx.example', port: 0, transport: 'tls', transportNamed: true, family: 0 }],
  ])('%s', (uri, target) => {
    expect(parseTarget(uri)).toEqual(target);
  });

  it.each([
    '', 'sip:', 'tel:+491', 'sip:user@10.0.0.1', 'sip:10.0.0.1?x=y', 'sip:10.0.0.300', 'sip:1.2.3', 'sip:10.0.0.1:0', 'sip:10.0.0.1:65536', 'sip:10.0.0.1:', 'sip:[::1', 'sip:[10.0.0.1]',
    'sip:::1', 'sip:[::1]5060', 'sip:10.0.0.1;transport=sctp', 'sip:10.0.0.1;', 'sips:10.0.0.1;transport=udp', 'sip:a b', 'sip:ä.example', 'sip:-a.example', 'sip:a..b', `sip:${'a'.repeat(300)}`,
  ])('%s is none', (uri) => {
    expect(parseTarget(uri)).toBeNull();
  });
});

describe('host names', () => {
  it('are labels of letters, digits, - and _', () => {
    expect(['a', 'a.b', 'sip_1.x-y.example', '1.example'].every(isHostName)).toBe(true);
    expect(['', '.', 'a.', '.a', 'a..b', 'a-.b', '-a', 'a b', `${'a'.repeat(64)}.b`, 'a.'.repeat(127) + 'aa'].some(isHostName)).toBe(false);
    expect(isHost('::1')).toBe(true);
  });
});

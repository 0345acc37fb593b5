import { describe, expect, it } from 'vitest';
import { parseListenList } from '../../../dataplane/listen-setting.ts';

const none = { advertisedHost: '', advertisedPort: 0, certFile: '', keyFile: '' };

describe('SIGNALBOX_LISTEN', () => {
  it.each([
    ['udp:0.0.0.0:5060', { transport: 'udp', family: 4, address: '0.0.0.0', port: 5060, ...none }],
    ['tcp:[::1]:0@SIP.example:5070', { transport: 'tcp', family: 6, address: '::1', port: 0, ...none, advertisedHost: 'sip.example', advertisedPort: 5070 }],
    ['ws:127.0.0.1:8080', { transport: 'ws', family: 4, address: '127.0.0.1', port: 8080, ...none }],
    ['wss:[::]:443@[2001:db8::1]', { transport: 'wss', family: 6, address: '::', port: 443, ...none, advertisedHost: '2001:db8::1' }],
    ['tls:0.0.0.0:5061@edge.example;cert=/etc/chain.pem;key=/etc/key=1.pem', { transport: 'tls', family: 4, address: '0.0.0.0', port: 5061, advertisedHost: 'edge.example', advertisedPort: 0, certFile: '/etc/chain.pem', keyFile: '/etc/key=1.pem' }],
    ['wss:0.0.0.0:443;key=k.pem;cert=c.pem', { transport: 'wss', family: 4, address: '0.0.0.0', port: 443, ...none, certFile: 'c.pem', keyFile: 'k.pem' }],
  ])('reads %s', (text, listener) => {
    expect(parseListenList(text)).toEqual({ ok: true, value: [listener] });
  });

  it('reads a list with blanks round its commas', () => {
    const list = parseListenList(' udp:127.0.0.1:5060 , tls:127.0.0.1:5061;cert=a;key=b ,');
    expect(list.ok && list.value.map(({ transport }) => transport)).toEqual(['udp', 'tls']);
  });

  it.each([
    ['sctp:0.0.0.0:5060', 'udp|tcp|tls|ws|wss:address:port'],
    ['udp:everywhere:5060', 'udp|tcp|tls|ws|wss:address:port'],
    ['tls:0.0.0.0:70000', 'udp|tcp|tls|ws|wss:address:port'],
    ['tls:[1.2.3.4.5]:5061', 'udp|tcp|tls|ws|wss:address:port'],
    ['tls:0.0.0.0:5061;cert=/a', "the certificate's two files"],
    ['tls:0.0.0.0:5061;cert=/a;key=', "the certificate's two files"],
    ['tls:0.0.0.0:5061;cert=/a;cert=/b', "the certificate's two files"],
    ['tls:0.0.0.0:5061;cert=/a;key=/b;ca=/c', "the certificate's two files"],
    ['tcp:0.0.0.0:5061;cert=/a;key=/b', 'for tls and wss only'],
    ['', '1 to 32 listeners'],
  ])('refuses %s', (text, accepted) => {
    const list = parseListenList(text);
    if (list.ok) throw new Error('taken');
    expect(list.error.value).toBe(text);
    expect(list.error.accepted).toContain(accepted);
  });
});

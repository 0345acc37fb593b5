import { describe, expect, it } from 'vitest';
import { isProxyEntry, TrustedProxies } from '../../../controlplane/auth/trusted-proxies.ts';

describe('an entry of SIGNALBOX_TRUST_PROXY', () => {
  it.each(['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0', '::/0', '192.0.2.1/32'])('may be %s', (text) => {
    expect(isProxyEntry(text)).toBe(true);
  });
  it.each(['', 'proxy.example.com', '10.0.0.0/33', 'fd00::/129', '10.0.0/8', '10.0.0.1/', '10.0.0.1/8/8', '10.0.0.1/-1', 'fe80::1%eth0', 'true'])('may not be "%s"', (text) => {
    expect(isProxyEntry(text)).toBe(false);
  });
});

describe('the client behind proxies', () => {
  const proxies = new TrustedProxies(['10.0.0.0/8', '127.0.0.1', 'fd00::/8']);
  it.each([
    ['is who connects when that is no trusted proxy', '192.0.2.1', '198.51.100.7', '192.0.2.1'],
    ['is who a trusted proxy names', '10.1.2.3', '198.51.100.7', '198.51.100.7'],
    ['is the last stranger: what stands before it is the stranger\'s own word', '10.1.2.3', '203.0.113.9, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    ['is the first address when all are trusted', '127.0.0.1', '10.0.0.9, 10.0.0.8', '10.0.0.9'],
    ['is the proxy when it names nobody', '10.1.2.3', undefined, '10.1.2.3'],
    ['is the proxy when what it names is no address', '10.1.2.3', 'unknown', '10.1.2.3'],
    ['is found for proxies over IPv6', 'fd00::1', '2001:db8::7', '2001:db8::7'],
    ['is found behind an IPv4 proxy that reached an IPv6 socket', '::ffff:10.1.2.3', '198.51.100.7', '198.51.100.7'],
  ])('%s', (_what, remote, forwarded, client) => {
    expect(proxies.clientOf(remote, forwarded)).toBe(client);
  });

  it('is always who connects when nobody is trusted', () => {
    expect(new TrustedProxies([]).clientOf('127.0.0.1', '198.51.100.7')).toBe('127.0.0.1');
  });
});

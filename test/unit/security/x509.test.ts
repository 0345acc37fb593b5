import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../dataplane/security/x509.ts';

const nowMs = Date.UTC(2026, 10, 21);
const authority = makeCertificate({ commonName: 'Test Root', names: [], nowMs: Date.now(), days: 30, authority: true });

describe('a certificate made here', () => {
  it('signs itself, carries its names and lasts as long as was asked', () => {
    const { cert, key } = makeCertificate({ commonName: 'edge.example', names: ['edge.example', '*.edge.example', '192.0.2.1', '2001:db8::1', 'sip:edge.example'], nowMs, days: 3_650 });
    const read = new X509Certificate(cert);
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.subject).toBe('CN=edge.example');
    expect(read.issuer).toBe('CN=edge.example');
    expect(read.ca).toBe(false);
    expect(read.subjectAltName).toBe('DNS:edge.example, DNS:*.edge.example, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, URI:sip:edge.example');
    expect(read.validFromDate.toISOString()).toBe('2026-11-20T23:00:00.000Z');
    expect(read.validToDate.toISOString()).toBe('2036-11-17T23:00:00.000Z');
    expect(key).toContain('BEGIN PRIVATE KEY');
  });

  it('lasts beyond 2049, where the form of the time changes', () => {
    const read = new X509Certificate(makeCertificate({ commonName: 'x', names: [], nowMs, days: 36_500 }).cert);
    expect(read.validToDate.getUTCFullYear()).toBe(2126);
    expect(read.subjectAltName).toBeUndefined();
  });

  it('takes many names: lengths of one, two and three bytes', () => {
    const names = Array.from({ length: 3_000 }, (_, i) => `host-${i}.some-long-domain.example`);
    expect(new X509Certificate(makeCertificate({ commonName: 'x', names, nowMs, days: 1 }).cert).checkHost('host-2999.some-long-domain.example')).toBe('host-2999.some-long-domain.example');
  });

  it('serves TLS under an authority of the same making', async () => {
    const leaf = makeCertificate({ commonName: 'pbx', names: ['pbx.example'], nowMs: Date.now(), days: 1, issuer: authority });
    const server = createServer(leaf, (socket) => socket.end('hello'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    const client = connect({ host: '127.0.0.1', port: typeof bound === 'object' && bound !== null ? bound.port : 0, servername: 'pbx.example', ca: authority.cert });
    await once(client, 'secureConnect');
    expect(client.authorized).toBe(true);
    client.destroy();
    server.close();
  });
});

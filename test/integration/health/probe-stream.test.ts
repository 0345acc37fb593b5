/** OPTIONS probes over TLS: as strict about certificates as calls are, and with a reason that says what is wrong. */
import { once } from 'node:events';
import { createServer as createPlain } from 'node:net';
import { createSecureContext, createServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { ProbeJob } from '../../../dataplane/health/probe.ts';
import { probeStream } from '../../../dataplane/health/probe-stream.ts';
import { makeCertificate } from '../../../dataplane/security/x509.ts';
import { parseMessage } from '../../../dataplane/sip/parse.ts';
import { buildResponse } from '../../../dataplane/sip/responses.ts';
import { authority, certificateFor } from '../transport/tls-peers.ts';

const closers: (() => void)[] = [];
afterEach(() => { for (const close of closers.splice(0)) close(); });

/** A PBX that answers every OPTIONS with 200. */
async function pbx(certificate: { cert: string; key: string }): Promise<{ port: number; names: string[] }> {
  const names: string[] = [];
  const server = createServer(certificate, (socket) => {
    names.push(socket.servername || '');
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const parsed = parseMessage(chunk.toString('latin1'));
      if (parsed.ok) socket.write(buildResponse(parsed.message, 200, 'OK', { toTag: 'x' }));
    });
  });
  server.on('tlsClientError', () => undefined);
  return { port: await opened(server), names };
}

async function opened(server: ReturnType<typeof createPlain>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

const probe = (port: number, serverName: string, verify = true): ReturnType<typeof probeStream> => probeStream({
  uri: 'sips:pbx.example', transport: 'tls', family: 4, address: '127.0.0.1', port, serverName, timeoutMs: 5_000, from: '', userAgent: 'Signalbox', token: 'abc', source: null,
  tls: { context: createSecureContext({ ca: authority.cert }), verify },
} satisfies ProbeJob, new AbortController().signal);

describe('a probe over TLS', () => {
  it('is answered by a destination whose certificate fits', async () => {
    const { port, names } = await pbx(certificateFor('pbx.example'));
    expect(await probe(port, 'pbx.example')).toMatchObject({ outcome: 'reply', code: 200 });
    expect(names).toEqual(['pbx.example']);
    const byAddress = await pbx(certificateFor('127.0.0.1'));
    expect(await probe(byAddress.port, '')).toMatchObject({ outcome: 'reply', code: 200 });
  });

  it.each([
    ['names somebody else', () => certificateFor('other.example'), 'TLS: the certificate is not one of pbx.example: it names DNS:other.example'],
    ['is self-signed', () => makeCertificate({ commonName: 'pbx.example', names: ['pbx.example'], nowMs: Date.now(), days: 1 }), 'TLS: self-signed certificate'],
    ['has expired', () => makeCertificate({ commonName: 'pbx.example', names: ['pbx.example'], nowMs: Date.now() - 10 * 86_400_000, days: 2, issuer: authority }), 'TLS: certificate has expired'],
  ])('counts one whose certificate %s as unreachable, with the reason; not where nobody verifies', async (_, certificate, detail) => {
    const { port } = await pbx(certificate());
    expect(await probe(port, 'pbx.example')).toMatchObject({ outcome: 'icmp', detail });
    expect(await probe(port, 'pbx.example', false)).toMatchObject({ outcome: 'reply', code: 200 });
  });

  it('says so when the port does not speak TLS', async () => {
    const port = await opened(createPlain((socket) => socket.end('SIP/2.0 400 Bad Request\r\n\r\n')));
    expect(await probe(port, 'pbx.example')).toMatchObject({ outcome: 'icmp', detail: 'TLS: the port does not speak it' });
  });
});

import { once } from 'node:events';
import { connect as connectPlain, createServer } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, rootCertificates } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { makeCertificate } from '../../../dataplane/security/x509.ts';
import { Address } from '../../../dataplane/transport/flow.ts';
import { TlsIdentities } from '../../../dataplane/transport/tls-identities.ts';
import { dial, listen, loopback, message, Station, until } from './peers.ts';
import { authority, certificateFor, identity, policy, tlsClient, tlsParts } from './tls-peers.ts';

const open: Station[] = [];
const cleanups: (() => void)[] = [];
const station = async (...args: Parameters<Station['open']>): Promise<Station> => {
  const one = await new Station().open(...args);
  open.push(one);
  return one;
};
afterEach(async () => {
  for (const clean of cleanups.splice(0)) clean();
  await Promise.all(open.splice(0).map(({ transports }) => transports.close()));
});

const edge = identity('row:default', 'edge.example', '127.0.0.1', '::1');
/** A TLS server that is none of ours. */
async function backend(names: readonly string[], more: Parameters<typeof createTlsServer>[0] = {}): Promise<{ port: number; sockets: TLSSocket[]; text: () => string }> {
  const sockets: TLSSocket[] = [];
  let text = '';
  const server = createTlsServer({ ...certificateFor(...names), ...more }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => { text += chunk.toString('latin1'); });
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const bound = server.address();
  return { port: typeof bound === 'object' && bound !== null ? bound.port : 0, sockets, text: () => text };
}
const to = (port: number, serverName: string): Address => new Address('tls', 4, '127.0.0.1', port, null, 0, serverName);

describe.each([4, 6] as const)('TLS over IPv%i', (family) => {
  test('answers go back over the connection of the request, requests reuse one', async () => {
    const [a, b] = [await station([listen('tls', family)], {}, tlsParts([edge])), await station([listen('tls', family)], {}, tlsParts([edge]))];
    b.answer = (_, flow) => b.transports.send(flow, message('answer'), null);
    a.sendTo(b.listener, message('1'));
    a.sendTo(b.listener, message('2'));
    await a.gets(2);
    a.sendTo(b.listener, message('3'));
    await a.gets(3);
    expect(b.received.map(({ raw }) => raw)).toEqual([message('1'), message('2'), message('3')]);
    expect(b.received[0]!.flow).toMatchObject({ transport: 'tls', family, address: loopback(family) });
    expect([a.transports.connectionCount, b.transports.connectionCount, b.transports.counters.tlsHandshakes]).toEqual([1, 1, 1]);
    expect(b.transports.connectionTo('tls', loopback(family), b.received[0]!.flow.port)).toBe(b.received[0]!.flow.connection);
    expect(b.transports.connectionTo('tcp', loopback(family), b.received[0]!.flow.port)).toBe(0);
  });
});

describe('the certificate that is shown', () => {
  const rows = [edge, identity('row:acme', 'sip.acme.example', '*.acme.example'), identity('row:umbrella', 'sip.umbrella.example')];
  const shown = async (at: Station, servername?: string): Promise<string> => {
    const client = await tlsClient(at.listener, servername === undefined ? {} : { servername });
    const { subject } = client.getPeerCertificate();
    client.destroy();
    return String(subject.CN);
  };

  test.each([
    ['SIP.acme.example', 'sip.acme.example'], ['phones.acme.example', 'sip.acme.example'], ['a.b.acme.example', 'edge.example'],
    ['sip.umbrella.example', 'sip.umbrella.example'], ['unknown.example', 'edge.example'], [undefined, 'edge.example'],
  ])('for server name %s is that of %s', async (name, owner) => {
    expect(await shown(await station([listen('tls')], {}, tlsParts(rows)), name)).toBe(owner);
  });

  test('is the file named in the listener before the default, at that listener only', async () => {
    const file = { ...identity('file:/x.pem', 'file.example'), names: ['file.example'] };
    const a = await station([listen('tls', 4, { certFile: '/x.pem' }), listen('tls')], {}, tlsParts([...rows, file]));
    expect(await shown(a)).toBe('file.example');
    expect(await shown(a, 'sip.acme.example')).toBe('sip.acme.example');
    const other = await tlsClient(a.transports.listeners[1]!, { servername: 'file.example' });
    expect(other.getPeerCertificate().subject.CN).toBe('edge.example');
    other.destroy();
  });

  test('changes with the configuration, while connections go on', async () => {
    const tls = tlsParts([edge]);
    const a = await station([listen('tls')], {}, tls);
    const client = await tlsClient(a.listener);
    tls.identities.update({ policy: policy(), identities: [identity('row:default', 'new.example')] });
    expect(await shown(a)).toBe('new.example');
    client.write(message('still here'));
    expect((await a.gets(1)).raw).toBe(message('still here'));
    client.destroy();
  });
});

test('a session is resumed, also with another worker that has the same ticket key', async () => {
  const a = await station([listen('tls')], {}, tlsParts([edge]));
  const b = await station([listen('tls')], {}, tlsParts([edge]));
  const first = await tlsClient(a.listener, { servername: 'edge.example' });
  const [session] = await once(first, 'session') as [Buffer];
  first.destroy();
  const second = await tlsClient(b.listener, { servername: 'edge.example', session });
  expect(second.isSessionReused()).toBe(true);
  await until('the count', () => b.transports.counters.tlsResumptions === 1);
  second.destroy();
});

describe('a handshake fails', () => {
  test('below TLS 1.2, and below 1.3 where the policy says so', async () => {
    const a = await station([listen('tls')], {}, tlsParts([edge]));
    await expect(tlsClient(a.listener, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' })).rejects.toThrow();
    const b = await station([listen('tls')], {}, tlsParts([edge], { minVersion: 'TLSv1.3' }));
    await expect(tlsClient(b.listener, { maxVersion: 'TLSv1.2' })).rejects.toThrow();
    const fine = await tlsClient(b.listener);
    expect(fine.getProtocol()).toBe('TLSv1.3');
    fine.destroy();
    await until('the counts', () => a.transports.counters.tlsFailedOther === 1 && b.transports.counters.tlsFailedOther === 1);
  });

  test.each([['SIP', message('plain')], ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'], ['NULs', '\0'.repeat(100)]])('for %s in plain text, and others are unharmed', async (_, text) => {
    const a = await station([listen('tls')], {}, tlsParts([edge]));
    const good = await tlsClient(a.listener);
    const bad = await dial(a.listener);
    bad.write(text);
    await until('the end', () => bad.closed);
    expect(a.transports.counters.tlsFailedPlain).toBe(1);
    good.write(message('fine'));
    await a.gets(1);
    good.destroy();
  });

  test('when it takes too long, and frees the slot of its source', async () => {
    const a = await station([listen('tls')], { handshakeTimeoutMs: 5_000, connectionsPerSource: 1 }, tlsParts([edge]));
    const slow = await dial(a.listener);
    slow.write('\x16\x03\x01');
    await until('the socket', () => a.transports.counters.connectionsAccepted === 1);
    const refused = await dial(a.listener);
    await until('the refusal', () => refused.closed);
    expect(a.transports.counters.connectionsRefused).toBe(1);
    a.run(5_100);
    await until('the end', () => slow.closed);
    expect(a.transports.counters.handshakesTimedOut).toBe(1);
    (await tlsClient(a.listener)).destroy();
  });

  test('when the client renegotiates (TLS 1.2)', async () => {
    const a = await station([listen('tls')], {}, tlsParts([edge]));
    const client = await tlsClient(a.listener, { maxVersion: 'TLSv1.2' });
    let renegotiated = false;
    client.renegotiate({}, (error) => { renegotiated = error === null; });
    client.write(message('after'));
    await until('the end', () => a.received.length === 1 || client.destroyed);
    expect(renegotiated).toBe(false);
    client.destroy();
  });
});

describe('client certificates', () => {
  const stranger = makeCertificate({ commonName: 'stranger', names: ['trunk.example'], nowMs: Date.now(), days: 1 });
  const trunk = certificateFor('trunk.example');

  test.each([
    ['require', undefined, false], ['require', stranger, false], ['require', trunk, true],
    ['request', undefined, true], ['request', stranger, true], ['off', undefined, true],
  ] as const)('%s: %o → %s', async (clientCertificates, shown, served) => {
    const a = await station([listen('tls')], {}, tlsParts([edge], { clientCertificates }));
    const client = await tlsClient(a.listener, { servername: 'edge.example', ...shown });
    client.on('close', () => undefined);
    client.write(message());
    if (served) await a.gets(1);
    else await until('the count', () => a.transports.counters.tlsFailedCertificate === 1);
    expect(a.received.length).toBe(served ? 1 : 0);
    client.destroy();
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('"require" is not satisfied by a session that was begun when none was asked for (%s)', async (maxVersion) => {
    const lax = await station([listen('tls')], {}, tlsParts([edge]));
    const strict = await station([listen('tls')], {}, tlsParts([edge], { clientCertificates: 'require' }));
    const first = await tlsClient(lax.listener, { servername: 'edge.example', maxVersion });
    const session = maxVersion === 'TLSv1.2' ? first.getSession() : (await once(first, 'session') as [Buffer])[0];
    first.destroy();
    const client = connectTls({ host: strict.listener.address, port: strict.listener.port, ca: authority.cert, servername: 'edge.example', maxVersion, session });
    client.on('error', () => undefined);
    client.on('secureConnect', () => client.write(message()));
    await until('the refusal', () => strict.transports.counters.tlsFailedCertificate === 1 || strict.received.length > 0);
    expect(strict.received).toEqual([]);
    client.destroy();
  });

  test('"require" lets who has shown one resume the session', async () => {
    const a = await station([listen('tls')], {}, tlsParts([edge], { clientCertificates: 'require' }));
    const first = await tlsClient(a.listener, { servername: 'edge.example', ...trunk });
    const [session] = await once(first, 'session') as [Buffer];
    first.destroy();
    const second = await tlsClient(a.listener, { servername: 'edge.example', session, ...trunk });
    second.write(message());
    await a.gets(1);
    expect(second.isSessionReused()).toBe(true);
    second.destroy();
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('"require" does not take a session of a client whose root has been replaced (%s)', async (maxVersion) => {
    const identities = new TlsIdentities({ policy: policy({ clientCertificates: 'require' }), identities: [edge] });
    const a = await station([listen('tls')], {}, { identities, tickets: new Uint8Array(48).fill(7) });
    const first = await tlsClient(a.listener, { servername: 'edge.example', maxVersion, ...trunk });
    const session = maxVersion === 'TLSv1.2' ? first.getSession() : (await once(first, 'session') as [Buffer])[0];
    first.destroy();
    const other = makeCertificate({ commonName: 'Other Root', names: [], nowMs: Date.now(), days: 1, authority: true });
    identities.update({ policy: policy({ clientCertificates: 'require', ca: other.cert }), identities: [edge] });
    const client = connectTls({ host: a.listener.address, port: a.listener.port, ca: authority.cert, servername: 'edge.example', maxVersion, session, ...trunk });
    client.on('error', () => undefined);
    client.on('secureConnect', () => client.write(message()));
    await until('the refusal', () => a.transports.counters.tlsFailedCertificate === 1 || a.received.length > 0);
    expect(a.received).toEqual([]);
    client.destroy();
  });

  test('a connection has one alias: it cannot fill the table that all connections share', async () => {
    const a = await station([listen('tls')], {}, tlsParts([edge], { clientCertificates: 'request' }));
    const client = await tlsClient(a.listener, { servername: 'edge.example', ...trunk });
    client.write(message());
    const { flow: { connection } } = await a.gets(1);
    a.transports.alias(connection, 6_001);
    a.transports.alias(connection, 6_002);
    expect([6_001, 6_002].map((port) => a.transports.aliases.find(to(port, 'trunk.example'))?.connection)).toEqual([connection, undefined]);
    client.destroy();
    await until('the end', () => a.transports.connectionCount === 0);
    expect(a.transports.aliases.find(to(6_001, 'trunk.example'))).toBeNull();
  });

  test('an alias is honoured for a verified one, towards the name in it (RFC 5923)', async () => {
    const a = await station([listen('tls')], {}, tlsParts([edge], { clientCertificates: 'request' }));
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const bound = nobody.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    nobody.close();
    for (const [shown, name, works] of [[trunk, 'trunk.example', true], [trunk, 'other.example', false], [trunk, '', false], [stranger, 'trunk.example', false]] as const) {
      const client = await tlsClient(a.listener, { servername: 'edge.example', ...shown });
      let text = '';
      client.on('data', (chunk) => { text += chunk.toString('latin1'); });
      client.write(message());
      const { flow } = await a.gets(a.received.length + 1);
      a.transports.alias(flow.connection, port);
      a.failures.length = 0;
      a.transports.send(a.transports.aliases.find(to(port, name)) ?? to(port, name), message('back'), a.owner());
      await until('the outcome', () => text !== '' || a.failures.length > 0);
      expect([name, text]).toEqual([name, works ? message('back') : '']);
      client.destroy();
      await until('the end', () => a.transports.connectionCount === 0);
    }
  });
});

describe('calling a destination over TLS', () => {
  test('asks for its name and takes a certificate that fits', async () => {
    const a = await station([listen('tls')], {}, tlsParts([edge]));
    for (const [asked, names] of [['pbx.example', ['pbx.example']], ['a.pbx.example', ['*.pbx.example']], ['pbx.example', ['sip:pbx.example']], ['', ['127.0.0.1']]] as const) {
      const pbx = await backend(names);
      a.transports.send(to(pbx.port, asked), message(asked), a.owner());
      await until(`the message to ${asked}`, () => pbx.text() === message(asked) || a.failures.length > 0);
      expect(a.failures).toEqual([]);
      expect(pbx.sockets[0]?.servername || '').toBe(asked);
    }
  });

  test.each([
    ['another name', ['other.example'], {}, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['a certificate that nobody vouches for', [], makeCertificate({ commonName: 'pbx.example', names: ['pbx.example'], nowMs: Date.now(), days: 1 }), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['an expired one', [], makeCertificate({ commonName: 'pbx.example', names: ['pbx.example'], nowMs: Date.now() - 10 * 86_400_000, days: 2, issuer: authority }), 'CERT_HAS_EXPIRED'],
  ])('refuses %s before a byte of SIP has left', async (_, names, more, code) => {
    const a = await station([listen('tls')], {}, tlsParts([edge]));
    const pbx = await backend(names.length === 0 ? ['x'] : names, more);
    a.transports.send(to(pbx.port, 'pbx.example'), message('secret'), a.owner());
    await until('the failure', () => a.failures.length === 1);
    expect(a.failures[0]).toBe(`${code} 127.0.0.1:${pbx.port}`);
    expect(pbx.text()).toBe('');
    expect(a.transports.counters.tlsFailedCertificate).toBe(1);
  });

  test('takes any certificate where the policy does not verify', async () => {
    const a = await station([listen('tls')], {}, tlsParts([edge], { verifyDestinations: false }));
    const pbx = await backend(['other.example']);
    a.transports.send(to(pbx.port, 'pbx.example'), message('trusting'), a.owner());
    await until('the message', () => pbx.text() === message('trusting'));
  });

  test('trusts the system beside the operator’s roots', () => {
    expect(rootCertificates.length).toBeGreaterThan(0);
    expect(() => tlsParts([edge]).identities.outgoing()).not.toThrow();
  });

  test('shows its own certificate to a destination that asks for one, and never the self-signed', async () => {
    const asking = { requestCert: true, rejectUnauthorized: false, ca: authority.cert };
    const [a, b] = [await station([listen('tls')], {}, tlsParts([edge])), await station([listen('tls')], {}, tlsParts([{ ...edge, id: 'self-signed' }]))];
    const pbx = await backend(['pbx.example'], asking);
    a.transports.send(to(pbx.port, 'pbx.example'), message('a'), a.owner());
    await until('the first', () => pbx.sockets.length === 1);
    expect(pbx.sockets[0]?.authorized).toBe(true);
    b.transports.send(to(pbx.port, 'pbx.example'), message('b'), b.owner());
    await until('the second', () => pbx.sockets.length === 2);
    expect(pbx.sockets[1]?.authorized).toBe(false);
  });

  test('a connection that was verified for one name is not used for another', async () => {
    const a = await station([listen('tls')], {}, tlsParts([edge]));
    const pbx = await backend(['pbx.example']);
    a.transports.send(to(pbx.port, 'pbx.example'), message('1'), a.owner());
    await until('the first', () => pbx.text() === message('1'));
    a.transports.send(to(pbx.port, 'bank.example'), message('2'), a.owner());
    await until('the failure', () => a.failures.length === 1);
    expect(pbx.text()).toBe(message('1'));
  });

  test('a peer that is silent is given up in its time', async () => {
    const a = await station([listen('tls')], { connectTimeoutMs: 4_000 }, tlsParts([edge]));
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    cleanups.push(() => silent.close());
    const bound = silent.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    a.transports.send(to(port, 'pbx.example'), message(), a.owner());
    await until('the connection', () => a.transports.connectionCount === 1);
    a.run(4_100);
    await until('the failure', () => a.failures.length === 1);
    expect(a.failures[0]).toBe(`ETIMEDOUT 127.0.0.1:${port}`);
  });
});

test('a TLS hello on a TCP port is cut off at once', async () => {
  const a = await station([listen('tcp')]);
  const socket = connectPlain(a.listener.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]));
  await once(socket, 'close');
  expect(a.transports.counters.streamFaults).toBe(1);
});

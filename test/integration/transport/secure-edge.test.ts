/** TLS of the real data plane: certificate files read again without losing a connection, alias, connections that die under a request. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSetting } from '../../../dataplane/contract/rows.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { newBranch, token, writeSip } from '../../harness/sip-text.ts';
import { until } from '../../harness/deadline.ts';
import { freePort } from '../../harness/ports.ts';
import { Peer, Rig } from '../dataplane/rig.ts';
import { authority, certificateFor } from './tls-peers.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-secure-'));
const [certFile, keyFile] = [join(folder, 'chain.pem'), join(folder, 'key.pem')];
const write = (name: string): void => {
  const { cert, key } = certificateFor(name);
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
};
let rig: Rig;
let pbx: SipSocket;
let trunkPort = 0;

beforeAll(async () => {
  write('first.example');
  pbx = await SipSocket.open({ transport: 'tcp' });
  trunkPort = await freePort();
  rig = await Rig.start([
    { key: 'acme', destinations: [`sip:127.0.0.1:${pbx.port};transport=tcp`], failover: { frMs: 30_000, on: [] } },
    { key: 'trunk', destinations: [`sip:127.0.0.1:${trunkPort};transport=tls`] },
  ], {
    listen: `udp:127.0.0.1:PORT,tcp:127.0.0.1:PORT,tls:127.0.0.1:TLS_PORT;cert=${certFile};key=${keyFile}`,
    setting: { tls: { ...defaultSetting.tls, clientCertificates: 'request', ca: authority.cert } },
  });
});
afterAll(async () => {
  await rig.stop();
  await pbx.close();
  rmSync(folder, { recursive: true });
});

async function tlsTo(options: { key?: string; cert?: string } = {}): Promise<{ socket: TLSSocket; text: () => string; name: string }> {
  const { host, port } = rig.addressFor('tls', '127.0.0.1');
  const socket = connect({ host, port, ca: authority.cert, checkServerIdentity: () => undefined, ...options });
  let text = '';
  socket.on('data', (chunk) => { text += chunk.toString('latin1'); });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return { socket, text: () => text, name: String(socket.getPeerCertificate().subject.CN) };
}
const options = (via = ''): string => writeSip('OPTIONS sip:edge.example SIP/2.0', [
  `Via: SIP/2.0/TLS 127.0.0.1:${trunkPort};branch=${newBranch()}${via}`, 'Max-Forwards: 70', 'From: <sip:trunk@edge.example>;tag=t', 'To: <sip:edge.example>',
  `Call-ID: ${token()}`, 'CSeq: 1 OPTIONS',
], '').replace('sip:edge.example SIP', `sip:127.0.0.1:${rig.addressFor('tls', '127.0.0.1').port} SIP`);

describe('a data plane with TLS', () => {
  it('reads certificate files again on SIGHUP, and open connections go on', async () => {
    const old = await tlsTo();
    expect(old.name).toBe('first.example');
    write('second.example');
    process.kill(rig.process.pid, 'SIGHUP');
    await until('the new certificate', 5_000, async () => {
      const next = await tlsTo();
      next.socket.destroy();
      return next.name === 'second.example';
    });
    old.socket.write(options());
    await until('an answer', 5_000, () => old.text().startsWith('SIP/2.0 200'));
    old.socket.destroy();
    await until('the count', 5_000, async () => (await rig.metric('tls_handshakes_total')) >= 1);
  });

  it('reaches a trunk by the connection that it opened, where Via asks for it and its certificate is verified (RFC 5923)', async () => {
    const caller = await rig.peer();
    const call = (callId: string): Promise<void> => caller.send(caller.request('MESSAGE', 'sip:1@trunk.example', { callId }));
    const trunk = await tlsTo(certificateFor('127.0.0.1'));
    trunk.socket.write(options());
    await until('an answer', 5_000, () => trunk.text().includes('SIP/2.0 200'));
    await call('without');
    await caller.hears(503, 'without');
    trunk.socket.write(options(';alias'));
    await until('another answer', 5_000, () => trunk.text().split('SIP/2.0 200').length === 3);
    await call('with');
    await until('the request', 5_000, () => trunk.text().includes('MESSAGE sip:1@trunk.example'));
    trunk.socket.destroy();
  });

  it('sends a request again at once when its connection has died under it, and gives up when the next one dies too', async () => {
    const caller = await rig.peer();
    const callee = new Peer(pbx, rig);
    const started = performance.now();
    await caller.send(caller.request('INVITE', 'sip:1@acme.example', { callId: 'dies' }));
    await callee.gets('INVITE', 'dies');
    pbx.dropConnections();
    await callee.gets('INVITE', 'dies');
    pbx.dropConnections();
    const refusal = await caller.hears(503, 'dies');
    expect(refusal.message.status).toBe(503);
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

/** RFC 3261 §18, RFC 5923, RFC 5658: connections that are used again, and calls between transports. */
import { connect } from 'node:tls';
import { expect } from 'vitest';
import { establish, fromCallee, fromCaller, type Peer } from '../../harness/peer.ts';
import { headerOf, token, valuesOf } from '../../harness/sip-text.ts';
import { RawStream } from '../../harness/raw-stream.ts';
import { row } from '../row.ts';
import type { World } from '../world.ts';

row(83, { backends: ['tcp'] }, async (w) => {
  const ports = new Set<number>();
  // One phone: the processes of an edge may have a connection each.
  const phone = await w.phone();
  for (let i = 0; i < 5; i++) {
    const { invite, caller, callId } = await w.invite({ phone });
    ports.add(invite.port);
    w.backend.answer(invite, 486);
    await caller.hears(486, callId);
  }
  expect(ports.size).toBe(1);
  w.backend.socket.dropConnections();
  await w.settled(phone);
  const { invite, caller, callId } = await w.invite({ phone });
  w.backend.answer(invite, 486);
  await caller.hears(486, callId);
});

/** BYE from the callee and from the caller over what the call was set up on. */
async function both(w: World, phone: Peer, contact = phone.uri): Promise<readonly string[]> {
  const call = await establish(phone, w.backend, w.uri, { contact });
  await w.backend.send(fromCallee(w.backend, call, 'INFO', 5));
  const info = await phone.gets('INFO', call.callId);
  expect(info.message.uri).toBe(contact);
  phone.answer(info, 200, { toTag: 'alice' });
  await w.backend.socket.waitFor('200 to INFO', (m) => m.status === 200 && headerOf(m, 'cseq') === '5 INFO');
  await phone.send(fromCaller(phone, call, 'BYE', 2));
  const bye = await w.backend.gets('BYE', call.callId);
  w.backend.answer(bye, 200);
  await phone.socket.waitFor('200 to BYE', (m) => m.status === 200 && headerOf(m, 'cseq') === '2 BYE');
  return call.callerRoutes;
}

row(84, {}, async (w) => {
  for (const transport of ['tcp', 'tls'] as const) await both(w, await w.phone({ transport }), `sip:alice@192.0.2.44:9;transport=${transport}`);
});

row(85, {}, async (w) => {
  for (const transport of ['tcp', 'tls', 'ws', 'wss'] as const) {
    const phone = await w.phone({ transport });
    const routes = await both(w, phone);
    // One a side, or one without a transport that both sides can use.
    if (routes.length < 2) expect(routes.join()).not.toMatch(/;transport=/);
  }
});

row(88, {}, async (w) => {
  const to = w.edge.addressFor('tls', '127.0.0.1');
  const secure = await w.phone({ transport: 'tls' });
  const callId = token();
  await secure.send(secure.request('MESSAGE', w.uri, { callId }));
  const got = await w.backend.gets('MESSAGE', callId);
  expect(valuesOf(got.message, 'via')[1]).toMatch(/^SIP\/2\.0\/TLS /);
  w.backend.answer(got, 200);
  await secure.hears(200, callId);
  const plain = await RawStream.open(to);
  w.defer(() => plain.end());
  await plain.send(secure.request('MESSAGE', w.uri, { callId: token() }));
  await plain.closes();
  expect(plain.text).not.toContain('SIP/2.0');
  const old = await oldTls(to.host, to.port);
  expect(old).not.toMatch(/^TLSv1(\.1)?$/);
});

/** The version that a client gets which knows TLS 1.0 and 1.1 only; '' = refused. */
function oldTls(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, () => {
      resolve(socket.getProtocol() ?? '');
      socket.destroy();
    });
    socket.on('error', () => resolve(''));
    socket.on('close', () => resolve(''));
  });
}

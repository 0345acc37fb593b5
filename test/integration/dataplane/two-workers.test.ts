/** Two SIP workers behind one port: the kernel deals flows out to either, and nobody outside can tell. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { answerTo, headerOf } from '../../harness/sip-text.ts';
import { establish, fromCallee, fromCaller, Peer, Rig } from './rig.ts';

let rig: Rig;
let registrar: Peer;
/** Backends on as many ports: with twelve of them the chance that one worker gets all is one in two thousand. */
let backends: Peer[];

beforeAll(async () => {
  const socket = await SipSocket.open();
  rig = await Rig.start([{ key: 'acme', destinations: [`sip:127.0.0.1:${socket.port}`] }], { workers: 2 });
  registrar = new Peer(socket, rig);
  backends = await Promise.all(Array.from({ length: 12 }, () => rig.peer()));
}, 60_000);
afterAll(async () => {
  await rig.stop();
  await registrar.socket.close();
});

/** Registers a phone over TCP and gives its Path. */
async function register(phone: Peer, contact: string): Promise<string> {
  await phone.send(phone.request('REGISTER', 'sip:acme.example', { to: 'sip:alice@acme.example', contact }));
  const registered = await registrar.gets('REGISTER');
  registrar.answer(registered, 200);
  await phone.hears(200);
  return headerOf(registered.message, 'path');
}

describe('two workers', () => {
  it('reach a phone over the connection that either of them has, whoever calls, and count every call up and down', async () => {
    const phone = await rig.peer({ transport: 'tcp' });
    const contact = 'sip:alice@192.168.7.7:5060;transport=tcp';
    const path = await register(phone, contact);
    for (const [index, backend] of backends.entries()) {
      const call = await establish(backend, phone, contact, { headers: [`Route: ${path}`] });
      if (index % 2 === 0) {
        await backend.send(fromCaller(backend, call, 'BYE', 2));
        phone.answer(await phone.gets('BYE', call.callId), 200);
        await backend.hears(200, call.callId);
      } else {
        await phone.send(fromCallee(phone, call, 'BYE', 2));
        backend.answer(await backend.gets('BYE', call.callId), 200);
        await phone.socket.waitFor('200', (m) => m.status === 200 && headerOf(m, 'cseq') === '2 BYE' && headerOf(m, 'call-id') === call.callId);
      }
    }
    expect(await rig.metric('calls_total')).toBe(backends.length);
    await until('no call is counted any more', 5_000, async () => (await rig.metric('calls')) === 0);
  });

  it('say 430 when the phone has hung its connection up', async () => {
    const phone = await rig.peer({ transport: 'tcp' });
    const contact = 'sip:bob@192.168.7.8:5060;transport=tcp';
    const path = await register(phone, contact);
    phone.socket.dropConnections();
    await until('the edge has noticed', 5_000, async () => (await rig.metric('connections')) <= 1);
    for (const backend of backends) {
      const invite = backend.request('INVITE', contact, { headers: [`Route: ${path}`] });
      await backend.send(invite);
      await backend.hears(430, /Call-ID: (\S+)/.exec(invite)?.[1] ?? '');
    }
  });

  it('give an answer to the worker whose transaction it belongs to: it goes up and is acknowledged', async () => {
    const caller = await rig.peer();
    for (const stranger of backends) {
      await caller.send(caller.request('INVITE', 'sip:1001@acme.example'));
      const invite = await registrar.gets('INVITE');
      const callId = headerOf(invite.message, 'call-id');
      // A backend that answers from another port, to the public port: the kernel may give it to either worker.
      await stranger.send(answerTo(invite.message, 486, 'Busy Here', { toTag: 'busy', headers: [], body: '' }));
      await caller.hears(486, callId);
      await registrar.gets('ACK', callId);
    }
  });
});

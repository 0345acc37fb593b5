/** Two SIP workers behind one port: the kernel deals flows out to either, and nobody outside can tell. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { freePortRange } from '../../harness/ports.ts';
import { answerTo, headerOf, newBranch, token, valuesOf } from '../../harness/sip-text.ts';
import { establish, fromCallee, fromCaller, Peer, Rig } from '../dataplane/rig.ts';

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

describe.each(['own', 'single', 'a range'])('two workers with backend port %s', (mode) => {
  let edge: Rig;
  let pbx: Peer;
  let phones: Peer[];
  beforeAll(async () => {
    const socket = await SipSocket.open();
    const first = await freePortRange(2);
    const env = { SIGNALBOX_BACKEND_PORT: mode === 'a range' ? `${first}-${first + 1}` : mode };
    edge = await Rig.start([{ key: 'acme', destinations: [`sip:127.0.0.1:${socket.port}`] }], { workers: 2, env });
    pbx = new Peer(socket, edge);
    phones = await Promise.all(Array.from({ length: 12 }, () => edge.peer()));
    ports = new Set({ own: [], single: [edge.port], 'a range': [first, first + 1] }[mode]);
  }, 60_000);
  afterAll(async () => {
    await edge.stop();
    await pbx.socket.close();
  });
  let ports = new Set<number>();

  it('serve calls from every phone, and send them from the ports that were meant', async () => {
    const seen = new Set<number>();
    for (const phone of phones) {
      const call = await establish(phone, pbx, 'sip:1001@acme.example');
      const [top = ''] = valuesOf(call.invite, 'via');
      seen.add(Number(/:(\d+);/.exec(top)?.[1]));
      await phone.send(fromCaller(phone, call, 'BYE', 2));
      pbx.answer(await pbx.gets('BYE', call.callId), 200);
      await phone.hears(200, call.callId);
    }
    if (ports.size > 0) expect(seen).toEqual(ports);
    else expect([seen.size, seen.has(edge.port)]).toEqual([2, false]);
    expect(await edge.metric('dropped_stray_response_total')).toBe(0);
  });

  it('absorb a repeated INVITE, take a CANCEL and an ACK that come from other ports than the INVITE (a trunk, a changed NAT)', async () => {
    for (const [index, phone] of phones.entries()) {
      const other = phones[(index + 1) % phones.length] ?? phone;
      const callId = token();
      const branch = newBranch();
      const say = (method: string, more = {}): string => phone.request(method, 'sip:1001@acme.example', { callId, branch, via: '', ...more });
      await phone.send(say('INVITE'));
      const invite = await pbx.gets('INVITE', callId);
      pbx.answer(invite, 180);
      await phone.hears(180, callId);
      await other.send(say('INVITE'));
      await phone.hears(180, callId);
      await other.send(say('CANCEL'));
      const cancel = await pbx.gets('CANCEL', callId);
      pbx.answer(cancel, 200);
      pbx.answer(invite, 487);
      await pbx.gets('ACK', callId);
      await phone.hears(487, callId);
      await other.send(say('ACK', { toTag: 'callee' }));
      await other.send(other.request('OPTIONS', `sip:127.0.0.1:${edge.port}`, { callId: `${callId}-after` }));
      await other.hears(200, `${callId}-after`);
      expect([pbx.count('INVITE', callId), pbx.count('CANCEL', callId)]).toEqual([1, 1]);
    }
    expect(await edge.metric('handed_over_total')).toBeGreaterThan(0);
    // Had nobody taken the first ACKs, their 487s would have come again by now: a last call takes 0.5 s to ring.
    const [phone = pbx] = phones;
    const callId = token();
    await phone.send(phone.request('INVITE', 'sip:1001@acme.example', { callId }));
    const [first] = [await pbx.gets('INVITE', callId)];
    await pbx.socket.waitFor('our own repetition', (m) => m.method === 'INVITE' && headerOf(m, 'call-id') === callId);
    pbx.answer(first, 486);
    await phone.hears(486, callId);
    const repeated = phones.flatMap(({ socket }) => socket.received).filter(({ message }) => message.status === 487);
    expect(repeated).toHaveLength(phones.length);
  }, 30_000);
});

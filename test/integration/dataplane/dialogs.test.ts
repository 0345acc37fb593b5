/** Dialogs through the real data plane: both directions, every pair of transports and families, phones and their flows. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { headerOf, token, valuesOf } from '../../harness/sip-text.ts';
import { establish, fromCallee, fromCaller, Peer, Rig } from './rig.ts';
import { SipSocket } from '../../harness/sip-socket.ts';

let rig: Rig;
const backends = new Map<string, Peer>();
const kinds = [['udp', '127.0.0.1'], ['tcp', '127.0.0.1'], ['udp', '::1'], ['tcp', '::1']] as const;

const nameOf = (transport: string, host: string): string => `${transport}${host === '::1' ? '6' : '4'}`;
const backend = (name: string): Peer => {
  const peer = backends.get(name);
  if (peer === undefined) throw new Error(`no backend ${name}`);
  return peer;
};

beforeAll(async () => {
  const sockets = await Promise.all(kinds.map(([transport, host]) => SipSocket.open({ transport, host })));
  const uriOf = (socket: SipSocket): string => `sip:${socket.host === '::1' ? '[::1]' : socket.host}:${socket.port}${socket.transport === 'tcp' ? ';transport=tcp' : ''}`;
  rig = await Rig.start([
    ...sockets.map((socket) => ({ key: nameOf(socket.transport, socket.host), destinations: [uriOf(socket)] })),
    { key: 'named', destinations: [`sip:localhost:${sockets[0]?.port}`] },
  ]);
  for (const socket of sockets) backends.set(nameOf(socket.transport, socket.host), new Peer(socket, rig));
}, 40_000);
afterAll(async () => {
  for (const { socket } of backends.values()) await socket.close();
  await rig.stop();
});

describe.each(kinds)('from a phone on %s %s', (transport, host) => {
  it.each(kinds)('to a backend on %s %s every request of a dialog finds its way in both directions', async (toTransport, toHost) => {
    const callee = backend(nameOf(toTransport, toHost));
    const caller = await rig.peer({ transport, host });
    const call = await establish(caller, callee, `sip:1001@${nameOf(toTransport, toHost)}.example`);
    const same = transport === toTransport && host === toHost;
    expect(call.callerRoutes).toHaveLength(same ? 1 : 2);
    expect(valuesOf(call.invite, 'via')[0]).toMatch(new RegExp(`^SIP/2.0/${toTransport.toUpperCase()} `));
    for (const [cseq, method] of [[2, 'INVITE'], [3, 'UPDATE'], [4, 'INFO'], [5, 'REFER'], [6, 'NEWMETH']] as const) {
      await caller.send(fromCaller(caller, call, method, cseq));
      const got = await callee.gets(method, call.callId);
      expect(got.message.uri).toBe(callee.uri);
      expect(valuesOf(got.message, 'route')).toEqual([]);
      callee.answer(got, 200);
      await caller.socket.waitFor(method, (m) => m.status === 200 && headerOf(m, 'cseq') === `${cseq} ${method}`);
      await callee.send(fromCallee(callee, call, method, cseq));
      const back = await caller.gets(method, call.callId);
      expect(back.message.uri).toBe(caller.uri);
      caller.answer(back, 200);
      await callee.socket.waitFor(method, (m) => m.status === 200 && headerOf(m, 'cseq') === `${cseq} ${method}`);
    }
    await callee.send(fromCallee(callee, call, 'BYE', 7));
    caller.answer(await caller.gets('BYE', call.callId), 200);
    await callee.socket.waitFor('BYE', (m) => m.status === 200 && headerOf(m, 'cseq') === '7 BYE');
    await until('no call left', 3_000, async () => (await rig.metric('calls')) === 0);
  });
});

describe('early dialogs', () => {
  it('carry PRACK and UPDATE before the 200', async () => {
    const callee = backend('udp4');
    const caller = await rig.peer();
    const callId = token();
    await caller.send(caller.request('INVITE', 'sip:1001@udp4.example', { callId, headers: ['Supported: 100rel'] }));
    const invite = await callee.gets('INVITE', callId);
    callee.answer(invite, 183, { headers: ['Require: 100rel', 'RSeq: 1'], body: 'v=0\r\n' });
    const early = await caller.hears(183, callId);
    expect(headerOf(early.message, 'rseq')).toBe('1');
    expect(early.message.body).toBe('v=0\r\n');
    const routes = valuesOf(early.message, 'record-route').toReversed().map((value) => `Route: ${value}`);
    for (const [cseq, method] of [[2, 'PRACK'], [3, 'UPDATE']] as const) {
      await caller.send(caller.request(method, callee.uri, { callId, cseq, toTag: 'callee', headers: [...routes, 'RAck: 1 1 INVITE'] }));
      const got = await callee.gets(method, callId);
      callee.answer(got, 200);
      await caller.socket.waitFor(method, (m) => m.status === 200 && headerOf(m, 'cseq') === `${cseq} ${method}`);
    }
    callee.answer(invite, 486);
    await caller.hears(486, callId);
  });
});

describe('subscriptions', () => {
  it('bring every NOTIFY to the subscriber, the first one before the 200 too', async () => {
    const notifier = backend('udp4');
    const caller = await rig.peer();
    const callId = token();
    await caller.send(caller.request('SUBSCRIBE', 'sip:1001@udp4.example', { callId, headers: ['Event: presence'] }));
    const subscribe = await notifier.gets('SUBSCRIBE', callId);
    const routes = valuesOf(subscribe.message, 'record-route').map((value) => `Route: ${value}`);
    const notify = (cseq: number): string => notifier.request('NOTIFY', caller.uri, { callId, cseq, fromTag: 'callee', toTag: 'alice', to: 'sip:alice@acme.example', headers: [...routes, 'Event: presence'] });
    await notifier.send(notify(1));
    caller.answer(await caller.gets('NOTIFY', callId), 200);
    await notifier.hears(200, callId);
    notifier.answer(subscribe, 200);
    await caller.hears(200, callId);
    await notifier.send(notify(2));
    caller.answer(await caller.gets('NOTIFY', callId), 200);
    await notifier.hears(200, callId);
    expect(await rig.metric('calls')).toBe(0);
  });
});

describe('route sets', () => {
  it('of an ACK with Routes behind ours are followed and kept', async () => {
    const callee = backend('udp4');
    const caller = await rig.peer();
    const hop = await rig.peer();
    const call = await establish(caller, callee, 'sip:1001@udp4.example');
    await caller.send(fromCaller(caller, call, 'ACK', 1, [`Route: <sip:${hop.hostPort};lr>, <sip:10.9.9.9;lr>`]));
    const ack = await hop.gets('ACK', call.callId);
    expect(valuesOf(ack.message, 'route')).toEqual([`<sip:${hop.hostPort};lr>`, '<sip:10.9.9.9;lr>']);
    expect(ack.message.uri).toBe(callee.uri);
  });

  it('on one folded line with ours lose ours alone', async () => {
    const callee = backend('udp4');
    const caller = await rig.peer();
    const hop = await rig.peer();
    const call = await establish(caller, callee, 'sip:1001@udp4.example');
    const ours = call.callerRoutes[0]?.slice('Route: '.length) ?? '';
    await caller.send(caller.request('BYE', callee.uri, { callId: call.callId, cseq: 2, toTag: 'callee', headers: [`Route: ${ours},\r\n  "Next, hop" <sip:${hop.hostPort};lr>;x="a,b"`] }));
    const bye = await hop.gets('BYE', call.callId);
    expect(valuesOf(bye.message, 'route')).toEqual([`"Next, hop" <sip:${hop.hostPort};lr>;x="a,b"`]);
    hop.answer(bye, 200);
    await caller.hears(200, call.callId);
  });

  it('with a Record-Route before ours stay in order', async () => {
    const callee = backend('udp4');
    const caller = await rig.peer();
    const callId = token();
    await caller.send(caller.request('INVITE', 'sip:1001@udp4.example', { callId, headers: ['Record-Route: <sip:up.example;lr>'] }));
    const invite = await callee.gets('INVITE', callId);
    expect(valuesOf(invite.message, 'record-route').map((value) => value.includes('up.example'))).toEqual([false, true]);
    callee.answer(invite, 486);
    await caller.hears(486, callId);
  });
});

describe('phones', () => {
  it.each([
    ['udp', 'sip:alice@192.168.10.5:5060'], ['udp', 'sip:alice@127.0.0.1:9'], ['tcp', 'sip:alice@192.168.10.5:5060;transport=tcp'], ['tcp', 'sip:alice@x.invalid;transport=ws'],
  ] as const)('on %s with the Contact %s get the requests of the backend over their flow', async (transport, contact) => {
    const callee = backend('udp4');
    const phone = await rig.peer({ transport });
    const call = await establish(phone, callee, 'sip:1001@udp4.example', { contact });
    await callee.send(fromCallee(callee, call, 'BYE', 1));
    const bye = await phone.gets('BYE', call.callId);
    expect(bye.message.uri).toBe(contact);
    phone.answer(bye, 200);
    await callee.hears(200, call.callId);
  });

  it.each(['udp', 'tcp'] as const)('registered over %s are called by the Path, and end the call from both sides', async (transport) => {
    const pbx = backend('udp4');
    const phone = await rig.peer({ transport });
    const contact = 'sip:alice@192.168.10.5:5060';
    await phone.send(phone.request('REGISTER', 'sip:udp4.example', { to: 'sip:alice@udp4.example', contact }));
    const register = await pbx.gets('REGISTER');
    const path = headerOf(register.message, 'path');
    expect(path).toMatch(/^<sip:f[\w-]+@127\.0\.0\.1:\d+;lr>$/);
    expect(headerOf(register.message, 'contact')).toBe(`<${contact}>`);
    pbx.answer(register, 200, { headers: [`Path: ${path}`] });
    await phone.hears(200);
    for (const ends of ['pbx', 'phone'] as const) {
      const call = await establish(pbx, phone, contact, { headers: [`Route: ${path}`] });
      expect(call.invite.uri).toBe(contact);
      // The phone's Contact in its answer is one that nobody can reach either.
      const hidden = { ...call, ok: { ...call.ok, headers: call.ok.headers.map(([n, v]) => [n, n === 'contact' ? `<${contact}>` : v] as const) } };
      if (ends === 'pbx') {
        await pbx.send(fromCaller(pbx, hidden, 'BYE', 2));
        phone.answer(await phone.gets('BYE', call.callId), 200);
        await pbx.socket.waitFor('200', (m) => m.status === 200 && headerOf(m, 'cseq') === '2 BYE' && headerOf(m, 'call-id') === call.callId);
      } else {
        await phone.send(fromCallee(phone, call, 'BYE', 2));
        pbx.answer(await pbx.gets('BYE', call.callId), 200);
        await phone.socket.waitFor('200', (m) => m.status === 200 && headerOf(m, 'cseq') === '2 BYE' && headerOf(m, 'call-id') === call.callId);
      }
    }
    if (transport === 'udp') return;
    phone.socket.dropConnections();
    await until('the connection to go', 3_000, async () => {
      const callId = token();
      await pbx.send(pbx.request('INVITE', contact, { callId, headers: [`Route: ${path}`] }));
      // One that leaves before the edge has seen the end of the connection is lost with it.
      const refused = await pbx.socket.waitFor('430', (m) => m.status === 430 && headerOf(m, 'call-id') === callId, 300);
      return refused.message.status;
    });
  });

  it('with a forged or damaged Path get nothing', async () => {
    const pbx = backend('udp4');
    const phone = await rig.peer();
    await phone.send(phone.request('REGISTER', 'sip:udp4.example', { to: 'sip:alice@udp4.example' }));
    const register = await pbx.gets('REGISTER');
    pbx.answer(register, 200);
    const path = headerOf(register.message, 'path');
    const callId = token();
    const at = path.indexOf('@') - 4;
    await pbx.send(pbx.request('INVITE', 'sip:alice@192.168.10.5', { callId, headers: [`Route: ${path.slice(0, at)}${path[at] === 'A' ? 'B' : 'A'}${path.slice(at + 1)}`] }));
    expect((await pbx.hears(403, callId)).message.status).toBe(403);
    expect(phone.count('INVITE', callId)).toBe(0);
  });
});

describe('destinations', () => {
  it('with a host name are reached once it is resolved', async () => {
    const callee = backend('udp4');
    const caller = await rig.peer();
    const call = await establish(caller, callee, 'sip:1001@named.example');
    await caller.send(fromCaller(caller, call, 'BYE', 2));
    callee.answer(await callee.gets('BYE', call.callId), 200);
    await caller.hears(200, call.callId);
  });
});

/** Phones that register through the real process: reached where they are, counted, kept alive, remembered. */
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { SipSocket, type Received } from '../../harness/sip-socket.ts';
import { headerOf, token } from '../../harness/sip-text.ts';
import { establish, fromCallee, fromCaller, Peer, type Established } from '../../harness/peer.ts';
import { Rig, type Plan, type RigOptions } from './rig.ts';

const registrarUri = 'sip:acme.example';
/** Where the phone thinks that it is. */
const inside = (user: string): string => `sip:${user}@192.168.1.20:5060`;

let rig: Rig;
afterEach(() => rig.stop());

async function world(plan: Partial<Plan>, options: RigOptions = {}): Promise<Peer> {
  const socket = await SipSocket.open();
  rig = await Rig.start([{ key: 'acme', destinations: [`sip:127.0.0.1:${socket.port}`], ...plan }], options);
  return new Peer(socket, rig);
}

async function register(phone: Peer, pbx: Peer, user: string, expires = 600, contact = inside(user)): Promise<{ readonly seen: Received; readonly callId: string }> {
  const callId = token();
  await phone.send(phone.request('REGISTER', registrarUri, { callId, to: `sip:${user}@acme.example`, contact, headers: [`Expires: ${expires}`, 'User-Agent: Test phone'] }));
  const seen = await pbx.gets('REGISTER', callId);
  seen.reply(answerOf(seen, headerOf(seen.message, 'contact'), expires));
  await phone.hears(200, callId);
  return { seen, callId };
}

/** What a registrar answers: the Contacts that it has. */
function answerOf({ message }: Received, contact: string, expires: number): string {
  const copied = message.headers.filter(([name]) => ['via', 'from', 'call-id', 'cseq'].includes(name.toLowerCase())).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `SIP/2.0 200 OK\r\n${copied}To: ${headerOf(message, 'to')};tag=r\r\nContact: ${contact};expires=${expires}\r\nContent-Length: 0\r\n\r\n`;
}

describe('a phone behind NAT', () => {
  it('is called by a backend that knows no Path: at its flow, by the Contact that it registered, in the whole dialog', async () => {
    const pbx = await world({ set: { registration: 'contact' } });
    const phone = await rig.peer();
    const { seen } = await register(phone, pbx, 'bob');
    expect(headerOf(seen.message, 'path')).toBe('');
    const kept = /<([^>]+)>/.exec(headerOf(seen.message, 'contact'))?.[1] ?? '';
    expect(kept).not.toContain('192.168');
    const call = await establish(pbx, phone, kept);
    expect(call.invite.startLine).toBe(`INVITE ${inside('bob')} SIP/2.0`);
    await pbx.send(fromCaller(pbx, call, 'INFO', 2));
    phone.answer(await phone.gets('INFO', call.callId), 200);
    await pbx.hears(200, call.callId);
    await phone.send(fromCallee(phone, call, 'BYE', 1));
    pbx.answer(await pbx.gets('BYE', call.callId), 200);
    await phone.hears(200, call.callId);
  });

  it('gets keep-alives at its flow for as long as it is registered', async () => {
    const pbx = await world({}, { setting: { keepAlive: { method: 'options', intervalMs: 5_000 } }, workers: 2 });
    const phone = await rig.peer();
    await register(phone, pbx, 'bob');
    const first = await phone.socket.waitFor('a keep-alive', ({ method, status }) => method === 'OPTIONS' && status === 0, 15_000);
    phone.answer(first, 200);
    expect(first.message.startLine).toBe(`OPTIONS ${inside('bob')} SIP/2.0`);
    expect(first.port).toBe(rig.port);
    await phone.socket.waitFor('the next one', ({ method, status }) => method === 'OPTIONS' && status === 0, 15_000);
    await register(phone, pbx, 'bob', 0);
    await until('the phone to be forgotten', 5_000, async () => (await rig.metric('registrations')) === 0);
    expect(await rig.metric('dropped_stray_response_total')).toBe(0);
    // Two intervals of 5 s alone may take longer than a test usually has.
  }, 40_000);
});

describe('the table of registrations', () => {
  it('counts for a tenant\'s limit over all workers; refreshing and leaving is always allowed', async () => {
    const pbx = await world({ limits: { registrations: 3 } }, { workers: 2 });
    const phones = await Promise.all(Array.from({ length: 3 }, () => rig.peer()));
    for (const [n, phone] of phones.entries()) await register(phone, pbx, `user${n}`);
    await until('three registrations', 5_000, async () => (await rig.metric('registrations')) === 3);
    const fourth = await rig.peer();
    const callId = token();
    await fourth.send(fourth.request('REGISTER', registrarUri, { callId, to: 'sip:user3@acme.example', contact: inside('user3') }));
    const refusal = await fourth.hears(503, callId);
    expect(headerOf(refusal.message, 'retry-after')).toBe('1');
    for (const [n, phone] of phones.entries()) await register(phone, pbx, `user${n}`);
    await register(phones[0] as Peer, pbx, 'user0', 0);
    await until('two registrations', 5_000, async () => (await rig.metric('registrations')) === 2);
    await register(fourth, pbx, 'user3');
  });

  it('survives the process: the next one has it, and it runs out there', async () => {
    const pbx = await world({});
    const phone = await rig.peer();
    await register(phone, pbx, 'bob', 600);
    await register(phone, pbx, 'carol', 3);
    await rig.restart();
    await until('both registrations to be there', 5_000, async () => (await rig.metric('registrations')) > 0);
    await until('the short one to run out', 10_000, async () => (await rig.metric('registrations')) === 1);
  });
});

describe('topology hiding in the real process', () => {
  it('shows neither side the other\'s address in any message of a call, both ways', async () => {
    const pbx = await world({ policies: { topologyHiding: true, hideCallId: true } }, { workers: 2 });
    const phone = await rig.peer({ host: '127.0.0.7' });
    const callId = token();
    await phone.send(phone.request('INVITE', 'sip:1001@acme.example', { callId }));
    const invite = await pbx.gets('INVITE');
    expect(headerOf(invite.message, 'call-id')).not.toBe(callId);
    pbx.answer(invite, 180);
    pbx.answer(invite, 200);
    const ok = await phone.hears(200, callId);
    const texts = (peer: Peer): string => peer.socket.received.map(({ message }) => JSON.stringify(message)).join('\n');
    const call: Established = {
      callId, invite: invite.message, ok: ok.message,
      callerRoutes: ok.message.headers.filter(([name]) => name.toLowerCase() === 'record-route').map(([, value]) => `Route: ${value}`).reverse(),
      calleeRoutes: invite.message.headers.filter(([name]) => name.toLowerCase() === 'record-route').map(([, value]) => `Route: ${value}`),
    };
    await phone.send(fromCaller(phone, call, 'ACK', 1));
    await pbx.gets('ACK');
    await pbx.send(fromCallee(pbx, { ...call, callId: headerOf(invite.message, 'call-id') }, 'BYE', 1));
    phone.answer(await phone.gets('BYE', callId), 200);
    await pbx.hears(200);
    expect(texts(pbx)).not.toContain('127.0.0.7');
    expect(texts(phone)).not.toContain(pbx.hostPort);
  });
});

/** RFC 3261 §16.3 to §16.5: what a proxy looks at before it sends a request on. */
import { expect } from 'vitest';
import { establish, fromCaller } from '../../harness/peer.ts';
import { headerOf, hostPort, token, valuesOf, writeSip } from '../../harness/sip-text.ts';
import { row } from '../row.ts';
import { requests, statuses, type World } from '../world.ts';
import { bounceFrom } from '../bounce.ts';

const ownRoute = (w: World, host = '127.0.0.1', params = ';lr'): string => {
  const { port } = w.edge.addressFor('udp', host);
  return `Route: <sip:${hostPort(host, port)}${params}>`;
};

row(1, {}, async (w) => {
  const phone = await w.phone();
  const good = (callId: string): string => phone.request('INVITE', w.uri, { callId });
  const bad: ((text: string) => string)[] = [
    (text) => text.replace('SIP/2.0\r\n', 'SIP\r\n'),
    (text) => text.replace(/Via: [^\r]*/, 'Via: nonsense'),
    (text) => text.replace(/CSeq: [^\r]*/, 'CSeq: INVITE'),
    (text) => text.replace(/From: [^\r]*/, 'From: "'),
    (text) => text.replace(/Max-Forwards: [^\r]*/, 'Max-Forwards: many'),
    (text) => text.replace(/INVITE [^ ]*/, 'INVITE sip:'),
    (text) => text.slice(0, 60),
  ];
  for (const spoil of bad) {
    const callId = token();
    await phone.send(spoil(good(callId)));
    await w.settled(phone);
    expect(w.backend.socket.received.filter(({ message }) => message.raw.includes(callId)), spoil(good('call'))).toEqual([]);
    expect(statuses(phone, callId).filter((status) => status < 400)).toEqual([]);
  }
  await w.invite();
});

row(2, {}, async (w) => {
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('INVITE', 'nobodyknows:totallyopaque', { callId }));
  await phone.hears(416, callId);
});

row(3, {}, async (w) => {
  const phone = await w.phone();
  for (const method of ['INVITE', 'OPTIONS', 'MESSAGE']) {
    const callId = token();
    await phone.send(phone.request(method, w.uri, { callId, maxForwards: 0 }));
    await phone.hears(483, callId);
    expect(requests(w.backend, method, callId)).toEqual([]);
  }
});

row(4, {}, async (w) => {
  const phone = await w.phone();
  const bounced = bounceFrom(w.backend, phone.edge);
  const loop = token();
  bounced.uriOf = (uri) => uri;
  await phone.send(phone.request('INVITE', w.uri, { callId: loop, maxForwards: 8 }));
  const end = await phone.socket.waitFor('the end of the loop', (m) => m.status >= 400 && headerOf(m, 'call-id') === loop);
  expect([482, 483]).toContain(end.message.status);
  // Another Request-URI is another decision: a spiral, which is no loop.
  const spiral = token();
  bounced.uriOf = (uri) => (uri.includes('1001@') ? uri.replace('1001@', '1002@') : '');
  await phone.send(phone.request('INVITE', w.uri, { callId: spiral }));
  await phone.hears(200, spiral);
});

row(5, {}, async (w) => {
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('INVITE', w.uri, { callId, headers: ['Proxy-Require: nothingSupports1, nothingSupports2'] }));
  const answer = await phone.hears(420, callId);
  expect(headerOf(answer.message, 'unsupported')).toMatch(/nothingSupports1\s*,\s*nothingSupports2/);
  expect(requests(w.backend, 'INVITE', callId)).toEqual([]);
});

row(6, {}, async (w) => {
  const phone = await w.phone();
  const call = await establish(phone, w.backend, w.uri);
  const own = /<([^>]*)>/.exec(call.callerRoutes[0] ?? '')?.[1] ?? '';
  // A strict router in front has put our Record-Route value into the Request-URI and the callee's Contact last.
  await phone.send(phone.request('BYE', own, { callId: call.callId, cseq: 2, toTag: 'callee', headers: [`Route: <${w.backend.uri}>`] }));
  const bye = await w.backend.gets('BYE', call.callId);
  expect(bye.message.uri).toBe(w.backend.uri);
  expect(valuesOf(bye.message, 'route')).toEqual([]);
  w.backend.answer(bye, 200);
  await phone.socket.waitFor('200 to BYE', (m) => m.status === 200 && headerOf(m, 'cseq') === '2 BYE');
});

row(7, {}, async (w) => {
  const { caller, invite, callId } = await w.invite({ headers: [ownRoute(w)] });
  expect(valuesOf(invite.message, 'route')).toEqual([]);
  expect(invite.message.uri).toBe(w.uri);
  w.backend.answer(invite, 486);
  await caller.hears(486, callId);
  const phone = await w.phone();
  const call = await establish(phone, w.backend, w.uri);
  await phone.send(fromCaller(phone, call, 'INFO', 2));
  expect(valuesOf((await w.backend.gets('INFO', call.callId)).message, 'route')).toEqual([]);
});

row(8, {}, async (w) => {
  const phone = await w.phone();
  const other = await w.phone();
  const call = await establish(phone, w.backend, w.uri);
  await phone.send(fromCaller(phone, call, 'INFO', 2, [`Route: <sip:${other.hostPort};lr>`]));
  const info = await other.gets('INFO', call.callId);
  expect(valuesOf(info.message, 'route')).toEqual([`<sip:${other.hostPort};lr>`]);
  expect(requests(w.backend, 'INFO', call.callId)).toEqual([]);
});

row(9, {}, async (w) => {
  const { invite } = await w.invite();
  expect(invite.message.uri).toBe(w.uri);
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('MESSAGE', `sip:anybody@${w.domain.toUpperCase()}`, { callId }));
  await w.backend.gets('MESSAGE', callId);
});

row(10, {}, async (w) => {
  const phone = await w.phone();
  const victim = await w.phone();
  for (const uri of ['sip:1001@stranger.invalid', `sip:1001@${victim.hostPort}`]) {
    const callId = token();
    await phone.send(phone.request('INVITE', uri, { callId }));
    await w.settled(phone);
    expect(requests(victim, 'INVITE', callId)).toEqual([]);
    expect(requests(w.backend, 'INVITE', callId)).toEqual([]);
    expect(statuses(phone, callId).filter((status) => status < 400)).toEqual([]);
  }
});

/** Sends a forged request and sees that the victim hears nothing of it. */
async function spares(w: World, text: (phone: Awaited<ReturnType<World['phone']>>, victim: Awaited<ReturnType<World['phone']>>, callId: string) => string): Promise<void> {
  const phone = await w.phone();
  const victim = await w.phone();
  const callId = token();
  await phone.send(text(phone, victim, callId));
  await w.settled(phone);
  expect(victim.socket.received).toEqual([]);
  expect(statuses(phone, callId).filter((status) => status < 400)).toEqual([]);
}

row(45, {}, async (w) => {
  await spares(w, (phone, victim, callId) => phone.request('INVITE', w.uri, { callId, headers: [`Route: <sip:${victim.hostPort};lr>`] }));
  await spares(w, (phone, victim, callId) => phone.request('INVITE', w.uri, { callId, headers: [ownRoute(w), `Route: <sip:${victim.hostPort};lr>`] }));
});

row(46, {}, async (w) => {
  await spares(w, (phone, victim, callId) => phone.request('INVITE', `sip:1001@${victim.hostPort}`, { callId, toTag: 'forged', headers: [ownRoute(w)] }));
  // With the Route of a call of its own, under another Call-ID.
  const phone = await w.phone();
  const call = await establish(phone, w.backend, w.uri);
  await spares(w, (other, victim, callId) => other.request('INVITE', `sip:1001@${victim.hostPort}`, { callId, toTag: 'forged', headers: call.callerRoutes }));
});

row(44, {}, async (w) => {
  const phone = await w.phone();
  const own = token();
  const { host, port } = phone.edge;
  await phone.send(writeSip(`OPTIONS sip:${hostPort(host, port)} SIP/2.0`, [
    `Via: SIP/2.0/UDP ${phone.hostPort};branch=z9hG4bK${token()};rport`, 'Max-Forwards: 70', 'From: <sip:probe@pbx.example>;tag=1', `To: <sip:${hostPort(host, port)}>`, `Call-ID: ${own}`, 'CSeq: 1 OPTIONS',
  ]));
  await phone.hears(200, own);
  const user = token();
  await phone.send(phone.request('OPTIONS', w.uri, { callId: user }));
  w.backend.answer(await w.backend.gets('OPTIONS', user), 200, { headers: ['X-From: backend'] });
  expect(headerOf((await phone.hears(200, user)).message, 'x-from')).toBe('backend');
});

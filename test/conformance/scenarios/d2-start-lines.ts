/** RFC 3261 §7.1, §19, RFC 4475, RFC 5118: request lines and URIs. */
import { createSocket } from 'node:dgram';
import { expect } from 'vitest';
import { newBranch, token, valuesOf } from '../../harness/sip-text.ts';
import { mutate } from '../../fuzz/mutate.ts';
import { Random } from '../../fuzz/random.ts';
import { tortureMessages, tortureText } from '../../torture/corpus.ts';
import { row } from '../row.ts';
import { requests, statuses } from '../world.ts';

row(93, {}, async (w) => {
  for (const user of ['sips%3Auser%40example.com', 'null-%00-null', 'user;par=u%40example.net', '1_unusual.URI~(to-be!sure)&isn\'t+it$/crazy?,/;;*', '%2525', 'a:secret%3a']) {
    const uri = `sip:${user}@${w.domain}`;
    const { invite, caller, callId } = await w.invite({ uri, to: uri });
    expect(invite.message.uri).toBe(uri);
    expect(invite.message.raw).toContain(`To: <${uri}>`);
    w.backend.answer(invite, 404);
    await caller.hears(404, callId);
  }
});

row(103, {}, async (w) => {
  const phone = await w.phone();
  for (const line of [`INVITE <${w.uri}> SIP/2.0`, `INVITE ${w.uri}; lr SIP/2.0`, `INVITE  ${w.uri}  SIP/2.0`, `INVITE ${w.uri}\tSIP/2.0`]) {
    const callId = token();
    await phone.send(phone.request('INVITE', w.uri, { callId }).replace(/^[^\r]*/, line));
    await w.settled(phone);
    // Whoever repairs it sends on a line that is right.
    for (const { message } of requests(w.backend, 'INVITE', callId)) expect(message.startLine).toBe(`INVITE ${w.uri} SIP/2.0`);
    if (requests(w.backend, 'INVITE', callId).length === 0) for (const status of statuses(phone, callId)) expect(status).toBe(400);
  }
});

row(104, {}, async (w) => {
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('MESSAGE', w.uri, { callId }).replace(' SIP/2.0\r\n', ' SIP/2.0 \r\n'));
  await w.settled(phone);
  for (const { message } of w.backend.socket.received) expect(message.raw.split('\r\n')[0]).toBe(`MESSAGE ${w.uri} SIP/2.0`);
});

row(106, {}, async (w) => {
  const phone = await w.phone();
  for (const version of ['SIP/7.0', 'SIP/3.1', 'SIP/2.1']) {
    const callId = token();
    await phone.send(phone.request('MESSAGE', w.uri, { callId }).replace(' SIP/2.0\r\n', ` ${version}\r\n`));
    await phone.hears(505, callId);
  }
  expect(w.backend.socket.received).toEqual([]);
});

row(108, {}, async (w) => {
  // Of somebody who is not to be reached: neither directly nor by broadcast.
  const { caller, callId, invite } = await w.invite();
  const [top = '', below = ''] = valuesOf(invite.message, 'via');
  const forged = ['SIP/2.0 200 OK', `Via: ${top.replace(/branch=[^;]+/, `branch=${newBranch()}`)}`, `Via: SIP/2.0/UDP 255.255.255.255;branch=${newBranch()}`, `Via: ${below}`, 'From: <sip:a@b>;tag=1', 'To: <sip:c@d>;tag=2', `Call-ID: ${callId}`, 'CSeq: 1 INVITE', 'Content-Length: 0', '', ''];
  await w.backend.send(forged.join('\r\n'));
  await w.settled(w.backend);
  expect(statuses(caller, callId)).toEqual([]);
  expect(w.edge.running).toBe(true);
});

row(110, { backends: ['udp6'] }, async (w) => {
  const phone = await w.phone({ host: '::1' });
  const sdp = 'v=0\r\no=a 1 1 IN IP6 2001:db8::20\r\ns=-\r\nc=IN IP6 2001:db8::20\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n';
  const { invite, caller, callId } = await w.invite({ phone, contact: `sip:alice@${phone.hostPort}`, body: sdp, headers: ['Content-Type: application/sdp', 'Via: SIP/2.0/UDP [2001:db8::9:1]:6050;received=2001:db8::9:255;branch=z9hG4bKas3', 'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK2'] });
  const vias = valuesOf(invite.message, 'via');
  expect(vias[0]).toMatch(/^SIP\/2\.0\/UDP \[::1\]:\d+/);
  expect(vias.slice(2)).toEqual(['SIP/2.0/UDP [2001:db8::9:1]:6050;received=2001:db8::9:255;branch=z9hG4bKas3', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK2']);
  expect(invite.message.body).toBe(sdp);
  w.backend.answer(invite, 200);
  await caller.hears(200, callId);
  const other = await w.phone();
  for (const uri of ['sip:user@[2001:db8::10]', 'sip:user@[2001:db8::10]:5070', 'sip:user@[2001:db8:::192.0.2.1]', 'sip:2001:db8::10']) {
    const unknown = token();
    await other.send(other.request('OPTIONS', uri, { callId: unknown }));
    await w.settled(other);
    expect(requests(w.backend, 'OPTIONS', unknown)).toEqual([]);
  }
});

row(111, { alone: true }, async (w) => {
  const random = new Random(7);
  const seeds = tortureMessages.map(tortureText);
  const socket = createSocket('udp4');
  socket.on('message', () => undefined);
  w.defer(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  const { host, port } = w.edge.addressFor('udp', '127.0.0.1');
  const phone = await w.phone();
  const before = w.edge.residentBytes();
  for (let i = 0; i < 4_500; i++) {
    await new Promise<void>((resolve) => socket.send(Buffer.from(mutate(random.pick(seeds), seeds, random).slice(0, 60_000), 'latin1'), port, host, () => resolve()));
    if (i % 500 === 0) await w.settled(phone);
  }
  await w.settled(phone);
  const { caller, callId, invite } = await w.invite();
  w.backend.answer(invite, 486);
  await caller.hears(486, callId);
  expect(w.edge.residentBytes() - before).toBeLessThan(200 * 1024 * 1024);
});

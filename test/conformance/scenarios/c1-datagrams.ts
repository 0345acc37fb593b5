/** RFC 3261 §18.1, §18.2, RFC 3581: where answers go, and what a datagram may hold. */
import { createSocket } from 'node:dgram';
import { expect } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { callIdOf, headerOf, paramOf, token, valuesOf, writeSip } from '../../harness/sip-text.ts';
import { row } from '../row.ts';
import { requests, statuses } from '../world.ts';

row(68, {}, async (w) => {
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('MESSAGE', w.uri, { callId }).replace(/^Via: SIP\/2.0\/UDP [^;]+/m, 'Via: SIP/2.0/UDP 10.9.8.7:5099'));
  const got = await w.backend.gets('MESSAGE', callId);
  const below = valuesOf(got.message, 'via')[1] ?? '';
  expect(below).toMatch(/^SIP\/2\.0\/UDP 10\.9\.8\.7:5099;/);
  expect(paramOf(below, 'received')).toBe('127.0.0.1');
  w.backend.answer(got, 200);
  await phone.hears(200, callId);
});

row(69, {}, async (w) => {
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('MESSAGE', w.uri, { callId }).replace(/^Via: SIP\/2.0\/UDP [^;]+/m, 'Via: SIP/2.0/UDP phone.invalid:5061'));
  const got = await w.backend.gets('MESSAGE', callId);
  const below = valuesOf(got.message, 'via')[1] ?? '';
  expect([paramOf(below, 'received'), paramOf(below, 'rport')]).toEqual(['127.0.0.1', String(phone.socket.port)]);
  w.backend.answer(got, 200);
  const answer = await phone.hears(200, callId);
  expect(paramOf(headerOf(answer.message, 'via'), 'rport')).toBe(String(phone.socket.port));
});

row(70, {}, async (w) => {
  const [source, named] = [await w.phone(), await w.phone()];
  const callId = token();
  await source.send(named.request('MESSAGE', w.uri, { callId, via: '' }));
  w.backend.answer(await w.backend.gets('MESSAGE', callId), 200);
  // To the sent-by port, as the RFC says; or to where it came from, which no NAT stands in the way of.
  await until('the answer', 5_000, () => [source, named].some((one) => statuses(one, callId, 'MESSAGE').includes(200)));
});

row(71, {}, async (w) => {
  const phone = await w.phone();
  const callId = token();
  const tail = 'INVITE sip:smuggled@r71.example SIP/2.0\r\n';
  await phone.send(phone.request('MESSAGE', w.uri, { callId, body: 'hello' }) + tail);
  const got = await w.backend.gets('MESSAGE', callId);
  expect(got.message.body).toBe('hello');
  w.backend.answer(got, 200);
  await phone.hears(200, callId);
});

row(72, {}, async (w) => {
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('MESSAGE', w.uri, { callId, body: 'hello' }).replace('Content-Length: 5', 'Content-Length: 99'));
  await phone.hears(400, callId);
  expect(requests(w.backend, 'MESSAGE', callId)).toEqual([]);
});

row(73, {}, async (w) => {
  const stream = await SipSocket.open({ transport: 'tcp', port: w.backend.socket.port });
  w.defer(() => stream.close());
  const phone = await w.phone();
  const callId = token();
  const filler = 'x'.repeat(3_000);
  await phone.send(phone.request('INVITE', w.uri, { callId, headers: [`X-Filler: ${filler}`] }));
  const came = await until('the INVITE over TCP, or over UDP after all', 6_000, () => [...requests(w.backend, 'INVITE', callId), ...stream.received][0]);
  expect(headerOf(came.message, 'x-filler')).toBe(filler);
  w.backend.answer(came, 200);
  await phone.hears(200, callId);
});

row(74, {}, async (w) => {
  const phone = await w.phone();
  const callId = token();
  const body = 'y'.repeat(60_000);
  await phone.send(phone.request('MESSAGE', w.uri, { callId, body, headers: ['Content-Type: text/plain'] }));
  const got = await w.backend.gets('MESSAGE', callId);
  expect(got.message.body).toBe(body);
  w.backend.answer(got, 200);
  await phone.hears(200, callId);
});

row(81, { backends: ['udp'] }, async (w) => {
  for (const transport of ['udp', 'tcp'] as const) {
    const phone = await w.phone({ transport });
    const callId = token();
    await phone.send(`\r\n\r\n\r\n${phone.request('MESSAGE', w.uri, { callId })}`);
    w.backend.answer(await w.backend.gets('MESSAGE', callId), 200);
    await phone.hears(200, callId);
  }
});

row(89, { alone: true }, async (w) => {
  const socket = await SipSocket.open({ keep: false });
  w.defer(() => socket.close());
  const { host, port } = w.edge.addressFor('udp', '127.0.0.1');
  const burst = 2_000;
  const answered = new Set<string>();
  socket.onMessage = ({ message }) => answered.add(callIdOf(message));
  const options = (callId: string): string => writeSip(`OPTIONS sip:${host}:${port} SIP/2.0`, [
    `Via: SIP/2.0/UDP 127.0.0.1:${socket.port};branch=z9hG4bK${callId};rport`, 'Max-Forwards: 70', 'From: <sip:a@b.example>;tag=1', `To: <sip:${host}:${port}>`, `Call-ID: ${callId}`, 'CSeq: 1 OPTIONS',
  ]);
  for (let i = 0; i < burst; i++) {
    await socket.send(options(`burst${i}`), { host, port });
    // A hundred at once is what the smallest socket buffers hold, of the edge and of ours: a machine that lets one of the two wait loses none.
    if (i % 100 === 99) await until('half of the newest hundred', 1_000, () => answered.size > i - 50).catch(() => undefined);
  }
  await until('nineteen answers of twenty', 10_000, () => answered.size > burst * 0.95);
  await w.invite();
});

row(124, {}, async (w) => {
  const socket = createSocket('udp4');
  let answers = 0;
  socket.on('message', () => {
    answers += 1;
  });
  w.defer(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  const { host, port } = w.edge.addressFor('udp', '127.0.0.1');
  for (const junk of ['\r\n', '\r\n\r\n', '\u0000', '\u0000\u0000\u0000\u0000', 'jaK', ' ', '0']) {
    await new Promise<void>((resolve) => socket.send(junk, port, host, () => resolve()));
  }
  const phone = await w.phone();
  await w.settled(phone);
  // RFC 5626 §4.4.1 has no pong on UDP; one CRLF per ping would do no harm, more would.
  expect(answers).toBeLessThanOrEqual(1);
  await w.invite();
});

row(141, {}, async (w) => {
  const phone = await w.phone();
  const victim = await w.phone({ host: '127.0.0.3' });
  for (const uri of [w.uri, 'sip:1001@stranger.invalid', `sip:127.0.0.1:${phone.edge.port}`]) {
    const callId = token();
    await phone.send(victim.request('OPTIONS', uri, { callId, via: '', maxForwards: 0 }));
    await phone.send(victim.request('OPTIONS', uri, { callId: token(), via: ';received=127.0.0.3;rport=5060' }));
    await w.settled(phone);
  }
  expect(victim.socket.received).toEqual([]);
});

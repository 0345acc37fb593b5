/** RFC 3261 §18.3: messages in streams, and streams that are none. */
import { expect } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { token } from '../../harness/sip-text.ts';
import { RawStream } from '../../harness/raw-stream.ts';
import { row } from '../row.ts';
import { requests, type World } from '../world.ts';

async function stream(w: World): Promise<RawStream> {
  const opened = await RawStream.open(w.edge.addressFor('tcp', '127.0.0.1'));
  w.defer(() => opened.end());
  return opened;
}

/** A MESSAGE as a phone on TCP writes it. */
async function writer(w: World): Promise<(callId: string, body?: string, headers?: readonly string[]) => string> {
  const phone = await w.phone({ transport: 'tcp' });
  return (callId, body = 'hello', headers = []) => phone.request('MESSAGE', w.uri, { callId, body, headers });
}

row(75, {}, async (w) => {
  const text = await writer(w);
  const cuts: ((message: string) => string[])[] = [
    (message) => [message],
    (message) => [message.slice(0, 40), message.slice(40, 200), message.slice(200)],
    (message) => message.split(''),
    (message) => [message.slice(0, message.indexOf('\r\n\r\n') + 2), message.slice(message.indexOf('\r\n\r\n') + 2)],
    (message) => [message.slice(0, message.indexOf('\r\n\r\n') + 3), message.slice(message.indexOf('\r\n\r\n') + 3)],
    (message) => [message.slice(0, -2), message.slice(-2)],
  ];
  for (const cut of cuts) {
    const tcp = await stream(w);
    const callId = token();
    for (const piece of cut(text(callId))) await tcp.send(piece);
    expect((await w.backend.gets('MESSAGE', callId)).message.body).toBe('hello');
  }
  const tcp = await stream(w);
  const [one, two] = [token(), token()];
  await tcp.send(text(one) + text(two, 'second'));
  expect((await w.backend.gets('MESSAGE', one)).message.body).toBe('hello');
  expect((await w.backend.gets('MESSAGE', two)).message.body).toBe('second');
});

row(76, {}, async (w) => {
  const text = await writer(w);
  for (const spelling of ['l: 5', 'L:5', 'content-length : 5', 'CONTENT-LENGTH:\t 00005', 'Content-Length:\r\n 5', 'Content-Length: 5\r\n ']) {
    const tcp = await stream(w);
    const [one, two] = [token(), token()];
    await tcp.send(text(one).replace('Content-Length: 5', spelling) + text(two));
    expect((await w.backend.gets('MESSAGE', one)).message.body, spelling).toBe('hello');
    await w.backend.gets('MESSAGE', two);
  }
});

/** What comes of a message that cannot be framed: an answer, the end of the connection, or both, and nothing at the backend. */
async function refused(w: World, text: string, callId: string, ms = 5_000): Promise<RawStream> {
  const tcp = await stream(w);
  await tcp.send(text);
  await until('400 or the end of the connection', ms, () => tcp.closed || /^SIP\/2\.0 (400|413|513) /m.test(tcp.text));
  expect(requests(w.backend, 'MESSAGE', callId)).toEqual([]);
  return tcp;
}

row(77, {}, async (w) => {
  const text = await writer(w);
  const callId = token();
  await refused(w, text(callId).replace('Content-Length: 5\r\n', ''), callId);
});

row(78, {}, async (w) => {
  const text = await writer(w);
  for (const value of ['-1', 'five', '100000000000000000000', '5 5', '']) {
    const callId = token();
    const tcp = await refused(w, text(callId).replace('Content-Length: 5', `Content-Length: ${value}`), callId);
    await tcp.closes();
  }
});

row(79, { alone: true }, async (w) => {
  const text = await writer(w);
  const before = w.edge.residentBytes();
  const callId = token();
  const huge = await stream(w);
  await huge.send(text(callId).replace('Content-Length: 5', 'Content-Length: 500000000'));
  for (let i = 0; i < 160 && !huge.closed; i++) await huge.send('b'.repeat(65_536));
  await huge.closes();
  expect(requests(w.backend, 'MESSAGE', callId)).toEqual([]);
  const endless = await stream(w);
  await endless.send(`MESSAGE ${w.uri} SIP/2.0\r\nX-Endless: `);
  for (let i = 0; i < 160 && !endless.closed; i++) await endless.send('z'.repeat(65_536));
  await endless.closes();
  expect(w.edge.residentBytes() - before).toBeLessThan(64 * 1024 * 1024);
});

row(80, {}, async (w) => {
  const text = await writer(w);
  const tcp = await stream(w);
  await tcp.send(text(token()).slice(0, 60));
  await tcp.closes(15_000);
});

row(82, {}, async (w) => {
  const text = await writer(w);
  const tcp = await stream(w);
  const callId = token();
  await tcp.send(text(callId));
  w.backend.answer(await w.backend.gets('MESSAGE', callId), 200);
  await tcp.hears('SIP/2.0 200');
  const gone = await stream(w);
  const next = token();
  await gone.send(text(next));
  const got = await w.backend.gets('MESSAGE', next);
  await gone.end();
  w.backend.answer(got, 200);
  await w.settled(w.backend);
  expect(w.edge.running).toBe(true);
});

row(86, {}, async (w) => {
  const streams = await Promise.all(Array.from({ length: 200 }, () => stream(w)));
  const text = await writer(w);
  w.backend.socket.onMessage = (received) => {
    if (received.message.status === 0) w.backend.answer(received, 200);
  };
  await Promise.all(streams.map((one) => one.send(text(token()))));
  for (const one of streams) await one.hears('SIP/2.0 200', 10_000);
  for (let i = 0; i < 50; i++) {
    const one = await stream(w);
    await one.send(text(token()));
    await one.hears('SIP/2.0 200');
    await one.end();
  }
});

row(87, {}, async (w) => {
  const text = await writer(w);
  const good = await stream(w);
  const junk = ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003', '\u0000'.repeat(5_000), 'A'.repeat(100_000), '\u00ff\u00fe\r\n\r\n\r\n\r\n'];
  for (const bytes of junk) {
    const bad = await stream(w);
    await bad.send(bytes);
    const callId = token();
    await good.send(text(callId));
    w.backend.answer(await w.backend.gets('MESSAGE', callId), 200);
    await good.hears(callId);
  }
  expect(good.closed).toBe(false);
});

row(122, {}, async (w) => {
  const tcp = await stream(w);
  for (let i = 1; i <= 3; i++) {
    await tcp.send('\r\n\r\n');
    await until('the pong', 3_000, () => tcp.text === '\r\n'.repeat(i));
  }
});

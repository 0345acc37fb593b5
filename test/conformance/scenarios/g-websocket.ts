/** RFC 7118, RFC 6455: SIP over WebSocket. */
import { once } from 'node:events';
import { expect } from 'vitest';
import WebSocket from 'ws';
import { until } from '../../harness/deadline.ts';
import { establish, fromCallee } from '../../harness/peer.ts';
import { callIdOf, headerOf, token, valuesOf } from '../../harness/sip-text.ts';
import { RawStream } from '../../harness/raw-stream.ts';
import { allowedOrigin } from '../edge.ts';
import { row } from '../row.ts';
import type { World } from '../world.ts';

const address = (w: World): string => {
  const { host, port } = w.edge.addressFor('ws', '127.0.0.1');
  return `ws://${host}:${port}/`;
};

interface Browser {
  readonly socket: WebSocket;
  /** What came, a frame an entry. */
  readonly frames: string[];
  /** A MESSAGE as a browser writes it. */
  message(callId: string): string;
}

async function browser(w: World): Promise<Browser> {
  const socket = new WebSocket(address(w), 'sip');
  const frames: string[] = [];
  socket.on('message', (data) => frames.push(Buffer.from(data as Buffer).toString('latin1')));
  socket.on('error', () => undefined);
  w.defer(() => {
    socket.terminate();
    return Promise.resolve();
  });
  await once(socket, 'open');
  const phone = await w.phone({ transport: 'ws' });
  return { socket, frames, message: (callId) => phone.request('MESSAGE', w.uri, { callId, body: 'hello' }) };
}

/** Sends through `send` and sees the MESSAGE at the backend and its answer in one frame. */
async function exchange(w: World, from: Browser, send: (text: string) => void): Promise<void> {
  const callId = token();
  send(from.message(callId));
  const got = await w.backend.gets('MESSAGE', callId);
  expect(got.message.body).toBe('hello');
  w.backend.answer(got, 200);
  await until('the answer as one frame', 5_000, () => from.frames.some((frame) => frame.startsWith('SIP/2.0 200') && frame.includes(callId) && frame.endsWith('\r\n\r\n')));
}

row(129, {}, async (w) => {
  for (const [offered, chosen] of [[['sip'], 'sip'], [['msrp', 'sip'], 'sip'], [[], ''], [['chat'], '']] as const) {
    const socket = new WebSocket(address(w), [...offered]);
    const outcome = await once(socket, 'open').then(() => socket.protocol, () => '');
    expect(outcome, `offered ${offered.join()}`).toBe(chosen);
    socket.on('error', () => undefined);
    socket.terminate();
  }
});

row(130, {}, async (w) => {
  const from = await browser(w);
  await exchange(w, from, (text) => from.socket.send(text));
  await exchange(w, from, (text) => from.socket.send(Buffer.from(text, 'latin1')));
  await exchange(w, from, (text) => {
    from.socket.send(text.slice(0, 70), { fin: false });
    from.socket.send(text.slice(70, 90), { fin: false });
    from.socket.send(text.slice(90), { fin: true });
  });
});

row(131, {}, async (w) => {
  const phone = await w.phone({ transport: 'ws' });
  const call = await establish(phone, w.backend, w.uri);
  const [, below = ''] = valuesOf(call.invite, 'via');
  expect(below).toMatch(/^SIP\/2\.0\/WS \w+\.invalid/);
  await w.backend.send(fromCallee(w.backend, call, 'BYE', 2));
  const bye = await phone.gets('BYE', call.callId);
  expect(bye.message.uri).toBe(phone.uri);
  expect(valuesOf(bye.message, 'via')[0]).toMatch(/^SIP\/2\.0\/WS /);
  phone.answer(bye, 200, { toTag: 'alice' });
  await w.backend.socket.waitFor('200 to BYE', (m) => m.status === 200 && headerOf(m, 'cseq') === '2 BYE');
});

row(132, {}, async (w) => {
  const from = await browser(w);
  await exchange(w, from, (text) => from.socket.send(text.replace(/Content-Length: \d+\r\n/, '')));
});

row(133, {}, async (w) => {
  const { socket } = await browser(w);
  let pongs = 0;
  socket.on('pong', (data) => {
    if (data.toString() === 'alive') pongs += 1;
  });
  socket.ping('alive');
  await until('the pong', 3_000, () => pongs === 1);
  const closed = once(socket, 'close');
  socket.close(1000, 'done');
  const [code] = (await closed) as [number];
  expect(code).toBe(1000);
});

row(134, {}, async (w) => {
  const { socket, frames } = await browser(w);
  socket.send('\r\n\r\n');
  await until('the pong', 3_000, () => frames.includes('\r\n'));
});

row(135, {}, async (w) => {
  for (const junk of ['hello', Buffer.from([0, 255, 1, 254]), 'x'.repeat(200_000), 'INVITE sip:a@b SIP/2.0\r\n', '']) {
    const { socket } = await browser(w);
    socket.send(junk);
    const good = await browser(w);
    await exchange(w, good, (text) => good.socket.send(text));
  }
  const http = await RawStream.open(w.edge.addressFor('ws', '127.0.0.1'));
  w.defer(() => http.end());
  await http.send('GET / HTTP/1.1\r\nHost: edge.example\r\n\r\n');
  await until('an HTTP refusal or the end', 12_000, () => http.closed || /^HTTP\/1\.1 [45]\d\d /.test(http.text));
  const good = await browser(w);
  await exchange(w, good, (text) => good.socket.send(text));
  expect(callIdOf((await w.invite()).invite.message)).not.toBe('');
});

row(136, {}, async (w) => {
  // A client that is no browser says nothing of an origin, as all other rows do.
  for (const [origin, status] of [[allowedOrigin, 101], ['https://elsewhere.example', 403], [`${allowedOrigin}.elsewhere.example`, 403], ['null', 403]] as const) {
    const socket = new WebSocket(address(w), 'sip', { origin });
    socket.on('error', () => undefined);
    const got = await new Promise<number>((resolve, reject) => {
      socket.once('upgrade', () => resolve(101));
      socket.once('unexpected-response', (_, { statusCode }) => resolve(statusCode ?? 0));
      socket.once('error', reject);
    });
    expect(got, `a page of ${origin}`).toBe(status);
    socket.terminate();
  }
});

import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { RawStream } from '../../harness/raw-stream.ts';
import { dial, listen, message, Station, until } from './peers.ts';
import { authority, identity, tlsParts } from './tls-peers.ts';

const open: Station[] = [];
const station = async (...args: Parameters<Station['open']>): Promise<Station> => {
  const one = await new Station().open(...args);
  open.push(one);
  return one;
};
afterEach(async () => { await Promise.all(open.splice(0).map(({ transports }) => transports.close())); });

const tls = tlsParts([identity('row:default', 'edge.example')]);

class Phone {
  readonly web: WebSocket;
  readonly got: string[] = [];
  closed = -1;

  private constructor(web: WebSocket) {
    this.web = web;
    web.on('message', (data, binary) => { this.got.push(`${binary ? 'binary ' : ''}${Buffer.from(data as Buffer).toString('latin1')}`); });
    web.on('close', (code) => { this.closed = code; });
    web.on('error', () => undefined);
  }

  static async to({ listener }: Station, protocols: string | string[] = 'sip'): Promise<Phone> {
    const host = listener.family === 6 ? `[${listener.address}]` : listener.address;
    const web = new WebSocket(`${listener.transport}://${host}:${listener.port}/any/path`, protocols, { rejectUnauthorized: false });
    const phone = new Phone(web);
    await once(web, 'open');
    return phone;
  }
}

/** The status of an HTTP answer to what is written. */
async function httpStatus(station: Station, text: string): Promise<string> {
  const peer = await dial(station.listener);
  peer.write(text);
  await until('the end', () => peer.closed);
  return peer.text.slice(0, peer.text.indexOf('\r\n'));
}
const upgrade = (more = ''): string =>
  `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`;

describe.each([['ws', 4], ['ws', 6], ['wss', 4], ['wss', 6]] as const)('%s over IPv%i', (transport, family) => {
  test('carries messages both ways over the phone’s own connection', async () => {
    const a = await station([listen(transport, family)], {}, tls);
    a.answer = (raw, flow) => a.transports.send(flow, raw.replace('MESSAGE', 'ANSWER!'), a.owner());
    const phone = await Phone.to(a);
    expect(phone.web.protocol).toBe('sip');
    phone.web.send(message('text'));
    phone.web.send(Buffer.from(message('binary')));
    await until('two answers', () => phone.got.length === 2);
    expect(a.received.map(({ raw }) => raw)).toEqual([message('text'), message('binary')]);
    const { flow } = a.received[0]!;
    expect(flow).toMatchObject({ transport, family });
    expect(a.transports.connectionTo(transport, flow.address, flow.port)).toBe(flow.connection);
    a.sendTo(flow, message('later'));
    await until('the later one', () => phone.got.length === 3);
    phone.web.close();
    await until('the end', () => a.transports.connectionCount === 0);
    a.failures.length = 0;
    a.sendTo(flow, message('too late'));
    await until('the failure', () => a.failures.length === 1);
    expect(a.failures[0]).toContain('no connection to ');
    expect(a.transports.counters.connectionsOpened).toBe(0);
  });
});

describe('a WebSocket message', () => {
  test('needs no Content-Length, may come in fragments, and any bytes in it arrive', async () => {
    const a = await station([listen('ws')]);
    const phone = await Phone.to(a);
    const bare = 'MESSAGE sip:a SIP/2.0\r\n\r\nhello';
    phone.web.send(bare.slice(0, 9), { fin: false });
    phone.web.send(bare.slice(9), { fin: true });
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    phone.web.send(bytes);
    await a.gets(2);
    expect(a.received.map(({ raw }) => raw)).toEqual([bare, bytes.toString('latin1')]);
  });

  test('goes out as text when it is UTF-8, as binary when it is not', async () => {
    const a = await station([listen('ws')]);
    const phone = await Phone.to(a);
    phone.web.send(message());
    const { flow } = await a.gets(1);
    a.transports.send(flow, Buffer.from('Grüße').toString('latin1'), null);
    a.transports.send(flow, 'Gr\xfc\xdfe', null);
    await until('both', () => phone.got.length === 2);
    expect(phone.got).toEqual([Buffer.from('Grüße').toString('latin1'), 'binary Gr\xfc\xdfe']);
  });

  test('of CRLFCRLF is answered with CRLF; pings get pongs', async () => {
    const a = await station([listen('ws')]);
    const phone = await Phone.to(a);
    phone.web.send('\r\n\r\n');
    await until('the answer', () => phone.got.length === 1);
    expect(phone.got).toEqual(['\r\n']);
    phone.web.ping('x');
    const [data] = await once(phone.web, 'pong');
    expect(String(data)).toBe('x');
    expect(a.received).toEqual([]);
  });

  test.each([
    ['longer than any SIP message', (phone: Phone) => phone.web.send(message('x'.repeat(70_000))), 1009],
    ['of text that is no UTF-8', (phone: Phone) => phone.web.send(Buffer.of(0xff, 0xfe), { binary: false }), 1007],
  ])('%s ends the connection with a count, and others are unharmed', async (_, send, code) => {
    const a = await station([listen('ws')]);
    const [bad, good] = [await Phone.to(a), await Phone.to(a)];
    send(bad);
    await until('the end', () => bad.closed >= 0);
    expect(bad.closed).toBe(code);
    expect(a.transports.counters.streamFaults).toBe(1);
    good.web.send(message('fine'));
    expect((await a.gets(1)).raw).toBe(message('fine'));
  });
});

describe('the HTTP side', () => {
  test('answers a page request and anything but the subprotocol sip, and harms nobody', async () => {
    const a = await station([listen('ws')]);
    const phone = await Phone.to(a, ['chat', 'sip']);
    expect(phone.web.protocol).toBe('sip');
    expect(await httpStatus(a, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('HTTP/1.1 426 Upgrade Required');
    expect(await httpStatus(a, upgrade())).toBe('HTTP/1.1 400 Bad Request');
    expect(await httpStatus(a, upgrade('Sec-WebSocket-Protocol: chat\r\n'))).toBe('HTTP/1.1 400 Bad Request');
    expect(await httpStatus(a, upgrade('Sec-WebSocket-Protocol: sip\r\n').replace('Version: 13', 'Version: 99'))).toBe('HTTP/1.1 400 Bad Request');
    expect(await httpStatus(a, message('SIP on the web port'))).toBe('');
    expect(await httpStatus(a, `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toBe('');
    phone.web.send(message());
    await a.gets(1);
  });

  test('has a time for the upgrade, and counts sockets of a source from the first', async () => {
    const a = await station([listen('ws'), listen('tcp')], { connectionsPerSource: 2, handshakeTimeoutMs: 5_000 });
    const slow = await dial(a.listener);
    slow.write('GET / HTTP/1.1\r\nHost: ');
    const tcp = await dial(a.transports.listeners[1]!);
    await until('two sockets', () => a.transports.counters.connectionsAccepted === 2);
    const third = await dial(a.listener);
    await until('the refusal', () => third.closed);
    a.run(5_100);
    await until('the end', () => slow.closed);
    expect([a.transports.counters.handshakesTimedOut, a.transports.counters.connectionsRefused]).toEqual([1, 1]);
    expect(tcp.closed).toBe(false);
    const phone = await Phone.to(a);
    a.run(6_000);
    phone.web.send(message());
    await a.gets(1);
  });

  test('is behind TLS on a WSS port', async () => {
    const a = await station([listen('wss')], {}, tls);
    const plain = await dial(a.listener);
    plain.write(upgrade('Sec-WebSocket-Protocol: sip\r\n'));
    await until('the end', () => plain.closed);
    expect(a.transports.counters.tlsFailedPlain).toBe(1);
    const secure = connectTls({ host: '127.0.0.1', port: a.listener.port, ca: authority.cert, servername: 'edge.example' });
    await once(secure, 'secureConnect');
    secure.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const [data] = await once(secure, 'data') as [Buffer];
    expect(data.toString()).toContain('426 Upgrade Required');
    secure.destroy();
  });
});

/** A client's frame, its mask all zero. */
const frame = (head: number, payload = ''): string => `${String.fromCharCode(head, 0x80 | payload.length)}\0\0\0\0${payload}`;
const [text, fragment, rest, ping, pong] = [0x81, 0x01, 0x80, 0x89, '\x8a\0'];

describe.each(['ws', 'wss'] as const)('half a message over %s', (transport) => {
  /** A client that writes bytes of its own, behind an upgrade that has been answered. */
  async function raw({ listener }: Station): Promise<RawStream> {
    const peer = transport === 'ws' ? await dial(listener) : RawStream.of(connectTls({ host: listener.address, port: listener.port, rejectUnauthorized: false }));
    peer.write(upgrade('Sec-WebSocket-Protocol: sip\r\n'));
    await until('the upgrade', () => peer.text.endsWith('\r\n\r\n'));
    return peer;
  }

  // Each in one write with a ping in front, whose pong says that it has been read.
  test.each([
    ['one byte of a header', `${frame(ping)}\x81`],
    ['a header and no payload', `${frame(ping)}${frame(text, 'MESSAGE').slice(0, 6)}`],
    ['a payload cut short', `${frame(ping)}${frame(text, 'MESSAGE').slice(0, 9)}`],
    ['a frame cut short behind a whole message', `${frame(ping)}${frame(text, 'whole')}${frame(text, 'MESSAGE').slice(0, 9)}`],
    ['a message without its last fragment', `${frame(ping)}${frame(fragment, 'MESSAGE')}`],
    ['a message without its last fragment, kept alive by pings', `${frame(fragment, 'MESSAGE')}${frame(ping)}`],
    ['half a ping', `${frame(ping)}${frame(ping, 'alive').slice(0, 8)}`],
  ])('%s is reaped in its time, and a whole message is not', async (_, bytes) => {
    const a = await station([listen(transport)], { messageTimeoutMs: 10_000 }, tls);
    const [slow, whole] = [await raw(a), await raw(a)];
    slow.write(bytes);
    whole.write(`${frame(fragment, 'who')}${frame(rest, 'le')}${frame(ping)}`);
    await until('the pongs', () => slow.text.endsWith(pong) && whole.text.endsWith(pong));
    a.run(9_900);
    expect(a.transports.connectionCount).toBe(2);
    a.run(200);
    await until('the end of the connection', () => slow.closed);
    expect([a.transports.counters.connectionsReaped, a.transports.connectionCount, whole.closed]).toEqual([1, 1, false]);
    whole.socket.destroy();
  });

  test('and half an upgrade too, TLS included', async () => {
    const a = await station([listen(transport)], { handshakeTimeoutMs: 8_000 }, tls);
    const slow = transport === 'ws' ? await dial(a.listener) : RawStream.of(connectTls({ host: a.listener.address, port: a.listener.port, rejectUnauthorized: false }));
    slow.write(upgrade().slice(0, 40));
    await until('the connection', () => a.transports.counters.connectionsAccepted === 1 && a.transports.counters.tlsHandshakes === (transport === 'ws' ? 0 : 1));
    a.run(8_100);
    await until('the end of the connection', () => slow.closed);
    expect(a.transports.counters.handshakesTimedOut).toBe(1);
  });
});

test('an idle phone is closed, one that pings is not; our end tells phones that it goes away', async () => {
  const a = await station([listen('ws')], { idleTimeoutMs: 60_000 });
  const [quiet, lively] = [await Phone.to(a), await Phone.to(a)];
  await until('both', () => a.transports.connectionCount === 2);
  a.run(40_000);
  lively.web.ping();
  await once(lively.web, 'pong');
  a.run(30_000);
  await until('the idle one gone', () => quiet.closed >= 0);
  expect(lively.closed).toBe(-1);
  expect(a.transports.counters.connectionsReaped).toBe(1);
  await a.transports.close();
  await until('the end', () => lively.closed >= 0);
  expect(lively.closed).toBe(1001);
});

test('a phone that does not read loses the connection, and whoever waits for it hears of it', async () => {
  const a = await station([listen('ws')], { streamQueueBytes: 200_000 });
  const phone = await Phone.to(a);
  phone.web.send(message());
  const { flow } = await a.gets(1);
  phone.web.pause();
  const large = message('x'.repeat(60_000));
  for (let i = 0; i < 1_000 && a.failures.length === 0; i++) {
    a.transports.send(flow, large, a.owner());
    await new Promise<void>((resolve) => { setImmediate(resolve); });
  }
  expect(a.failures.length).toBeGreaterThan(0);
  await until('the end', () => a.transports.connectionCount === 0);
  phone.web.terminate();
});

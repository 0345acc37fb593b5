import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Address, type SendOwner } from '../../../dataplane/transport/flow.ts';
import { RawStream } from '../../harness/raw-stream.ts';
import { dial, listen, loopback, message, Station, until } from './peers.ts';

const open: Station[] = [];
const servers: Server[] = [];
const station = async (...args: Parameters<Station['open']>): Promise<Station> => {
  const one = await new Station().open(...args);
  open.push(one);
  return one;
};
/** A server that is none of ours; its sockets come as peers. */
const backend = async (): Promise<{ port: number; peers: RawStream[] }> => {
  const peers: RawStream[] = [];
  const server = createServer((socket: Socket) => { peers.push(RawStream.of(socket)); });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return { port: (server.address() as AddressInfo).port, peers };
};
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ transports }) => transports.close()));
  for (const server of servers.splice(0)) server.close();
});

describe.each([4, 6] as const)('TCP over IPv%i', (family) => {
  test('answers go back over the connection of the request, requests reuse one', async () => {
    const [a, b] = [await station([listen('tcp', family)]), await station([listen('tcp', family)])];
    b.answer = (_, flow) => b.transports.send(flow, message('answer'), null);
    a.sendTo(b.listener, message('1'));
    a.sendTo(b.listener, message('2'));
    await a.gets(2);
    a.sendTo(b.listener, message('3'));
    await a.gets(3);
    expect(b.received.map(({ raw }) => raw)).toEqual([message('1'), message('2'), message('3')]);
    expect(a.transports.connectionCount).toBe(1);
    expect(b.transports.connectionCount).toBe(1);
    const { flow } = b.received[0]!;
    expect(flow).toMatchObject({ transport: 'tcp', family, address: loopback(family) });
    expect(flow.connection).toBeGreaterThan(0);
    expect(b.transports.connectionOpen(flow.connection)).toBe(true);
    expect(a.transports.counters.connectionsOpened).toBe(1);
    expect(b.transports.counters.connectionsAccepted).toBe(1);
  });
});

test('frames by Content-Length: two in one write, one in many, CRLFs between', async () => {
  const a = await station([listen('tcp')]);
  const peer = await dial(a.listener);
  peer.write(`${message('a')}\r\n${message('b')}`);
  await a.gets(2);
  for (const char of message('slowly')) {
    peer.write(char);
    await new Promise<void>((resolve) => { setImmediate(resolve); });
  }
  await a.gets(3);
  expect(a.received.map(({ raw }) => raw)).toEqual([message('a'), message('b'), message('slowly')]);
  peer.socket.destroy();
});

test('answers CRLFCRLF with CRLF (RFC 5626 §4.4.1)', async () => {
  const a = await station([listen('tcp')]);
  const peer = await dial(a.listener);
  peer.write('\r\n\r\n');
  await until('the pong', () => peer.text === '\r\n');
  peer.write(message());
  await a.gets(1);
  expect(peer.text).toBe('\r\n');
  peer.socket.destroy();
});

test.each([
  ['a bad Content-Length', 'OPTIONS sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n', 400],
  ['none', 'OPTIONS sip:a@b SIP/2.0\r\n\r\n', 400],
  ['a huge one', 'OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 500000000\r\n\r\n', 513],
  ['an endless head', `OPTIONS sip:a@b SIP/2.0\r\nX: ${'x'.repeat(200_000)}`, 513],
  ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
])('a stream with %s is told, may be answered, and closes', async (_, text, status) => {
  const a = await station([listen('tcp')]);
  const other = await dial(a.listener);
  a.answer = (_head, flow) => a.transports.send(flow, 'last words', null);
  const peer = await dial(a.listener);
  peer.write(text);
  await until('the end of the connection', () => peer.closed);
  expect(a.faults).toHaveLength(1);
  expect(a.faults[0]?.status).toBe(status);
  expect(peer.text).toBe('last words');
  expect(a.transports.counters.streamFaults).toBe(1);
  other.write(message());
  await a.gets(1);
  expect(other.closed).toBe(false);
  other.socket.destroy();
});

test('half a message is reaped in its time, however it trickles', async () => {
  const a = await station([listen('tcp')], { messageTimeoutMs: 10_000 });
  const peer = await dial(a.listener);
  peer.write(`${message()}MESSAGE sip:a@b SIP/2.0\r\n`);
  await a.gets(1);
  a.run(9_900);
  peer.write('X: y\r\n');
  // What another connection sends afterwards is read afterwards.
  const other = await dial(a.listener);
  other.write(message('later'));
  await a.gets(2);
  other.socket.destroy();
  await until('one connection', () => a.transports.connectionCount === 1);
  expect(peer.closed).toBe(false);
  a.run(200);
  await until('the end of the connection', () => peer.closed);
  expect(a.transports.counters.connectionsReaped).toBe(1);
  expect(a.transports.connectionCount).toBe(0);
  expect(a.wheel.size).toBe(0);
});

test('an idle connection is closed, one in use is not', async () => {
  const a = await station([listen('tcp')], { idleTimeoutMs: 60_000 });
  const [idle, busy] = [await dial(a.listener), await dial(a.listener)];
  await until('both', () => a.transports.connectionCount === 2);
  a.run(50_000);
  busy.write(message());
  await a.gets(1);
  a.run(11_000);
  await until('the idle one gone', () => idle.closed);
  expect(busy.closed).toBe(false);
  a.run(50_000);
  await until('the busy one gone', () => busy.closed);
});

test('caps: connections of one source and in total; a slot that is free again is used', async () => {
  const a = await station([listen('tcp')], { connectionsPerSource: 2 });
  const peers = [await dial(a.listener), await dial(a.listener)];
  await until('two', () => a.transports.connectionCount === 2);
  const third = await dial(a.listener);
  await until('the third refused', () => third.closed);
  expect(a.transports.counters.connectionsRefused).toBe(1);
  peers[0]?.socket.destroy();
  await until('a free slot', () => a.transports.connectionCount === 1);
  const fourth = await dial(a.listener);
  fourth.write(message());
  await a.gets(1);
  expect(fourth.closed).toBe(false);

  const b = await station([listen('tcp')], { connections: 0 });
  b.sendTo(a.listener, message());
  await until('the failure', () => b.failures.length === 1);
  expect(b.failures[0]).toContain('too many connections');
  for (const peer of [...peers, fourth]) peer.socket.destroy();
});

test('a refused connection fails every message that waited for it', async () => {
  const a = await station([listen('tcp')]);
  const gone = await station([listen('tcp')]);
  const { port } = gone.listener;
  await gone.transports.close();
  open.pop();
  a.sendTo({ transport: 'tcp', family: 4, address: '127.0.0.1', port }, message('1'));
  a.sendTo({ transport: 'tcp', family: 4, address: '127.0.0.1', port }, message('2'));
  expect(a.failures).toEqual([]);
  await until('both failures', () => a.failures.length === 2);
  expect(a.failures[0]).toBe(`ECONNREFUSED 127.0.0.1:${port}`);
  await until('no connection left', () => a.transports.connectionCount === 0);
});

test('a connection that does not come about in its time fails', async () => {
  const a = await station([listen('tcp')], { connectTimeoutMs: 4_000 });
  const quiet = await backend();
  a.sendTo({ transport: 'tcp', family: 4, address: '127.0.0.1', port: quiet.port }, message());
  // The event loop has not turned yet: the connection is still on its way.
  a.run(4_100);
  await until('the failure', () => a.failures.length === 1);
  expect(a.failures[0]).toBe(`ETIMEDOUT 127.0.0.1:${quiet.port}`);
});

test('a peer that does not read loses the connection, and its sender hears of it', async () => {
  const a = await station([listen('tcp')], { streamQueueBytes: 200_000 });
  const peer = await dial(a.listener);
  peer.socket.pause();
  await until('the connection', () => a.transports.connectionCount === 1);
  peer.write(message());
  const { flow } = await a.gets(1);
  const large = message('x'.repeat(60_000));
  for (let i = 0; i < 1_000 && a.failures.length === 0; i++) {
    a.transports.send(flow, large, a.owner());
    await new Promise<void>((resolve) => { setImmediate(resolve); });
  }
  expect(a.failures.length).toBeGreaterThan(0);
  await until('the connection gone', () => a.transports.connectionCount === 0);
  expect(a.transports.connectionOpen(flow.connection)).toBe(false);
  peer.socket.destroy();
});

test('an answer whose connection is gone opens one to the address and port of the target (RFC 3261 §18.2.2)', async () => {
  const a = await station([listen('tcp')]);
  const home = await backend();
  const peer = await dial(a.listener);
  peer.write(message());
  const { flow } = await a.gets(1);
  peer.socket.destroy();
  await until('the connection gone', () => !a.transports.connectionOpen(flow.connection));
  a.sendTo({ transport: 'tcp', family: 4, address: '127.0.0.1', port: home.port }, message('answer'), flow.connection);
  await until('the new connection', () => home.peers[0]?.text === message('answer'));
  expect(a.failures).toEqual([]);
});

test('a backend that drops its connections is reached by a new one', async () => {
  const a = await station([listen('tcp')]);
  const pbx = await backend();
  const target = { transport: 'tcp', family: 4, address: '127.0.0.1', port: pbx.port } as const;
  a.sendTo(target, message('1'));
  await until('the first', () => pbx.peers[0]?.text === message('1'));
  pbx.peers[0]?.socket.destroy();
  await until('no connection left', () => a.transports.connectionCount === 0);
  a.sendTo(target, message('2'));
  await until('the second', () => pbx.peers[1]?.text === message('2'));
});

test('close ends listeners and connections of both kinds', async () => {
  const a = await station([listen('tcp'), listen('udp')]);
  const pbx = await backend();
  const peer = await dial(a.listener);
  a.sendTo({ transport: 'tcp', family: 4, address: '127.0.0.1', port: pbx.port }, message());
  await until('both connections', () => a.transports.connectionCount === 2 && pbx.peers.length === 1);
  await a.transports.close();
  open.pop();
  await until('the peers closed', () => peer.closed && pbx.peers[0]?.closed === true);
  expect(a.transports.connectionCount).toBe(0);
  expect(a.wheel.size).toBe(0);
});

test('a taken port is an error that names the listener', async () => {
  const holder = await backend();
  await expect(station([listen('tcp', 4, { port: holder.port })])).rejects.toThrow(`Cannot listen on tcp:127.0.0.1:${holder.port} (EADDRINUSE)`);
});

test('a connection that dies tells whoever still waits for an answer, once, and nobody else', async () => {
  const a = await station([listen('tcp')]);
  const pbx = await backend();
  const told: string[] = [];
  const request = (name: string): SendOwner & { awaiting: boolean } => ({ awaiting: true, sendFailed: (detail) => { told.push(`${name}: ${detail}`); } });
  const [waiting, answered] = [request('waiting'), request('answered')];
  for (const owner of [waiting, answered, waiting]) a.transports.send(new Address('tcp', 4, '127.0.0.1', pbx.port), message(), owner);
  await until('three messages', () => pbx.peers[0]?.text === message().repeat(3));
  answered.awaiting = false;
  pbx.peers[0]!.socket.destroy();
  await until('the end', () => a.transports.connectionCount === 0);
  expect(told).toEqual([`waiting: closed by 127.0.0.1:${pbx.port}`]);
});

test('thousands of answered requests over one connection are not kept for its end', async () => {
  const a = await station([listen('tcp')]);
  const pbx = await backend();
  const target = new Address('tcp', 4, '127.0.0.1', pbx.port);
  let asked = 0;
  const answered: SendOwner = { get awaiting() { asked += 1; return false; }, sendFailed: () => { throw new Error('nobody waits'); } };
  const rounds = 5_000;
  for (let i = 0; i < rounds; i++) a.transports.send(target, message(), Object.create(answered) as SendOwner);
  await until('the messages', () => pbx.peers[0]?.text.length === message().length * rounds);
  const before = asked;
  pbx.peers[0]!.socket.destroy();
  await until('the end', () => a.transports.connectionCount === 0);
  expect(asked - before).toBeLessThan(64);
  expect(asked).toBeLessThanOrEqual(rounds);
});

test('streams that interleave byte by byte do not mix', async () => {
  const a = await station([listen('tcp')]);
  const peers = await Promise.all(Array.from({ length: 5 }, () => dial(a.listener)));
  const texts = peers.map((_, i) => message(`${i}`.repeat(40 + i), `peer-${i}`));
  for (let at = 0; at < Math.max(...texts.map(({ length }) => length)); at++) {
    for (const [i, peer] of peers.entries()) peer.write(texts[i]!.slice(at, at + 1));
    await new Promise<void>((resolve) => { setImmediate(resolve); });
  }
  await a.gets(5);
  expect(a.received.map(({ raw }) => raw).sort()).toEqual(texts.sort());
  for (const peer of peers) peer.socket.destroy();
});

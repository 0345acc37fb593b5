/** UDP sockets of plain system calls where the system does not do at once what they want. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import { systemCalls, type SystemCalls } from '../../../dataplane/system/calls.ts';
import { defaultLimits } from '../../../dataplane/transport/settings.ts';
import { BatchedUdpSocket } from '../../../dataplane/transport/udp-batched.ts';
import { openUdpSocket } from '../../../dataplane/transport/udp-choice.ts';
import type { UdpReader, UdpSocket } from '../../../dataplane/transport/udp-socket.ts';
import { listen, until } from './peers.ts';

const tryAgain = 11;
const expected = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);

/** A link-local address of this host, with the number of its interface: none where there is only loopback. */
const linkLocal = Object.values(networkInterfaces()).flatMap((found) => found ?? []).filter(({ scopeid }) => (scopeid ?? 0) !== 0).slice(0, 1);

const closing: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((one) => one.close()));
});

class Heard implements UdpReader {
  readonly texts: string[] = [];
  readonly refused: string[] = [];
  receiveErrors = 0;

  received(text: string): void {
    this.texts.push(text);
  }

  receiveFailed(): void {
    this.receiveErrors++;
  }

  sendFailed(code: string, address: string, port: number): void {
    this.refused.push(`${code} ${address} ${port}`);
  }
}

async function open(calls: SystemCalls | null, reader: UdpReader = new Heard(), settings = listen('udp')): Promise<UdpSocket> {
  const socket = await openUdpSocket(settings, reader, defaultLimits, calls);
  if (!socket.ok) throw new Error(socket.error.sentence());
  closing.push(socket.value);
  return socket.value;
}

async function peer(heard: string[]): Promise<{ readonly port: number; readonly socket: Socket }> {
  const socket = createSocket('udp4', (data) => heard.push(data.toString('latin1')));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closing.push(socket);
  return { port: socket.address().port, socket };
}

test('a runtime without system calls is served by node:dgram', async () => {
  expect((await open(null)).kind).toBe('node:dgram');
});

describe.runIf(expected)('with system calls', () => {
  const calls = systemCalls() ?? (() => { throw new Error('this runtime makes no system calls'); })();

  function portOf(descriptor: number): number {
    const name = Buffer.allocUnsafeSlow(16);
    calls.getsockname(descriptor, calls.pointer(name), calls.pointer(new Int32Array([16])));
    return name.readUInt16BE(2);
  }

  test.each([
    ['sends nothing', { sendmmsg: (_socket: number, _messages: bigint, count: number) => count }],
    ['receives nothing', { recvmmsg: () => -1 }],
    ['opens no socket', { socket: () => -1 }],
    ['has no epoll', { epollCreate: () => -1 }],
    ['throws', { bind: () => { throw new TypeError('Argument 1 must be a buffer'); } }],
  ])('a runtime that %s is served by node:dgram', async (_what, broken) => {
    expect((await open({ ...calls, ...broken })).kind).toBe('node:dgram');
  });

  test('a machine that keeps the thread while it tries them out does not cost them', async () => {
    let stalled = false;
    const epollWait: SystemCalls['epollWait'] = (...args) => {
      if (stalled) return calls.epollWait(...args);
      stalled = true;
      const until = performance.now() + 1_100;
      while (performance.now() < until);
      return 0;
    };
    expect((await open({ ...calls, epollWait })).kind).toBe('system calls');
  });

  test('what a stranger sends to the port that they are tried out at is no failure', async () => {
    const stranger = await open(calls);
    let sent = false;
    const sendmmsg: SystemCalls['sendmmsg'] = (socket, ...args) => {
      if (!sent) {
        sent = true;
        stranger.send('stray', '127.0.0.1', portOf(socket), null);
        if (stranger instanceof BatchedUdpSocket) stranger.flush();
      }
      return calls.sendmmsg(socket, ...args);
    };
    expect((await open({ ...calls, sendmmsg })).kind).toBe('system calls');
    expect(sent).toBe(true);
  });

  test('what the system does not take now leaves later, in order and once; what has no room is dropped', async () => {
    let blocked = false;
    const socket = await open({
      ...calls,
      sendmmsg: (...args) => (blocked ? -1 : calls.sendmmsg(...args)),
      errno: () => (blocked ? tryAgain : calls.errno()),
    });
    const heard: string[] = [];
    const { port } = await peer(heard);
    blocked = true;
    const texts = Array.from({ length: 1_024 }, (_, i) => `${i} ${'x'.repeat(100)}`);
    for (const text of texts) expect(socket.send(text, '127.0.0.1', port, null)).toBe(true);
    expect(socket.send('no room', '127.0.0.1', port, null)).toBe(false);
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(heard).toEqual([]);
    blocked = false;
    // The receiver's buffer may be smaller than all of this: what it takes must be in order.
    await until('most of them', () => heard.length > 100);
    expect(socket.send('after all', '127.0.0.1', port, null)).toBe(true);
    await until('the last', () => heard.includes('after all'));
    expect(heard).toEqual([...texts.filter((text) => heard.includes(text)), 'after all']);
  });

  test('a datagram that the system refuses keeps none of its neighbours, and its sender hears why', async () => {
    const reader = new Heard();
    const socket = await open(calls, reader);
    const heard: string[] = [];
    const { port } = await peer(heard);
    for (const [text, address] of [['one', '127.0.0.1'], ['no', '255.255.255.255'], ['two', '127.0.0.1']] as const) socket.send(text, address, port, null);
    await until('both', () => heard.length === 2);
    expect(heard).toEqual(['one', 'two']);
    await until('the refusal', () => reader.refused.length === 1);
    // EACCES, or ENETUNREACH on a host that has only loopback.
    expect(reader.refused).toEqual([expect.stringMatching(`^E[A-Z]+ 255\\.255\\.255\\.255 ${port}$`)]);
    expect(reader.receiveErrors).toBe(0);
  });

  test('a sender hears of a refusal before the thread waits again', async () => {
    const waits: number[] = [];
    let idle = (): void => undefined;
    const reader = new Heard();
    const epollWait: SystemCalls['epollWait'] = (poll, events, count, ms) => {
      waits.push(ms);
      if (ms > 1) idle();
      return calls.epollWait(poll, events, count, ms);
    };
    const socket = await open({ ...calls, epollWait }, reader);
    for (let i = 0; i < 10; i++) {
      await new Promise<void>((resolve) => { idle = resolve; });
      waits.length = 0;
      await new Promise<void>((resolve) => {
        reader.sendFailed = () => resolve();
        socket.send('no', '255.255.255.255', 5060, null);
      });
      expect(Math.max(0, ...waits)).toBeLessThanOrEqual(1);
    }
  });

  test('who sent what still waits when a socket closes hears of it, once and not from inside', async () => {
    let blocked = false;
    const reader = new Heard();
    const socket = await open({ ...calls, sendmmsg: (...args) => (blocked ? -1 : calls.sendmmsg(...args)), errno: () => (blocked ? tryAgain : calls.errno()) }, reader);
    blocked = true;
    for (const text of ['one', 'two']) socket.send(text, '127.0.0.1', 5060, null);
    const closed = socket.close();
    expect(reader.refused).toEqual([]);
    await closed;
    await until('both', () => reader.refused.length === 2);
    await socket.close();
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(reader.refused).toEqual(['ECANCELED 127.0.0.1 5060', 'ECANCELED 127.0.0.1 5060']);
  });

  test.each([
    ['retires', (socket: UdpSocket) => socket.retire('127.0.0.1')],
    ['closes', (socket: UdpSocket) => socket.close()],
  ])('what waits when a socket %s leaves before that', async (_what, end) => {
    let untilTaken = 0;
    const socket = await open({
      ...calls,
      sendmmsg: (...args) => (untilTaken > 0 && --untilTaken > 0 ? -1 : calls.sendmmsg(...args)),
      errno: () => (untilTaken > 0 ? tryAgain : calls.errno()),
      connect: (...args) => { expect(untilTaken).toBe(0); return calls.connect(...args); },
    });
    const heard: string[] = [];
    const { port } = await peer(heard);
    untilTaken = 5;
    socket.send('the last', '127.0.0.1', port, null);
    await end(socket);
    await until('the last', () => heard.length === 1);
    expect(heard).toEqual(['the last']);
  });

  test('a closed socket sends nothing by the next one, which may have its descriptor', async () => {
    const closed = await open(calls);
    await closed.close();
    const next = await open(calls);
    const heard: string[] = [];
    const { port } = await peer(heard);
    for (let i = 0; i < 100; i++) expect(closed.send('stray', '127.0.0.1', port, null)).toBe(false);
    await closed.retire('127.0.0.1');
    next.send('the next', '127.0.0.1', port, null);
    await until('something', () => heard.length > 0);
    expect(heard).toEqual(['the next']);
  });

  test('a socket that is closed at a datagram hears none of those that came with it', async () => {
    const reader = new Heard();
    const socket = await open(calls, Object.assign(reader, { received: (text: string) => { reader.texts.push(text); socket.close().catch(() => undefined); } }));
    const sender = await open(calls);
    for (const text of ['one', 'two', 'three']) sender.send(text, '127.0.0.1', socket.port, null);
    await until('the first', () => reader.texts.length > 0);
    for (let i = 0; i < 3; i++) await new Promise((resolve) => { setImmediate(resolve); });
    expect(reader.texts).toEqual(['one']);
  });

  test.for(linkLocal)('an interface that goes and comes again by another number is found again, either way', async ({ address, scopeid = 0 }) => {
    const froms: string[] = [];
    let number = 99_999;
    let names = 0;
    const shifting: SystemCalls = {
      ...calls,
      interfaceNumber: () => number,
      interfaceName: (_number, at) => { names++; return calls.interfaceName(scopeid, at); },
    };
    const reader = Object.assign(new Heard(), { received: (_text: string, from: string) => froms.push(from) });
    const socket = await open(shifting, reader, listen('udp', 6, { address: '::' }));
    socket.send('lost', `${address}%there`, socket.port, null);
    await until('the refusal', () => reader.refused.length === 1);
    number = scopeid;
    for (const text of ['one', 'two']) socket.send(text, `${address}%there`, socket.port, null);
    await until('both', () => froms.length === 2);
    expect(names).toBe(2);
  });

  test('what is no address of its family is not taken', async () => {
    const socket = await open(calls);
    for (const address of ['::1', 'localhost', '']) expect(socket.send('x', address, 5060, null)).toBe(false);
  });

  test('a receiver that throws loses no later datagram', async () => {
    const texts: string[] = [];
    const thrown: unknown[] = [];
    const socket = await open(calls, Object.assign(new Heard(), {
      received: (text: string) => {
        if (text === 'bad') throw new Error('thrown on purpose');
        texts.push(text);
      },
    }));
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => thrown.push(error.message));
    try {
      const { socket: sender } = await peer([]);
      sender.send('bad', socket.port, '127.0.0.1');
      await until('the fault', () => thrown.length === 1);
      sender.send('good', socket.port, '127.0.0.1');
      await until('the next datagram', () => texts.length === 1);
    } finally {
      for (const listener of others) process.on('uncaughtException', listener);
    }
    expect([thrown, texts]).toEqual([['thrown on purpose'], ['good']]);
  });
});

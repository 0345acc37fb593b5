import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { useSystemCalls } from '../../../dataplane/system/calls.ts';
import { Address } from '../../../dataplane/transport/flow.ts';
import { Transports } from '../../../dataplane/transport/transports.ts';
import { datagramAnswer, listen, loopback, message, Station, until } from './peers.ts';

/** Link-local addresses of this host, with their zones. */
const linkLocal = (): string[] => Object.entries(networkInterfaces())
  .flatMap(([name, found]) => (found ?? []).filter(({ scopeid }) => (scopeid ?? 0) !== 0).map(({ address }) => `${address}%${name}`));

const open: Station[] = [];
const station = async (...args: Parameters<Station['open']>): Promise<Station> => {
  const one = await new Station().open(...args);
  open.push(one);
  return one;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ transports }) => transports.close()));
});

/** Where the pinned runtime has system calls: there a runtime without is a failure. */
const kinds = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch) ? ['system calls', 'node:dgram'] as const : ['node:dgram'] as const;

describe.each(kinds)('by %s', (kind) => {
  beforeAll(() => useSystemCalls(kind === 'system calls'));

  test('such sockets are what the listener has', async () => {
    expect((await station([listen('tcp'), listen('udp'), listen('udp', 6)])).transports.sockets).toEqual([kind]);
    expect((await station([listen('tcp')])).transports.sockets).toEqual([]);
  });

  describe.each([4, 6] as const)('UDP over IPv%i', (family) => {
    test('carries a message there and the answer back by the flow', async () => {
      const [a, b] = [await station([listen('udp', family)]), await station([listen('udp', family)])];
      b.answer = (raw, flow) => b.transports.send(flow, `answer to ${raw}`, null);
      a.sendTo(b.listener, message('hello'));
      const { flow } = await b.gets(1);
      expect(flow).toMatchObject({ transport: 'udp', family, address: loopback(family), port: a.listener.port, connection: 0 });
      expect(flow.listener).toBe(b.listener);
      expect((await a.gets(1)).raw).toBe(`answer to ${message('hello')}`);
      expect(a.failures).toEqual([]);
      expect(a.transports.counters).toMatchObject({ messagesOut: 1, messagesIn: 1, sendErrors: 0 });
    });

    test('any byte and 65,000 of them come through as they are', async () => {
      const [a, b] = [await station([listen('udp', family)]), await station([listen('udp', family)])];
      let body = '';
      for (let i = 0; i < 65_000; i++) body += String.fromCharCode(i & 255);
      a.sendTo(b.listener, body);
      expect((await b.gets(1)).raw === body).toBe(true);
    });

    test('hundreds of messages in one turn keep their order and their content', async () => {
      const [a, b] = [await station([listen('udp', family)]), await station([listen('udp', family)])];
      const sent = Array.from({ length: 100 }, (_, i) => message(String(i).repeat(300)));
      for (const text of sent) a.sendTo(b.listener, text);
      await b.gets(100);
      expect(b.received.map(({ raw }) => raw)).toEqual(sent);
    });

    test('answers STUN binding requests by itself (RFC 5626 §4.4.2)', async () => {
      const a = await station([listen('udp', family)]);
      const answer = await datagramAnswer(a.listener, '\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl');
      expect(answer.subarray(0, 2).toString('hex')).toBe('0101');
      expect(answer.subarray(8, 20).toString()).toBe('abcdefghijkl');
      expect(a.received).toEqual([]);
    });
  });

  // On hosts that have such an address: its interface is part of it (RFC 4007).
  test.for(linkLocal())('%s is answered by the interface it is at', async (address) => {
    const [a, b] = [await station([listen('udp', 6, { address: '::' })]), await station([listen('udp', 6, { address: '::' })])];
    b.answer = (_raw, flow) => b.transports.send(flow, message('back'), null);
    a.sendTo({ ...b.listener, address }, message('there'));
    expect((await b.gets(1)).flow).toMatchObject({ address, port: a.listener.port });
    expect((await a.gets(1)).flow).toMatchObject({ address, port: b.listener.port });
  });

  test('a message too long for a datagram fails, later and to its owner', async () => {
    const a = await station([listen('udp')]);
    a.sendTo({ ...a.listener, port: 9 }, 'x'.repeat(65_508));
    expect(a.failures).toEqual([]);
    await until('the failure', () => a.failures.length === 1);
    expect(a.transports.counters.dropped).toBe(1);
  });

  test('an error of the kernel reaches the owner', async () => {
    const a = await station([listen('udp')]);
    // A socket bound to loopback has no route out of this host.
    a.sendTo({ transport: 'udp', family: 4, address: '255.255.255.255', port: 9 }, message());
    await until('the failure', () => a.failures.length === 1);
    expect(a.failures[0]).toMatch(/^E[A-Z]+ 255\.255\.255\.255:9$/);
    expect(a.transports.counters.sendErrors).toBe(1);
  });

  test('no socket of the target\'s family, or no port: told to the owner, counted without one', async () => {
    const a = await station([listen('udp')]);
    a.sendTo({ transport: 'udp', family: 6, address: '::1', port: 5060 }, message());
    a.sendTo({ transport: 'tcp', family: 4, address: '127.0.0.1', port: 5060 }, message());
    a.sendTo({ transport: 'udp', family: 4, address: '127.0.0.1', port: 0 }, message());
    a.transports.send(new Address('udp', 6, '::1', 5060), message(), null);
    await until('the failures', () => a.failures.length === 3);
    expect(a.failures[0]).toBe('no udp listener of IPv6 to reach ::1:5060');
    expect(a.transports.counters.sendErrors).toBe(4);
  });

  test('messages leave by the listener the target names, else by the backend one', async () => {
    const a = await station([listen('udp'), listen('udp', 4, { backend: true })]);
    const b = await station([listen('udp')]);
    const [first, second] = a.transports.listeners;
    expect(a.transports.listenerFor('udp', 4)).toBe(second);
    expect(a.transports.publicListenerFor('udp', 4)).toBe(first);
    expect(a.transports.listenerFor('tcp', 6)).toBeNull();
    const { address, port } = b.listener;
    a.transports.send(new Address('udp', 4, address, port, first ?? null), message(), null);
    a.transports.send(new Address('udp', 4, address, port), message(), null);
    await b.gets(2);
    expect(b.received.map(({ flow }) => flow.port)).toEqual([first?.port, second?.port]);
  });

  test('listeners know what Via and Record-Route say', async () => {
    const a = await station([
      listen('udp', 4, { advertisedHost: 'sip.example', advertisedPort: 5080 }),
      listen('tcp', 6),
      listen('udp', 6, { advertisedHost: '2001:db8::9' }),
      listen('udp', 4, { address: '0.0.0.0' }),
    ]);
    const [named, plain, v6, wildcard] = a.transports.listeners;
    expect(named).toMatchObject({ hostPort: 'sip.example:5080' });
    expect(plain?.hostPort).toBe(`[::1]:${plain?.port}`);
    expect(v6?.hostPort).toBe(`[2001:db8::9]:${v6?.port}`);
    expect(wildcard?.advertisedHost).toMatch(/^(?!0\.0\.0\.0)\d+\.\d+\.\d+\.\d+$/);
  });

  test('a taken port is an error that names the listener, and nothing stays open', async () => {
    const holder = createSocket('udp4');
    holder.bind(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address();
    const probe = await station([listen('udp')]);
    const free = probe.listener.port;
    await probe.transports.close();
    open.pop();
    const failed = await Transports.open([listen('udp', 4, { port: free }), listen('udp', 4, { port })], { receive: () => {}, fault: () => {} }, probe.wheel);
    expect(failed.ok).toBe(false);
    if (!failed.ok) expect(failed.error).toMatchObject({ code: 'EADDRINUSE', listener: `udp:127.0.0.1:${port}` });
    holder.close();
    // The first of the two listeners was closed again.
    expect((await station([listen('udp', 4, { port: free })])).listener.port).toBe(free);
  });

  test('reusePort lets two workers share a port', async () => {
    const a = await station([listen('udp', 4, { reusePort: true }), listen('tcp', 4, { reusePort: true })]);
    const [udp, tcp] = a.transports.listeners;
    const b = await station([listen('udp', 4, { reusePort: true, port: udp!.port }), listen('tcp', 4, { reusePort: true, port: tcp!.port })]);
    expect(b.transports.listeners.map(({ port }) => port)).toEqual([udp!.port, tcp!.port]);
  });
});

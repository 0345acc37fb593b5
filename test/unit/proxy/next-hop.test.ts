/** What a next hop must be: TLS for sips (RFC 3261 §26.2.2, RFC 5630), TCP for large requests (RFC 3261 §18.1.1). */
import { describe, expect, it } from 'vitest';
import { answerTo, destination, Edge, request, tcp, tls, udp, world, ws, wss } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;
const listeners = [udp, tcp, tls, ws, wss];
const edgeWith = (...uris: string[]): Edge =>
  new Edge(world({ destinations: uris.map((uri, index) => destination(index + 1, uri, { rank: index + 1 })) }), undefined, listeners);
const sips = (method = 'INVITE'): string => request(method, { uri: 'sips:1001@acme.example', to: 'sips:1001@acme.example' });
const large = (branch = 'large'): string => request('INVITE', { branch, callId: `${branch}@x`, headers: `Subject: ${'x'.repeat(1_300)}\r\n` });

describe('a sips request', () => {
  it('goes to destinations over TLS and passes others over, without holding that against them', () => {
    const edge = edgeWith('sip:10.0.0.1', 'sips:10.0.0.2', 'sip:10.0.0.3;transport=tls');
    edge.receive(sips(), ...phone, tls, 7);
    const invite = edge.one();
    expect(invite.target).toMatchObject({ transport: 'tls', address: '10.0.0.2', port: 5061 });
    expect(invite.message.requestUri).toBe('sips:1001@acme.example');
    expect(invite.message.header('record-route')).toMatch(/^<sips:[^@]+@192\.0\.2\.1:5061;lr>$/);
    edge.receive(answerTo(invite, 503), '10.0.0.2', 5061, tls, 8);
    expect(edge.take().map(({ target, message }) => `${message.method} ${target.address}`)).toEqual(['ACK 10.0.0.2', 'INVITE 10.0.0.3']);
    expect(edge.outcomes.map(([id]) => id)).toEqual([2]);
  });

  it.each([8, 12] as const)('loses no attempt to destinations that it passes over, with algorithm %i', (algorithm) => {
    const uris = ['sip:10.0.0.1', 'sip:10.0.0.2', 'sip:10.0.0.3', 'sips:10.0.0.4'];
    const edge = new Edge(world({ algorithm, maxAttempts: 1, destinations: uris.map((uri, index) => destination(index + 1, uri, { rank: index + 1 })) }), undefined, listeners);
    edge.receive(sips(), ...phone, tls, 7);
    expect(edge.one().target.address).toBe('10.0.0.4');
  });

  it('that no destination takes over TLS is answered 480 with Warning 380 (RFC 5630 §5.3)', () => {
    const edge = edgeWith('sip:10.0.0.1', 'sip:10.0.0.2;transport=tcp');
    edge.receive(sips(), ...phone, tls, 7);
    const refusal = edge.one().message;
    expect([refusal.status, refusal.header('warning')]).toEqual([480, '380 signalbox "SIPS Not Allowed"']);
    expect(edge.outcomes).toEqual([]);
  });

  it('names the transports of each side: sips where there is TLS, ws for a browser', () => {
    const edge = edgeWith('sips:10.0.0.2');
    edge.receive(sips().replace('Via: SIP/2.0/UDP', 'Via: SIP/2.0/WSS').replace('<sip:alice@198.51.100.7:5060>', '<sips:alice@x.invalid;transport=ws>'), ...phone, wss, 7);
    expect(edge.one().message.headers('record-route').length).toBe(2);
    const plain = edgeWith('sip:10.0.0.2;transport=tls');
    plain.receive(request('INVITE').replace('Via: SIP/2.0/UDP', 'Via: SIP/2.0/WS'), ...phone, ws, 7);
    const records = plain.one().message.routeValues('record-route').map((value) => value.uri.replace(/^sip:[^@]+@/, ''));
    expect(records).toEqual(['192.0.2.1:5061;transport=tls;lr', '192.0.2.1:8080;transport=ws;lr']);
  });
});

describe('a request of more than 1,300 bytes', () => {
  it('goes by TCP to a destination that leaves the transport open, and its Via says so', () => {
    const edge = edgeWith('sip:10.0.0.1');
    edge.receive(large(), ...phone);
    const invite = edge.one();
    expect([invite.target.transport, invite.target.port, invite.message.topVia?.transport]).toEqual(['tcp', 5060, 'TCP']);
    expect(invite.message.header('content-length')).toBe('0');
  });

  it.each(['sip:10.0.0.1;transport=udp'])('stays on UDP to %s, which asks for that', (uri) => {
    const edge = edgeWith(uri);
    edge.receive(large(), ...phone);
    expect(edge.one().target.transport).toBe('udp');
  });

  it('stays on UDP where this node has no TCP, and below the bound', () => {
    const edge = new Edge(world(), undefined, [udp]);
    edge.receive(large(), ...phone);
    expect(edge.one().target.transport).toBe('udp');
    const other = edgeWith('sip:10.0.0.1');
    other.receive(request('INVITE', { headers: `Subject: ${'x'.repeat(500)}\r\n` }), ...phone);
    expect(other.one().target.transport).toBe('udp');
  });

  it('goes by UDP after all when TCP is refused: at once, to the same destination, without holding it against it', () => {
    const edge = edgeWith('sip:10.0.0.1', 'sip:10.0.0.2');
    edge.receive(large('a'), ...phone);
    const first = edge.one();
    first.owner?.sendFailed('ECONNREFUSED 10.0.0.1:5060');
    const second = edge.one();
    expect([second.target.transport, second.target.address]).toEqual(['udp', '10.0.0.1']);
    edge.receive(answerTo(second, 200), '10.0.0.1', 5060);
    expect([edge.one().message.status, edge.outcomes]).toEqual([200, [[1, 'ok']]]);
    // And is remembered, for ten minutes.
    edge.receive(large('b'), ...phone);
    expect(edge.one().target.transport).toBe('udp');
    edge.clock.advance(600_000);
    edge.receive(large('c'), ...phone);
    expect(edge.one().target.transport).toBe('tcp');
  });

  it('goes by UDP after all when nothing comes over TCP in time, and then on to the next destination', () => {
    const edge = edgeWith('sip:10.0.0.1', 'sip:10.0.0.2');
    edge.receive(large(), ...phone);
    expect(edge.take().map(({ target }) => target.transport)).toEqual(['tcp']);
    edge.advance(5_100);
    const again = edge.take().filter(({ message }) => message.method === 'INVITE' && message.isRequest);
    expect(again.map(({ target }) => `${target.transport} ${target.address}`)).toEqual(['udp 10.0.0.1']);
    edge.advance(5_100);
    expect(edge.take().some(({ target }) => target.address === '10.0.0.2')).toBe(true);
  });
});

describe('a request of more than 1,300 bytes inside a dialog', () => {
  const filler = `Subject: ${'x'.repeat(1_300)}\r\n`;
  const called = (edge: Edge, caller: readonly [string, number] = phone): string => {
    edge.receive(request('INVITE').replace(';branch', ';rport;branch'), ...caller);
    const invite = edge.one();
    edge.receive(answerTo(invite, 200), '10.0.0.1', 5060);
    edge.take();
    return invite.message.header('record-route') ?? '';
  };
  const within = (method: string, route: string, uri: string, branch = 're'): string =>
    request(method, { uri, toTag: 'callee', cseq: 2, branch, headers: `Route: ${route}\r\n${filler}` });
  const hops = (edge: Edge): string[] =>
    edge.take().filter(({ message }) => message.isRequest).map(({ target, message }) => `${message.method} ${target.transport} ${target.address}:${target.port}`);

  it.each([
    ['a Contact that names no transport', 'sip:1001@10.0.0.1:5070', '', 'tcp 10.0.0.1:5070'],
    ['a next Route that names none', 'sip:1001@10.0.0.1;transport=udp', ', <sip:10.0.0.9:5080;lr>', 'tcp 10.0.0.9:5080'],
    ['a host name that DNS gives UDP for', 'sip:1001@phone.example', '', 'tcp 203.0.113.9:5060'],
    ['a Contact that asks for UDP', 'sip:1001@10.0.0.1:5070;transport=udp', '', 'udp 10.0.0.1:5070'],
    ['a next Route that asks for UDP', 'sip:1001@10.0.0.1', ', <sip:10.0.0.9;transport=udp;lr>', 'udp 10.0.0.9:5060'],
    ['a host name with UDP asked for', 'sip:1001@phone.example;transport=udp', '', 'udp 203.0.113.9:5060'],
  ])('goes to %s by what that allows', (_, uri, routes, way) => {
    const edge = new Edge(world());
    edge.receive(within('INVITE', called(edge) + routes, uri), ...phone);
    expect(hops(edge)).toEqual([`INVITE ${way}`]);
  });

  it('stays on the flow of a phone behind NAT, whatever its Contact leaves open', () => {
    const edge = new Edge(world());
    const route = called(edge, ['198.51.100.7', 33_000]);
    edge.receive(within('INVITE', route, 'sip:alice@198.51.100.7:5060').replace('tag=alice', 'tag=swap').replace('tag=callee', 'tag=alice').replace('tag=swap', 'tag=callee'), '10.0.0.1', 5060);
    expect(hops(edge)).toEqual(['INVITE udp 198.51.100.7:33000']);
  });

  it('keeps its ACK on UDP, which no failure would bring back', () => {
    const edge = new Edge(world());
    edge.receive(within('ACK', called(edge), 'sip:1001@10.0.0.1:5070'), ...phone);
    expect(hops(edge)).toEqual(['ACK udp 10.0.0.1:5070']);
  });

  it('goes by UDP after all when TCP is refused, and so do those behind it', () => {
    const edge = new Edge(world());
    const route = called(edge);
    edge.receive(within('INVITE', route, 'sip:1001@10.0.0.1:5070'), ...phone);
    edge.take().at(-1)?.owner?.sendFailed('ECONNREFUSED 10.0.0.1:5070');
    expect(hops(edge)).toEqual(['INVITE udp 10.0.0.1:5070']);
    edge.receive(within('UPDATE', route, 'sip:1001@10.0.0.1:5070', 'later'), ...phone);
    expect(hops(edge)).toEqual(['UPDATE udp 10.0.0.1:5070']);
  });

  it.each(['INVITE', 'UPDATE'])('goes by UDP after all when nothing comes over TCP within five seconds: %s', (method) => {
    const edge = new Edge(world());
    edge.receive(within(method, called(edge), 'sip:1001@10.0.0.1:5070'), ...phone);
    edge.advance(5_100);
    expect(hops(edge).filter((hop) => hop.startsWith(method)).slice(0, 2)).toEqual([`${method} tcp 10.0.0.1:5070`, `${method} udp 10.0.0.1:5070`]);
  });
});

/** Strangers, forgers and floods: what must not get through, stay, or hurt anybody else. */
import { describe, expect, it } from 'vitest';
import { answerTo, destination, Edge, request, tcp, world } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;
const backend = ['10.0.0.1', 5060] as const;
const statuses = (edge: Edge): (string | number)[] => edge.take().map(({ message }) => (message.isRequest ? message.method : message.status));

describe('the token of our Record-Route', () => {
  it.each([401, 407, 404, 486, 603])('does not leave with a %i, though the backend copies it there', (status) => {
    const edge = new Edge(world());
    edge.receive(request('INVITE', { headers: 'Record-Route: <sip:up.example;lr>\r\n' }), ...phone);
    const invite = edge.one();
    expect(invite.message.routeValues('record-route')).toHaveLength(2);
    edge.receive(answerTo(invite, status), ...backend);
    const up = edge.take().find(({ message }) => !message.isRequest);
    expect(up?.message.status).toBe(status);
    expect(up?.message.routeValues('record-route').map(({ uri }) => uri)).toEqual(['sip:up.example;lr']);
  });

  it('goes out of a line that a backend has folded all values into', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE', { headers: 'Record-Route: <sip:up.example;lr>\r\n' }), ...phone);
    const invite = edge.one();
    const ours = invite.message.routeValues('record-route')[0]?.uri ?? '';
    const merged = answerTo(invite, 486).replace(/(Record-Route: .*\r\n)+/, `Record-Route: <${ours}>, <sip:up.example;lr>\r\n`);
    edge.receive(merged, ...backend);
    expect(edge.take().find(({ message }) => !message.isRequest)?.text).toContain('Record-Route: <sip:up.example;lr>\r\n');
  });

  it.each(['OPTIONS', 'MESSAGE', 'PUBLISH', 'INFO', 'NOTIFY'])('is not given to %s, which begins no dialog', (method) => {
    const edge = new Edge(world());
    edge.receive(request(method), ...phone);
    expect(edge.one().message.header('record-route')).toBeUndefined();
  });

  it('is of no use without the tag of its caller', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    const route = edge.one().message.header('record-route') ?? '';
    const forged = request('INVITE', { uri: 'sip:0900@203.0.113.66', toTag: 'x', cseq: 5, branch: 'forged', headers: `Route: ${route}\r\n` });
    edge.receive(forged.replace(';tag=alice', ';tag=mallory'), '203.0.113.99', 5060);
    expect(statuses(edge)).toEqual([403]);
  });
});

describe('a response without a transaction', () => {
  /** What a restarted process gets for an INVITE of its predecessor. */
  const stray = (change: (text: string) => string, status = 200): Edge => {
    const before = new Edge(world());
    before.receive(request('INVITE').replace('5060;branch', '5060;rport;branch'), '203.0.113.5', 40_000);
    const after = new Edge(world());
    after.receive(change(answerTo(before.one(), status)), ...backend);
    return after;
  };

  it('goes to where its request came from', () => expect(stray((text) => text).one().target).toMatchObject({ address: '203.0.113.5', port: 40_000 }));
  it.each([
    ['received', 'received=203.0.113.5', 'received=203.0.113.66'], ['rport', 'rport=40000', 'rport=53'], ['both', 'received=203.0.113.5;rport=40000', 'x=y'],
    ['CSeq number', 'CSeq: 1 ', 'CSeq: 2 '], ['method', 'CSeq: 1 INVITE', 'CSeq: 1 CANCEL'],
  ])('is dropped when its %s was changed', (_, from, to) => {
    const edge = stray((text) => text.replace(from, to));
    expect(edge.take()).toEqual([]);
    expect(edge.count('dropped_stray_response_total')).toBe(1);
  });
  it.each([200, 404])('is dropped when it is a %i that comes after its request was answered for want of it', (status) => {
    const edge = new Edge(world({ destinations: [destination(1, 'sip:10.0.0.1')] }));
    edge.receive(request('MESSAGE'), ...phone);
    const asked = edge.one();
    edge.advance(6_000);
    expect(statuses(edge).at(-1)).toBe(503);
    edge.receive(answerTo(asked, status), ...backend);
    expect(edge.take()).toEqual([]);
    expect(edge.count('dropped_stray_response_total')).toBe(1);
  });
  it('is dropped when it is a 100', () => expect(stray((text) => text, 100).take()).toEqual([]));
});

describe('refusals', () => {
  it.each([
    ['405', request('WEIRD')], ['483', request('INVITE', { maxForwards: 0 })], ['403', request('INVITE', { headers: 'Route: <sip:203.0.113.66;lr>\r\n' })],
    ['404', request('BYE', { toTag: 'x' })], ['481', request('CANCEL')], ['420', request('INVITE', { headers: 'Proxy-Require: foo\r\n' })], ['200', request('OPTIONS', { uri: 'sip:192.0.2.1' })],
  ])('with %s hold no transaction, are not repeated by us, and come again with the same To tag', (status, text) => {
    const edge = new Edge(world({ setting: { methods: 'iana' } }));
    edge.receive(text, ...phone);
    const first = edge.one();
    expect(String(first.message.status)).toBe(status);
    expect(edge.env.layer.serverCount).toBe(0);
    expect(edge.env.pending).toBe(0);
    edge.advance(40_000);
    expect(edge.take()).toEqual([]);
    edge.receive(text, ...phone);
    expect(edge.one().text).toBe(first.text);
    expect(edge.env.pendingBytes).toBe(0);
  });

  it('leave an ACK for them without an answer', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE', { maxForwards: 0 }), ...phone);
    const tag = edge.one().message.toTag;
    edge.receive(request('ACK', { toTag: tag, branch: 'INVITE-1' }), ...phone);
    expect(edge.take()).toEqual([]);
  });
});

describe('two requests with one identity', () => {
  it('do not meet in one branch when their methods differ', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE', { branch: 'same' }), ...phone);
    edge.receive(request('MESSAGE', { branch: 'same' }), ...phone);
    const [invite, message] = edge.take();
    expect(invite?.message.topVia?.branch).not.toBe(message?.message.topVia?.branch);
    expect(edge.env.pending).toBe(2);
  });

  it('leave no transaction behind for ever when they have no branch (RFC 2543)', () => {
    const edge = new Edge(world());
    const old = (uri: string): string => request('INVITE', { uri }).replace(/;branch=\S+/, '');
    edge.receive(old('sip:1@acme.example'), ...phone);
    edge.receive(old('sip:2@acme.example'), ...phone);
    edge.advance(300_000);
    expect(edge.env.pending).toBe(0);
    expect(edge.env.layer.serverCount).toBe(0);
    expect(edge.env.layer.clientCount).toBe(0);
    expect(edge.env.pendingBytes).toBe(0);
  });
});

describe('Routes that are not read', () => {
  const own = '<sip:192.0.2.1;lr>, '.repeat(64);

  it.each([
    ['more than are read', `Route: ${own}<sip:203.0.113.66;lr>`], ['one behind a malformed one', 'Route: <sip:192.0.2.1;lr>, <sip:, <sip:203.0.113.66;lr>'],
    ['a malformed one in a line of its own', 'Route: <sip:192.0.2.1;lr>\r\nRoute: "<sip:203.0.113.66;lr>'],
  ])('are refused, %s: behind ours one of the sender’s choice would go on', (_, routes) => {
    const edge = new Edge(world());
    edge.receive(request('INVITE', { headers: `${routes}\r\n` }), ...phone);
    expect(statuses(edge)).toEqual([400]);
  });

  it('are none at the bound', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE', { headers: `Route: ${own.slice(0, -2)}\r\n` }), ...phone);
    expect(statuses(edge)).toEqual(['INVITE']);
  });

  it('are refused within dialogs, too', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    const invite = edge.one();
    edge.receive(answerTo(invite, 200), ...backend);
    edge.take();
    edge.receive(request('BYE', { uri: 'sip:1001@10.0.0.1', toTag: 'callee', cseq: 2, headers: `Route: ${invite.message.header('record-route') ?? ''}, ${'<sip:10.0.0.9;lr>, '.repeat(64)}<sip:203.0.113.66;lr>\r\n` }), ...phone);
    expect(statuses(edge)).toEqual([400]);
  });
});

describe('size', () => {
  const body = (bytes: number): string => `Content-Type: text/plain\r\nContent-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`;
  const large = (total: number): string => {
    const empty = request('MESSAGE').replace('Content-Length: 0\r\n\r\n', '');
    return empty + body(total - empty.length - body(10_000).length + 10_000);
  };

  it('that no datagram holds is the caller’s fault, not the destination’s', () => {
    const edge = new Edge(world());
    edge.receive(large(65_480), ...phone);
    expect(statuses(edge)).toEqual([513]);
    expect(edge.outcomes).toEqual([]);
    expect(edge.env.pendingBytes).toBe(0);
  });

  it('below that passes whole', () => {
    const edge = new Edge(world());
    edge.receive(large(64_000), ...phone);
    expect(edge.one().message.body).toMatch(/^x{60000}/);
  });

  it('of a rewritten Request-URI is bounded', () => {
    const edge = new Edge(world({ prepend: '0049' }));
    edge.receive(request('INVITE', { uri: `sip:${'1'.repeat(1_005)}@acme.example` }), ...phone);
    expect(statuses(edge)).toEqual([414]);
  });

  it('of unanswered requests is bounded: beyond it 503, until some are answered', () => {
    const edge = new Edge(world());
    edge.env.pendingBytes = 256 * 1024 * 1024;
    edge.receive(request('INVITE'), ...phone);
    expect(statuses(edge)).toEqual([503]);
    expect(edge.env.layer.serverCount).toBe(0);
    expect(edge.env.pendingBytes).toBe(256 * 1024 * 1024);
  });

  it('at the bound of header lines still lets the callee be cancelled and acknowledged', () => {
    const edge = new Edge(world());
    const lines = Array.from({ length: 249 }, (_, n) => `X-${n}: y\r\n`).join('');
    edge.receive(request('INVITE', { branch: 'many', headers: lines }).replace('Max-Forwards: 70\r\n', ''), ...phone);
    const invite = edge.one();
    edge.receive(answerTo(invite, 180), ...backend);
    edge.take();
    edge.receive(request('CANCEL', { branch: 'many' }), ...phone);
    expect(statuses(edge)).toEqual([200, 'CANCEL']);
    edge.receive(answerTo(invite, 487), ...backend);
    expect(statuses(edge)).toEqual(['ACK', 487]);
  });
});

describe('a fault of a part', () => {
  it('gives one request up with 500 and leaves nothing behind', () => {
    const edge = new Edge(world());
    const { admitCall } = edge.env.limits;
    edge.env.limits.admitCall = () => { throw new Error('boom'); };
    edge.receive(request('INVITE'), ...phone);
    expect(statuses(edge)).toEqual([500]);
    expect(edge.faults).toEqual(['request: Error: boom']);
    expect(edge.env.layer.serverCount).toBe(0);
    expect(edge.env.pending).toBe(0);
    edge.env.limits.admitCall = admitCall;
    edge.receive(request('INVITE'), ...phone);
    expect(statuses(edge)).toEqual(['INVITE']);
  });

  it('that hits the answer, too, still leaves nothing behind', () => {
    const edge = new Edge(world());
    edge.env.limits.admitCall = () => { throw new Error('boom'); };
    edge.env.sender.send = () => { throw new Error('no socket'); };
    edge.receive(request('INVITE'), ...phone);
    expect(edge.faults).toEqual(['request: Error: boom', 'answer to a fault: Error: no socket']);
    expect(edge.env.layer.serverCount).toBe(0);
    expect(edge.env.pending).toBe(0);
  });

  it('while a response is handled answers the request it belongs to', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    const invite = edge.one();
    edge.env.sink.outcome = () => { throw new Error('boom'); };
    edge.receive(answerTo(invite, 486), ...backend);
    expect(statuses(edge)).toEqual(['ACK', 500]);
    expect(edge.env.pending).toBe(0);
  });
});

describe('streams', () => {
  it('get a Content-Length that the datagram did not have, both ways', () => {
    const edge = new Edge(world({ destinations: [{ table: 'destination', key: '1', row: { id: 1, set: 10, uri: 'sip:10.0.0.1;transport=tcp', rank: 1, weight: 1, admin: 'enabled', attrs: {} } }] }));
    edge.receive(request('INVITE').replace('Content-Length: 0\r\n\r\n', '\r\nabc'), ...phone);
    expect(edge.one().message.contentLength).toBe(3);
    const other = new Edge(world());
    other.receive(request('INVITE'), ...phone.slice(0, 1) as ['198.51.100.7'], 33_000, tcp, 7);
    other.receive(answerTo(other.one(), 200).replace('Content-Length: 0\r\n', ''), ...backend);
    expect(other.one().message.contentLength).toBe(0);
  });
});

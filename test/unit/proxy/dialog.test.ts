import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../../dataplane/security/key-ring.ts';
import { answerTo, Edge, request, world, type Sent } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;
const backend = ['10.0.0.1', 5060] as const;

/** Sets a call up and returns its INVITE as the backend saw it. */
function established(edge: Edge): Sent {
  edge.receive(request('INVITE'), ...phone);
  const invite = edge.one();
  edge.receive(answerTo(invite, 200), ...backend);
  edge.take();
  return invite;
}

const bye = (route: string, options: { callId?: string; uri?: string; more?: string } = {}): string =>
  request('BYE', { uri: options.uri ?? 'sip:1001@10.0.0.1:5060', toTag: 'callee', cseq: 2, branch: 'bye', headers: `Route: ${route}\r\n${options.more ?? ''}`, ...(options.callId === undefined ? {} : { callId: options.callId }) });

describe('in-dialog requests', () => {
  it('follow our Record-Route to the remote target, and end the call', () => {
    const edge = new Edge(world());
    const route = established(edge).message.header('record-route') ?? '';
    edge.receive(bye(route), ...phone);
    const sent = edge.one();
    expect(sent.target).toMatchObject({ address: '10.0.0.1', port: 5060 });
    expect(sent.message.header('route')).toBeUndefined();
    edge.receive(answerTo(sent, 200), ...backend);
    expect(edge.one().message.status).toBe(200);
    expect(edge.env.calls.size).toBe(0);
  });

  it('pass a fresh process that has the key', () => {
    const route = established(new Edge(world())).message.header('record-route') ?? '';
    const restarted = new Edge(world());
    restarted.receive(bye(route), ...phone);
    expect(restarted.one().target.address).toBe('10.0.0.1');
  });

  it('are refused with a token of another call, of another key, or none', () => {
    const edge = new Edge(world());
    const route = established(edge).message.header('record-route') ?? '';
    edge.receive(bye(route, { callId: 'another' }), ...phone);
    expect(edge.one().message.status).toBe(403);
    const stranger = new Edge(world(), new KeyRing([{ id: 1, key: new Uint8Array(32).fill(9) }]));
    stranger.receive(bye(route), ...phone);
    expect(stranger.one().message.status).toBe(403);
    edge.receive(bye('<sip:192.0.2.1:5060;lr>').replace('z9hG4bKbye', 'z9hG4bKother'), ...phone);
    expect(edge.one().message.status).toBe(404);
    expect(edge.count('refused_dialog_total')).toBe(1);
  });

  it('get 404 when no Route names us, and an ACK of that kind is dropped', () => {
    const edge = new Edge(world());
    edge.receive(request('BYE', { toTag: 'x' }), ...phone);
    expect(edge.one().message.status).toBe(404);
    edge.receive(request('ACK', { toTag: 'x' }), ...phone);
    expect(edge.take()).toEqual([]);
  });

  it('go on by the next Route, which stays in the message', () => {
    const edge = new Edge(world());
    const route = established(edge).message.header('record-route') ?? '';
    edge.receive(bye(`${route}, <sip:10.9.9.9:5070;lr>`), ...phone);
    const sent = edge.one();
    expect(sent.target).toMatchObject({ address: '10.9.9.9', port: 5070 });
    expect(sent.message.header('route')).toBe('<sip:10.9.9.9:5070;lr>');
    expect(sent.message.requestUri).toBe('sip:1001@10.0.0.1:5060');
  });

  it('repair what a strict router did before us (RFC 3261 16.4)', () => {
    const edge = new Edge(world());
    const route = established(edge).message.header('record-route') ?? '';
    const ours = /<(.*)>/.exec(route)?.[1] ?? '';
    edge.receive(request('BYE', { uri: ours, toTag: 'callee', branch: 'strict', headers: 'Route: <sip:10.9.9.9;lr>, <sip:1001@10.0.0.1>\r\n' }), ...phone);
    const sent = edge.one();
    expect(sent.message.requestUri).toBe('sip:1001@10.0.0.1');
    expect(sent.message.header('route')).toBe('<sip:10.9.9.9;lr>');
    expect(sent.target.address).toBe('10.9.9.9');
  });

  it('reach a strict router behind us the way it expects (RFC 3261 16.6 step 6)', () => {
    const edge = new Edge(world());
    const route = established(edge).message.header('record-route') ?? '';
    edge.receive(bye(`${route}\r\nRoute: <sip:10.9.9.9>`), ...phone);
    const sent = edge.one();
    expect(sent.message.requestUri).toBe('sip:10.9.9.9');
    expect(sent.message.header('route')).toBe('<sip:1001@10.0.0.1:5060>');
  });

  it.each([
    ['the next strict router', (route: string) => bye(`${route}\r\nRoute: <sip:10.9.9.9?Subject=x>`)],
    ['the target behind a strict router', (route: string) => request('BYE', { uri: /<(.*)>/.exec(route)?.[1] ?? '', toTag: 'callee', branch: 'strict', headers: 'Route: <sip:10.9.9.9;lr>, <sip:1001@10.0.0.1?x=y>\r\n' })],
  ])('do not go on with headers in the Request-URI that %s would give them (RFC 3261 19.1.1)', (_, text) => {
    const edge = new Edge(world());
    edge.receive(text(established(edge).message.header('record-route') ?? ''), ...phone);
    expect(edge.one().message.status).toBe(400);
  });

  it('look up a host name in the target without holding anybody up', () => {
    const edge = new Edge(world());
    const route = established(edge).message.header('record-route') ?? '';
    edge.receive(bye(route, { uri: 'sip:1001@phone.example' }), ...phone);
    expect(edge.one().target.address).toBe('203.0.113.9');
  });

  it('come back with the final response of the one target there is: 503 as 500, time-out as nothing (RFC 4320)', () => {
    const edge = new Edge(world());
    const route = established(edge).message.header('record-route') ?? '';
    edge.receive(bye(route), ...phone);
    edge.receive(answerTo(edge.one(), 503), ...backend);
    expect(edge.one().message.status).toBe(500);
  });
});

describe('requests with a preloaded Route', () => {
  it.each(['', 'alice@', 'frank@'])('are routed as usual when it names us and nothing else (outbound proxy): %s', (user) => {
    const edge = new Edge(world());
    edge.receive(request('INVITE', { headers: `Route: <sip:${user}192.0.2.1:5060;lr>\r\n` }), ...phone);
    const sent = edge.one();
    expect(sent.target.address).toBe('10.0.0.1');
    expect(sent.message.header('route')).toBeUndefined();
  });

  it.each(['<sip:203.0.113.66;lr>', '<sip:192.0.2.1:5060;lr>, <sip:203.0.113.66;lr>', '<sip:ffffffffffffffffffffffffffffffffffffffffffffffffff@192.0.2.1;lr>'])('are refused when it leads elsewhere: %s', (route) => {
    const edge = new Edge(world());
    edge.receive(request('INVITE', { headers: `Route: ${route}\r\n` }), ...phone);
    expect(edge.one().message.status).toBe(403);
    expect(edge.count('refused_route_total')).toBe(1);
  });
});

describe('responses without a transaction', () => {
  it('go on by the next Via when a former process of ours sent the request', () => {
    const before = new Edge(world());
    before.receive(request('INVITE'), ...phone);
    const invite = before.one();
    const after = new Edge(world());
    after.receive(answerTo(invite, 200), ...backend);
    const sent = after.one();
    expect(sent.target).toMatchObject({ address: '198.51.100.7', port: 5060 });
    expect(sent.message.vias()).toHaveLength(1);
    expect(after.count('relayed_stray_response_total')).toBe(1);
  });

  it('are dropped when the branch is not ours', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    const invite = edge.one();
    const forged = answerTo(invite, 200).replace(/z9hG4bKsb[\w-]+/, 'z9hG4bKsbAAforgedforge');
    edge.receive(forged, ...backend);
    const wrongCall = answerTo(invite, 200).replace('call-1@', 'call-2@').replace('z9hG4bKINVITE-1', 'z9hG4bKother');
    new Edge(world()).receive(wrongCall, ...backend);
    expect(edge.take()).toEqual([]);
    expect(edge.count('dropped_stray_response_total')).toBe(1);
  });
});

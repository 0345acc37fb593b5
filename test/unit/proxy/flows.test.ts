/** Phones on connections and several listeners: the way to them is the very socket and connection that they came by. */
import { describe, expect, it } from 'vitest';
import type { Listener } from '../../../dataplane/transport/flow.ts';
import { answerTo, Edge, request, tcp, tls, udp, world, ws, wss } from './edge.ts';

const outside: Listener = { ...udp, id: 5, address: '203.0.113.1', advertisedHost: '203.0.113.1', hostPort: '203.0.113.1:5060' };
const edgeWithAll = (): Edge => new Edge(world(), undefined, [udp, tcp, tls, ws, wss, outside]);
const backend = ['10.0.0.1', 5060] as const;
const path = (edge: Edge): string => edge.one().message.header('path') ?? '';
const register = (): string => request('REGISTER', { uri: 'sip:acme.example', to: 'sip:alice@acme.example' });
const call = (route: string): string => request('INVITE', { uri: 'sip:alice@x.invalid;transport=ws', callId: 'in', branch: 'in', headers: `Route: ${route}\r\n` });

describe('a phone that registered', () => {
  it.each([['tcp', tcp], ['tls', tls], ['ws', ws], ['wss', wss]] as const)('over %s is called over its connection, with its transport in Via and Record-Route', (_, listener) => {
    const edge = edgeWithAll();
    edge.receive(register(), '198.51.100.7', 33_000, listener, 42);
    const route = path(edge);
    edge.connections.set('198.51.100.7:33000', 42);
    edge.receive(call(route), ...backend);
    const { target, message } = edge.one();
    expect(target).toMatchObject({ transport: listener.transport, address: '198.51.100.7', port: 33_000, connection: 42 });
    expect(message.topVia?.transport).toBe(listener.transport.toUpperCase());
    expect(message.routeValues('record-route')[0]?.uri).toContain(`;transport=${listener === wss ? 'ws' : listener.transport};lr`);
  });

  it('over UDP at one of several listeners is called from that one', () => {
    const edge = edgeWithAll();
    edge.receive(register(), '198.51.100.7', 33_000, outside);
    edge.receive(call(path(edge)), ...backend);
    expect(edge.one().target.listener).toBe(outside);
  });

  it('and whose connection is gone is answered for with 430 (RFC 5626 §5.3.1)', () => {
    const edge = edgeWithAll();
    edge.receive(register(), '198.51.100.7', 33_000, wss, 42);
    edge.receive(call(path(edge)), ...backend);
    expect(edge.one().message.status).toBe(430);
  });
});

it('a phone that wants outbound has its registrar read in Path that flows begin here, unless another proxy is before us (RFC 5626 §5.1, §6)', () => {
  const outbound = register().replace('<sip:alice@198.51.100.7:5060>', '<sip:alice@x.invalid;transport=ws>;reg-id=1;+sip.instance="<urn:uuid:0>"');
  const behind = outbound.replace('Max-Forwards', 'Via: SIP/2.0/UDP 192.168.1.5;branch=z9hG4bKphone\r\nMax-Forwards');
  for (const [text, ends] of [[outbound, ';lr;ob>'], [behind, ';lr>'], [register(), ';lr>']] as const) {
    const edge = edgeWithAll();
    edge.receive(text, '198.51.100.7', 33_000, wss, 42);
    const route = path(edge);
    expect(route.slice(route.indexOf(';lr'))).toBe(ends);
    edge.connections.set('198.51.100.7:33000', 42);
    edge.receive(call(route), ...backend);
    expect(edge.one().target.connection).toBe(42);
  }
});

it('the other side of a call cannot call a phone past its PBX by the flow that Record-Route names', () => {
  const edge = edgeWithAll();
  const stranger = (invite: string): string => {
    const token = /sip:d[^.]+\.[^.]+\.[ce](f[\w-]+)@/.exec(invite)?.[1] ?? '';
    expect(token).not.toBe('');
    edge.receive(request('INVITE', { uri: 'sip:alice@x.invalid', callId: 'ghost', branch: `ghost${token.length}`, headers: `Route: <sip:${token}@192.0.2.1;lr>\r\n` }), '198.51.100.99', 5060);
    return edge.one().text;
  };
  edge.receive(request('INVITE').replace('<sip:alice@198.51.100.7:5060>', '<sip:alice@192.168.1.5>'), '198.51.100.7', 33_000);
  expect(stranger(edge.one().text)).toMatch(/^SIP\/2\.0 403 /);
  edge.receive(register(), '198.51.100.7', 33_000);
  edge.receive(call(path(edge)), ...backend);
  expect(stranger(edge.one().text)).toMatch(/^SIP\/2\.0 403 /);
});

it('a browser whose connection is gone in mid-call: the other side hears 430', () => {
  const edge = edgeWithAll();
  edge.receive(request('INVITE').replace('<sip:alice@198.51.100.7:5060>', '<sip:alice@x.invalid;transport=ws>'), '198.51.100.7', 33_000, ws, 42);
  const invite = edge.one();
  edge.receive(answerTo(invite, 200), ...backend);
  edge.take();
  const routes = invite.message.routeValues('record-route').map((value) => `<${value.uri}>`).join(', ');
  const bye = (branch: string): string => request('BYE', { uri: 'sip:alice@x.invalid;transport=ws', toTag: 'alice', branch, headers: `Route: ${routes}\r\n` }).replace('From: <sip:alice@acme.example>;tag=alice', 'From: <sip:1001@acme.example>;tag=callee');
  edge.receive(bye('gone'), ...backend);
  expect(edge.one().message.status).toBe(430);
  edge.connections.set('198.51.100.7:33000', 42);
  edge.receive(bye('there'), ...backend);
  expect(edge.one().target).toMatchObject({ transport: 'ws', connection: 42 });
});

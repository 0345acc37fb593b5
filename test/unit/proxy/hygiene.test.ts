/** What is looked at before anybody asks whose request it is, and what strangers get. */
import { describe, expect, it } from 'vitest';
import { answerTo, Edge, request, world } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;
const backend = ['10.0.0.1', 5060] as const;

describe('hygiene', () => {
  const silent = (text: string, counter: Parameters<Edge['count']>[0], options = {}): void => {
    const edge = new Edge(world(options));
    edge.receive(text, ...phone);
    edge.advance(1_000);
    expect(edge.take()).toEqual([]);
    expect(edge.count(counter)).toBe(1);
    expect(edge.env.layer.serverCount).toBe(0);
  };

  it('meets an unknown domain with silence', () => silent(request('INVITE', { uri: 'sip:1@other.example' }), 'dropped_unknown_domain_total'));
  it('meets a scanner with silence', () => silent(request('OPTIONS', { uri: 'sip:100@192.0.2.1', headers: 'User-Agent: friendly-scanner\r\n' }), 'dropped_scanner_total'));
  it('drops a To mismatch when asked to', () =>
    silent(request('INVITE', { to: 'sip:1@other.example' }), 'dropped_to_mismatch_total', { setting: { requireToMatch: true } }));

  const answered = (text: string, status: number, options = {}): Edge => {
    const edge = new Edge(world(options));
    edge.receive(text, ...phone);
    expect(edge.one().message.status).toBe(status);
    return edge;
  };

  it('answers an unknown domain with 403 or 404 when configured', () => {
    answered(request('INVITE', { uri: 'sip:1@other.example' }), 403, { setting: { unknownDomain: 403 } });
    answered(request('INVITE', { uri: 'sip:1@other.example' }), 404, { setting: { unknownDomain: 404 } });
  });
  it('answers 483 at the end of the hops', () => void answered(request('INVITE', { maxForwards: 0 }), 483));
  it('answers OPTIONS to itself, also at the last hop', () => void answered(request('OPTIONS', { uri: 'sip:192.0.2.1', maxForwards: 0 }), 200));
  it('answers OPTIONS to one of its names', () => void answered(request('OPTIONS', { uri: 'sip:edge.example' }), 200));
  it('answers 420 and names the option', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE', { headers: 'Proxy-Require: foo, bar\r\n' }), ...phone);
    const up = edge.one();
    expect(up.message.status).toBe(420);
    expect(up.message.header('unsupported')).toBe('foo, bar');
  });
  it.each(['NEWMETH', 'RE%47IST%45R', "!interesting-Method0123456789_*+`.%indeed'~"])('passes a method that nobody has registered: %s (RFC 3261 16.3)', (method) => {
    const edge = new Edge(world());
    edge.receive(request(method, { branch: 'odd' }), ...phone);
    const sent = edge.one();
    expect(sent.message.method).toBe(method);
    edge.receive(answerTo(sent, 501), ...backend);
    expect(edge.one().message.status).toBe(501);
  });
  it('answers 405 with Allow to a method that is not allowed', () => {
    answered(request('WEIRD'), 405, { setting: { methods: 'iana' } });
    answered(request('MESSAGE'), 405, { setting: { methods: 'strict' } });
  });
  it('answers malformed requests with 400 and the reason', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE').replace('CSeq: 1 INVITE', 'CSeq: 1 BYE'), ...phone);
    expect(edge.one().message.status).toBe(400);
  });
  it('refuses above the tenant limit of calls a second', () => {
    const edge = new Edge(world({ limits: { calls: 0, cps: 1, registrations: 0 } }));
    edge.receive(request('INVITE', { callId: 'a', branch: 'a' }), ...phone);
    expect(edge.one().message.method).toBe('INVITE');
    edge.receive(request('INVITE', { callId: 'b', branch: 'b' }), ...phone);
    expect(edge.one().message.status).toBe(503);
    edge.clock.advance(1_000);
    edge.receive(request('INVITE', { callId: 'c', branch: 'd' }), ...phone);
    expect(edge.one().message.method).toBe('INVITE');
  });
  it('meets OPTIONS to itself with silence when its row says so, draining or not, and serves everything else', () => {
    const edge = new Edge(world());
    edge.env.answersOptions = false;
    for (const draining of [false, true]) {
      edge.env.draining = draining;
      edge.receive(request('OPTIONS', { uri: 'sip:192.0.2.1', branch: `o${String(draining)}` }), ...phone);
      expect(edge.take()).toEqual([]);
    }
    expect(edge.count('dropped_options_total')).toBe(2);
    edge.env.draining = false;
    edge.receive(request('OPTIONS', { uri: 'sip:1001@acme.example', branch: 'user' }), ...phone);
    expect(edge.one().message.method).toBe('OPTIONS');
  });

  it('takes no new dialogs while draining, and says so to keep-alives', () => {
    const edge = new Edge(world());
    edge.env.draining = true;
    edge.receive(request('INVITE'), ...phone);
    expect(edge.one().message.status).toBe(503);
    edge.receive(request('OPTIONS', { uri: 'sip:192.0.2.1' }), ...phone);
    expect(edge.one().message.status).toBe(503);
  });
});

/** Every method passes, in and out of dialogs, in both directions (RFC 3261 §16.12, RFC 3262, 3311, 3428, 3515, 3903, 6086, 6665). */
import { describe, expect, it } from 'vitest';
import { answerTo, Edge, request, world, type Sent } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;
const backend = ['10.0.0.1', 5060] as const;
const inDialog = ['INVITE', 'UPDATE', 'INFO', 'MESSAGE', 'REFER', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'PRACK', 'OPTIONS', 'BYE', 'NEWMETH'];
const alone = ['MESSAGE', 'OPTIONS', 'PUBLISH', 'INFO', 'NOTIFY', 'SUBSCRIBE', 'REFER', 'UPDATE', 'PRACK', 'NEWMETH'];

/** The other side of the call speaks: tags and addresses change places. */
const turned = (text: string): string => text
  .replace('From: <sip:alice@acme.example>;tag=alice', 'From: <sip:1001@acme.example>;tag=callee')
  .replace('To: <sip:1001@acme.example>;tag=callee', 'To: <sip:alice@acme.example>;tag=alice')
  .replace('Via: SIP/2.0/UDP 198.51.100.7:5060', 'Via: SIP/2.0/UDP 10.0.0.1:5060')
  .replace('Contact: <sip:alice@198.51.100.7:5060>', 'Contact: <sip:1001@10.0.0.1:5060>');

/** A dialog begun by `method` with its Route set as either side has it, answered with `status`. */
function dialogOf(edge: Edge, method = 'INVITE', status = 200): { first: Sent; route: string } {
  edge.receive(request(method, { branch: 'first' }), ...phone);
  const first = edge.one();
  const route = first.message.headers('record-route').map(({ start, end }) => first.message.raw.slice(start, end)).join(', ');
  if (status > 0) edge.receive(answerTo(first, status), ...backend);
  edge.take();
  return { first, route };
}

const fromCaller = (method: string, route: string): string =>
  request(method, { uri: 'sip:1001@10.0.0.1:5060', toTag: 'callee', cseq: 7, branch: `up-${method}`, headers: `Route: ${route}\r\n` });
const fromCallee = (method: string, route: string): string =>
  turned(request(method, { uri: 'sip:alice@198.51.100.7:5060', toTag: 'callee', cseq: 9, branch: `down-${method}`, headers: `Route: ${route}\r\n` }));

describe('inside a call', () => {
  it.each(inDialog)('%s goes from the caller to the callee and its answer back', (method) => {
    const edge = new Edge(world());
    edge.receive(fromCaller(method, dialogOf(edge).route), ...phone);
    const sent = edge.one();
    expect([sent.target.address, sent.message.method, sent.message.header('route'), sent.message.header('record-route')]).toEqual(['10.0.0.1', method, undefined, undefined]);
    edge.receive(answerTo(sent, 200), ...backend);
    const answer = edge.one();
    expect([answer.target.address, answer.message.status, answer.message.vias().length]).toEqual(['198.51.100.7', 200, 1]);
  });

  it.each(inDialog)('%s goes from the callee to the caller and its answer back', (method) => {
    const edge = new Edge(world());
    edge.receive(fromCallee(method, dialogOf(edge).route), ...backend);
    const sent = edge.one();
    expect([sent.target.address, sent.message.method, sent.message.requestUri]).toEqual(['198.51.100.7', method, 'sip:alice@198.51.100.7:5060']);
    edge.receive(answerTo(sent, 202), ...phone);
    expect(edge.one()).toMatchObject({ target: { address: '10.0.0.1' } });
  });

  it('a provisional response that is reliable, its PRACK and an UPDATE pass before the call is answered (RFC 3262, RFC 3311)', () => {
    const edge = new Edge(world());
    const { first, route } = dialogOf(edge, 'INVITE', 0);
    edge.receive(answerTo(first, 183, 'callee', 'Require: 100rel\r\nRSeq: 1\r\n'), ...backend);
    expect(edge.one().message.header('rseq')).toBe('1');
    for (const method of ['PRACK', 'UPDATE']) {
      edge.receive(fromCaller(method, route), ...phone);
      const sent = edge.one();
      expect(sent.target.address).toBe('10.0.0.1');
      edge.receive(answerTo(sent, 200), ...backend);
      expect(edge.one().message.status).toBe(200);
    }
    edge.receive(answerTo(first, 200), ...backend);
    expect(edge.one().message.status).toBe(200);
  });

  it('an answered INVITE may still be refused inside: the call stays', () => {
    const edge = new Edge(world());
    edge.receive(fromCaller('INVITE', dialogOf(edge).route), ...phone);
    edge.receive(answerTo(edge.one(), 491), ...backend);
    expect(edge.take().map(({ message }) => (message.isRequest ? message.method : message.status))).toEqual(['ACK', 491]);
    expect(edge.env.calls.size).toBe(1);
  });

  it('a re-INVITE can be cancelled', () => {
    const edge = new Edge(world());
    edge.receive(fromCaller('INVITE', dialogOf(edge).route), ...phone);
    edge.receive(answerTo(edge.one(), 180), ...backend);
    edge.take();
    edge.receive(request('CANCEL', { uri: 'sip:1001@10.0.0.1:5060', toTag: 'callee', cseq: 7, branch: 'up-INVITE' }), ...phone);
    expect(edge.take().map(({ message, target }) => [message.isRequest ? message.method : message.status, target.address])).toEqual([[200, '198.51.100.7'], ['CANCEL', '10.0.0.1']]);
  });
});

describe('a dialog begun by', () => {
  it.each(['SUBSCRIBE', 'REFER'])('%s carries our Record-Route and lets NOTIFY through, also before the 2xx', (method) => {
    const edge = new Edge(world());
    const { first, route } = dialogOf(edge, method, 0);
    expect(route).toMatch(/^<sip:d1\./);
    edge.receive(fromCallee('NOTIFY', route), ...backend);
    const early = edge.one();
    expect([early.target.address, early.message.method]).toEqual(['198.51.100.7', 'NOTIFY']);
    edge.receive(answerTo(early, 200), ...phone);
    edge.take();
    edge.receive(answerTo(first, 202), ...backend);
    expect(edge.one().message.status).toBe(202);
    edge.receive(fromCaller(method, route), ...phone);
    expect(edge.one().target.address).toBe('10.0.0.1');
    expect(edge.env.calls.size).toBe(0);
  });
});

describe('outside of dialogs', () => {
  it.each(alone)('%s goes from the phone to the destination and its answer back', (method) => {
    const edge = new Edge(world());
    edge.receive(request(method), ...phone);
    const sent = edge.one();
    expect([sent.target.address, sent.message.method]).toEqual(['10.0.0.1', method]);
    edge.receive(answerTo(sent, 200), ...backend);
    expect(edge.one().message.status).toBe(200);
  });

  it.each(['INVITE', ...alone])('%s goes from the PBX to the phone by its Path and its answer back', (method) => {
    const edge = new Edge(world());
    edge.receive(request('REGISTER', { uri: 'sip:acme.example', to: 'sip:alice@acme.example', branch: 'r' }), ...phone);
    const path = edge.one().message.header('path') ?? '';
    edge.receive(turned(request(method, { uri: 'sip:alice@198.51.100.7:5060', callId: 'down', branch: 'down', headers: `Route: ${path}\r\n` })), ...backend);
    const sent = edge.one();
    expect([sent.target.address, sent.message.requestUri, sent.message.header('route')]).toEqual(['198.51.100.7', 'sip:alice@198.51.100.7:5060', undefined]);
    edge.receive(answerTo(sent, 404), ...phone);
    const answer = edge.take().find(({ message }) => !message.isRequest);
    expect([answer?.target.address, answer?.message.status]).toEqual(['10.0.0.1', 404]);
  });
});

describe('headers that are not a proxy’s business', () => {
  it.each(['Require: nothingSupportsThis', 'Timestamp: 54', 'Supported: 100rel, timer', 'Unsupported: x', 'Session-Expires: 1800;refresher=uac', 'Referred-By: <sip:x@y.example>'])('%s passes', (line) => {
    const edge = new Edge(world());
    edge.receive(request('INVITE', { headers: `${line}\r\n` }), ...phone);
    expect(edge.one().text).toContain(`\r\n${line}\r\n`);
  });
});

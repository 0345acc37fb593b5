import { describe, expect, it } from 'vitest';
import type { Located } from '../../../dataplane/transport/locate.ts';
import { answerTo, Edge, request, world } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;
const backend = ['10.0.0.1', 5060] as const;
const place = (address: string, transport: Located['transport'] = 'udp'): Located => ({ transport, family: 4, address, port: 5060, serverName: '' });

/** An edge in the middle of a call whose caller now asks for `uri` with its Route set. */
function inDialog(uri: string, places: Readonly<Record<string, readonly Located[]>> = {}, method = 'BYE', route = ''): Edge {
  const edge = new Edge(world());
  for (const [host, found] of Object.entries(places)) edge.places.set(host, found);
  edge.receive(request('INVITE'), ...phone);
  const invite = edge.one();
  edge.receive(answerTo(invite, 200), ...backend);
  edge.take();
  const own = invite.message.header('record-route') ?? '';
  edge.receive(request(method, { uri, toTag: 'callee', cseq: 2, branch: 'next', headers: `Route: ${own}\r\n${route}` }), ...phone);
  return edge;
}

describe('the target of a request in a dialog (RFC 3263 §4)', () => {
  it.each([
    ['sip:a@10.0.0.7', 'udp 10.0.0.7 5060'],
    ['sip:a@10.0.0.7:5070;transport=tcp', 'tcp 10.0.0.7 5070'],
    ['sip:a@pbx.example;maddr=10.0.0.7', 'udp 10.0.0.7 5060'],
    ['sip:a@pbx.example:5070;maddr=10.0.0.7;transport=TCP', 'tcp 10.0.0.7 5070'],
  ])('%s is %s without a look-up', (uri, expected) => {
    const edge = inDialog(uri);
    const { target } = edge.one();
    expect([`${target.transport} ${target.address} ${target.port}`, edge.wishes]).toEqual([expected, []]);
  });

  it.each([
    ['sip:a@pbx.example', 'pbx.example 0  sip'],
    ['sip:a@PBX.example:5070', 'pbx.example 5070  sip'],
    ['sip:a@pbx.example;transport=tcp', 'pbx.example 0 tcp sip'],
    ['sip:a@pbx.example;transport=tls', 'pbx.example 0 tls sip'],
    ['sip:a@x.example;maddr=pbx.example', 'pbx.example 0  sip'],
  ])('%s is looked for as "%s", and goes by the transport that is found', (uri, wish) => {
    const edge = inDialog(uri, { 'pbx.example': [place('10.0.0.8', 'tcp')] });
    expect(edge.wishes).toEqual([wish]);
    expect(edge.one().target).toMatchObject({ transport: 'tcp', address: '10.0.0.8' });
  });

  it.each([
    ['sips:a@pbx.example', 'pbx.example 0  sips'],
    ['sips:a@pbx.example;transport=tcp', 'pbx.example 0 tls sips'],
  ])('%s is looked for as "%s", and never goes without TLS', (uri, wish) => {
    const edge = inDialog(uri, { 'pbx.example': [place('10.0.0.8', 'tcp')] });
    expect([edge.wishes, edge.one().message.status]).toEqual([[wish], 480]);
  });

  it.each(['sips:a@10.0.0.7;transport=udp', 'sip:a@pbx.example;transport=ws', 'sip:a@pbx.example;transport=sctp'])('%s cannot be connected to: 500', (uri) => {
    const edge = inDialog(uri);
    expect([edge.one().message.status, edge.wishes]).toEqual([500, []]);
  });

  it('sips to an address wants TLS: 500 on a node without', () => {
    expect(inDialog('sips:a@10.0.0.7').one().message.status).toBe(500);
  });

  it('is the host of the next Route before the Request-URI', () => {
    const edge = inDialog('sip:a@10.0.0.7', { 'core.example': [place('10.0.0.9')] }, 'BYE', 'Route: <sip:core.example;lr>\r\n');
    expect([edge.wishes, edge.one().target.address]).toEqual([['core.example 0  sip'], '10.0.0.9']);
  });
});

describe('a host of several servers (RFC 3263 §4.3, §4.4)', () => {
  const servers = { 'pbx.example': [place('10.0.0.8', 'tls'), place('10.0.0.9'), place('10.0.0.10')] };

  it('is tried server by server: those without a way, that cannot be sent to or say 503 are passed over', () => {
    const edge = inDialog('sip:a@pbx.example', servers);
    const first = edge.one();
    expect(first.target.address).toBe('10.0.0.9');
    edge.receive(answerTo(first, 503), '10.0.0.9', 5060);
    const second = edge.one();
    expect([second.target.address, second.message.header('via') === first.message.header('via')]).toEqual(['10.0.0.10', false]);
    edge.receive(answerTo(second, 200), '10.0.0.10', 5060);
    expect([edge.one().message.status, edge.wishes.length]).toEqual([200, 1]);
  });

  it('is kept to by what belongs to one transaction', () => {
    const edge = inDialog('sip:a@pbx.example', servers);
    const first = edge.one();
    edge.places.set('pbx.example', [place('10.0.0.11')]);
    edge.advance(500);
    const again = edge.one();
    expect([again.target.address, again.text, edge.wishes.length]).toEqual(['10.0.0.9', first.text, 1]);
  });

  it('that is nowhere: 500', () => {
    expect(inDialog('sip:a@nowhere.example').one().message.status).toBe(500);
  });
});

/** Hosts with several servers (RFC 3263 §4.3): place after place before anybody else is tried. */
import { describe, expect, it } from 'vitest';
import type { Located } from '../../../dataplane/transport/locate.ts';
import { answerTo, destination, Edge, request, world, type Sent } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;
const named = [destination(1, 'sip:pbx.example'), destination(2, 'sip:10.0.0.2', { rank: 2 })];

/** Destination 1 is at two places, destination 2 behind it. */
function edgeWithPlaces(): Edge {
  const edge = new Edge(world({ destinations: named }));
  edge.locateDestination(1, '10.1.0.1', '10.1.0.2');
  return edge;
}

const invited = (edge: Edge): Sent => {
  edge.receive(request('INVITE'), ...phone);
  return edge.one();
};
const next = (edge: Edge): Sent | undefined => edge.take().find(({ message }) => message.method === 'INVITE' && message.isRequest && message.raw.startsWith('INVITE'));

describe('a destination with several places', () => {
  it('is tried at the next place when one refuses the connection, and nobody is blamed', () => {
    const edge = edgeWithPlaces();
    const first = invited(edge);
    expect(first.target.address).toBe('10.1.0.1');
    first.owner?.sendFailed('ECONNREFUSED');
    const second = next(edge);
    expect(second?.target.address).toBe('10.1.0.2');
    expect(second?.message.topVia?.branch).not.toBe(first.message.topVia?.branch);
    expect(edge.outcomes).toEqual([]);
    expect(edge.count('failovers_total')).toBe(0);
  });

  it('is tried at the next place when one is silent or says 503', () => {
    for (const fail of [(edge: Edge): void => edge.advance(5_100), (edge: Edge, sent?: Sent): void => edge.receive(answerTo(sent as Sent, 503), '10.1.0.1', 5060)]) {
      const edge = edgeWithPlaces();
      const sent = invited(edge);
      fail(edge, sent);
      expect(edge.take().find(({ target }) => target.address === '10.1.0.2')?.message.method).toBe('INVITE');
      expect(edge.outcomes).toEqual([]);
    }
  });

  it('is given up, and blamed once, behind its last place', () => {
    const edge = edgeWithPlaces();
    invited(edge).owner?.sendFailed('ECONNREFUSED');
    edge.one().owner?.sendFailed('ECONNREFUSED');
    expect(edge.one().target.address).toBe('10.0.0.2');
    expect(edge.outcomes).toEqual([[1, 'transport']]);
    expect(edge.count('failovers_total')).toBe(1);
  });

  it('counts as one attempt, however many places it has', () => {
    const edge = new Edge(world({ destinations: named, maxAttempts: 2 }));
    edge.locateDestination(1, '10.1.0.1', '10.1.0.2', '10.1.0.3');
    let sent = invited(edge);
    const tried = [sent.target.address];
    for (let n = 0; n < 3; n++) {
      sent.owner?.sendFailed('ECONNREFUSED');
      sent = edge.one();
      tried.push(sent.target.address);
    }
    expect(tried).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.0.0.2']);
  });

  it('is not tried elsewhere after an answer that is final, or once it has rung', () => {
    const edge = edgeWithPlaces();
    edge.receive(answerTo(invited(edge), 486), '10.1.0.1', 5060);
    expect(edge.take().map(({ message }) => (message.isRequest ? message.method : message.status))).toEqual(['ACK', 486]);
    const ringing = edgeWithPlaces();
    ringing.receive(answerTo(invited(ringing), 180), '10.1.0.1', 5060);
    ringing.take();
    ringing.advance(100_000);
    expect(ringing.take().filter(({ target }) => target.address === '10.1.0.2')).toEqual([]);
  });

  it('is not tried elsewhere once the caller has given up', () => {
    const edge = edgeWithPlaces();
    invited(edge);
    edge.receive(request('CANCEL', { branch: 'INVITE-1' }), ...phone);
    edge.take();
    edge.advance(5_100);
    expect(edge.take().filter(({ message }) => message.isRequest).map(({ target }) => target.address)).not.toContain('10.1.0.2');
  });

  it('passes a late 2xx of a place that was given up', () => {
    const edge = edgeWithPlaces();
    const first = invited(edge);
    edge.advance(5_100);
    const second = edge.take().find(({ target }) => target.address === '10.1.0.2') as Sent;
    edge.receive(answerTo(second, 180, 'two'), '10.1.0.2', 5060);
    edge.take();
    edge.receive(answerTo(first, 200, 'late'), '10.1.0.1', 5060);
    expect(edge.take().map(({ message }) => (message.isRequest ? message.method : message.status))).toEqual([200, 'CANCEL']);
    edge.receive(answerTo(second, 487, 'two'), '10.1.0.2', 5060);
    expect(edge.take().map(({ message }) => message.method)).toEqual(['ACK']);
  });
});

describe('a remote target with several servers', () => {
  const pair = (): Edge => {
    const edge = new Edge(world());
    const at = (address: string): Located => ({ transport: 'udp', family: 4, address, port: 5060, serverName: '' });
    edge.places.set('pair.example', [at('203.0.113.1'), at('203.0.113.2')]);
    return edge;
  };
  const bye = (edge: Edge, uri: string): Sent => {
    const invite = invited(edge);
    edge.receive(answerTo(invite, 200), '10.0.0.1', 5060);
    edge.take();
    edge.receive(request('BYE', { uri, toTag: 'callee', cseq: 2, branch: 'bye', headers: `Route: ${invite.message.header('record-route')}\r\n` }), ...phone);
    return edge.one();
  };

  it('is tried at the next one when the first cannot be reached', () => {
    const edge = pair();
    const sent = bye(edge, 'sip:1001@pair.example');
    expect(sent.target.address).toBe('203.0.113.1');
    sent.owner?.sendFailed('ECONNREFUSED');
    const again = edge.one();
    expect(again.target.address).toBe('203.0.113.2');
    again.owner?.sendFailed('ECONNREFUSED');
    expect(edge.one().message.status).toBe(500);
  });

  it('is tried at the next one after 5 s of silence, at the last for as long as the caller waits', () => {
    const edge = pair();
    bye(edge, 'sip:1001@pair.example');
    edge.advance(5_100);
    expect(edge.take().some(({ target }) => target.address === '203.0.113.2')).toBe(true);
    edge.advance(30_000);
    expect(edge.env.pending).toBe(1);
    edge.advance(3_000);
    expect(edge.env.pending).toBe(0);
  });
});

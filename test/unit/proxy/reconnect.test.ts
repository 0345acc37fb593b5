/** A connection to a backend that dies under a request: once more over a new one, then on to the next destination. */
import { describe, expect, it } from 'vitest';
import { answerTo, destination, Edge, request, world, type Sent } from './edge.ts';

const overTcp = (): Edge => new Edge(world({ destinations: [destination(1, 'sip:10.0.0.1:5060;transport=tcp'), destination(2, 'sip:10.0.0.2:5060;transport=tcp', { rank: 2 })] }));
const place = ({ target }: Sent): string => target.address;

function inviting(edge: Edge): Sent {
  edge.receive(request('INVITE'), '198.51.100.7', 5060);
  return edge.one();
}

describe('a request under which its connection dies', () => {
  it.each(['closed by 10.0.0.1:5060', 'ECONNRESET 10.0.0.1:5060', 'EPIPE 10.0.0.1:5060'])('goes to the same destination again, with a branch of its own (%s)', (detail) => {
    const edge = overTcp();
    const first = inviting(edge);
    first.owner?.sendFailed(detail);
    const second = edge.one();
    expect(place(second)).toBe('10.0.0.1');
    expect(second.message.topVia?.branch).not.toBe(first.message.topVia?.branch);
    edge.receive(answerTo(second, 200), '10.0.0.1', 5060);
    expect(edge.one().text).toMatch(/^SIP\/2\.0 200 /);
    expect(edge.count('transport_errors_total')).toBe(0);
  });

  it('goes on to the next destination when the new connection dies too, and the first is blamed once', () => {
    const edge = overTcp();
    inviting(edge).owner?.sendFailed('closed by 10.0.0.1:5060');
    edge.one().owner?.sendFailed('closed by 10.0.0.1:5060');
    expect(place(edge.one())).toBe('10.0.0.2');
    expect(edge.outcomes).toEqual([[1, 'transport']]);
  });

  it.each(['ECONNREFUSED 10.0.0.1:5060', 'ETIMEDOUT 10.0.0.1:5060', '10.0.0.1:5060 does not read'])('goes on at once when there was no connection to lose (%s)', (detail) => {
    const edge = overTcp();
    inviting(edge).owner?.sendFailed(detail);
    expect(place(edge.one())).toBe('10.0.0.2');
  });

  it('is not repeated once the backend has answered provisionally, or the caller has given up', () => {
    const rung = overTcp();
    const invite = inviting(rung);
    rung.receive(answerTo(invite, 180), '10.0.0.1', 5060);
    rung.take();
    invite.owner?.sendFailed('closed by 10.0.0.1:5060');
    expect(rung.take().filter(({ text }) => text.startsWith('INVITE') && text.includes('10.0.0.1;'))).toEqual([]);
    const cancelled = overTcp();
    const given = inviting(cancelled);
    cancelled.receive(request('CANCEL', { branch: 'INVITE-1' }), '198.51.100.7', 5060);
    cancelled.take();
    given.owner?.sendFailed('closed by 10.0.0.1:5060');
    expect(cancelled.take().filter(({ text }) => text.startsWith('INVITE'))).toEqual([]);
  });
});

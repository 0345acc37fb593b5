/** Loops and spirals (RFC 5393 §4): what comes back as it was goes in a circle, what comes back changed does not. */
import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../../dataplane/security/key-ring.ts';
import { answerTo, Edge, request, world, type Sent } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;
const backend = ['10.0.0.1', 5060] as const;

/** The request as a proxy behind us sends it on: one hop less, its own Via on top. */
const through = (sent: Sent, hop: string, change: (text: string) => string = (text) => text): string =>
  change(sent.text)
    .replace('Via:', `Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK${hop}\r\nVia:`)
    .replace(`Max-Forwards: ${sent.message.maxForwards}`, `Max-Forwards: ${sent.message.maxForwards - 1}`);

const first = (edge: Edge, method = 'INVITE'): Sent => {
  edge.receive(request(method), ...phone);
  return edge.one();
};

/** A destination sends the request back for ever; the status of the first answer and the rounds until then. */
function circle(edge: Edge, change: (text: string, round: number) => string): { status: number; rounds: number } {
  let sent = first(edge);
  for (let round = 1; round < 100; round++) {
    edge.receive(through(sent, `r${round}`, (text) => change(text, round)), ...backend);
    const next = edge.one();
    if (!next.message.isRequest) return { status: next.message.status, rounds: round };
    sent = next;
  }
  throw new Error('still going round');
}

describe('a request that comes back', () => {
  it('unchanged is a loop: 482 the second time that it comes from there, not at the end of its hops', () => {
    const edge = new Edge(world());
    expect(circle(edge, (text) => text)).toEqual({ status: 482, rounds: 2 });
    expect(edge.count('refused_loop_total')).toBe(1);
  });

  it('with another Request-URI each time is a spiral, and ends with its hops', () => {
    expect(circle(new Edge(world()), (text, round) => text.replace(/^INVITE \S+/, `INVITE sip:${1000 + round}@acme.example`))).toEqual({ status: 483, rounds: 35 });
  });

  it('to another user is served like any request', () => {
    const edge = new Edge(world());
    edge.receive(through(first(edge), 'fwd', (text) => text.replace('INVITE sip:1001@', 'INVITE sip:2002@')), ...backend);
    const spiral = edge.one();
    expect(spiral.message.requestUri).toBe('sip:2002@acme.example');
    expect(spiral.message.vias()).toHaveLength(4);
    edge.receive(answerTo(spiral, 200), ...backend);
    expect(edge.one().message.vias()).toHaveLength(3);
  });

  it('from elsewhere is no loop yet: a PBX that sends a call out again comes from a trunk', () => {
    const edge = new Edge(world());
    edge.receive(through(first(edge), 'out'), ...backend);
    expect(edge.one().message.method).toBe('INVITE');
  });

  it.each([['Proxy-Require', 'Proxy-Require: path\r\n'], ['Route', 'Route: <sip:192.0.2.1:5060;lr>\r\n']])('with a %s that it had not before is no loop', (_, line) => {
    const edge = new Edge(world());
    edge.receive(through(first(edge), 'a'), ...backend);
    edge.receive(through(edge.one(), 'b', (text) => text.replace('From:', `${line}From:`)), ...backend);
    expect(edge.one().message.method).toBe('INVITE');
  });

  it('is known by another node of the installation, and by a later process, but not by strangers', () => {
    const edge = new Edge(world());
    edge.receive(through(first(edge), 'a'), ...backend);
    const again = through(edge.one(), 'b');
    const other = new Edge(world());
    other.receive(again, ...backend);
    expect(other.one().message.status).toBe(482);
    const stranger = new Edge(world(), new KeyRing([{ id: 1, key: new Uint8Array(32).fill(9) }]));
    stranger.receive(again, ...backend);
    expect(stranger.one().message.method).toBe('INVITE');
  });

  it('is found in a line that holds several Via values, too', () => {
    const edge = new Edge(world());
    edge.receive(through(first(edge), 'a'), ...backend);
    const folded = through(edge.one(), 'b').replace('branch=z9hG4bKb\r\nVia: ', 'branch=z9hG4bKb, ');
    edge.receive(folded, ...backend);
    expect(edge.one().message.status).toBe(482);
  });

  it.each(['REGISTER', 'MESSAGE', 'SUBSCRIBE'])('goes for %s, too', (method) => {
    const edge = new Edge(world());
    edge.receive(through(first(edge, method), 'a'), ...backend);
    edge.receive(through(edge.one(), 'b'), ...backend);
    expect(edge.one().message.status).toBe(482);
  });
});

describe('inside a dialog', () => {
  /** Sets a call up; a request of its caller by `routes`, in which US stands for our Route. */
  const inDialog = (edge: Edge, method: string, routes: string, options: { maxForwards?: number } = {}): string => {
    const invite = first(edge);
    edge.receive(answerTo(invite, 200), ...backend);
    edge.take();
    const own = (invite.message.header('record-route') ?? '');
    return request(method, { uri: 'sip:1001@10.0.0.1', toTag: 'callee', cseq: 2, branch: method, headers: `Route: ${routes.replaceAll('US', own)}\r\n`, ...options });
  };

  it.each(['INFO', 'INVITE', 'BYE'])('%s in a circle gets 482 at its third visit, and was one message a round', (method) => {
    const edge = new Edge(world());
    const text = inDialog(edge, method, 'US');
    const [route = ''] = /^Route: .*\r\n/m.exec(text) ?? [];
    edge.receive(text, ...phone);
    let sent = edge.one();
    for (let round = 1; round < 10 && sent.message.isRequest; round++) {
      edge.receive(through(sent, `r${round}`, (each) => each.replace('From:', `${route}From:`)), ...backend);
      sent = edge.one();
      if (!sent.message.isRequest) expect([sent.message.status, round]).toEqual([482, 2]);
    }
    expect(edge.count('refused_loop_total')).toBe(1);
  });

  it('an ACK in a circle ends, too, without an answer', () => {
    const edge = new Edge(world());
    const text = inDialog(edge, 'ACK', 'US');
    const [route = ''] = /^Route: .*\r\n/m.exec(text) ?? [];
    edge.receive(text, ...phone);
    let [sent] = edge.take();
    let rounds = 0;
    for (; sent !== undefined && rounds < 10; rounds++) {
      edge.receive(through(sent, `r${rounds}`, (each) => each.replace('From:', `${route}From:`)), ...backend);
      [sent] = edge.take();
    }
    expect(rounds).toBe(2);
  });

  it('a spiral by Routes through us and another is served hop by hop, and ends with its Routes or its hops', () => {
    for (const [maxForwards, end] of [[70, 'to the callee'], [4, 483]] as const) {
      const edge = new Edge(world());
      const hop = '<sip:10.9.9.9;lr>';
      edge.receive(inDialog(edge, 'INFO', `US, ${hop}, US, ${hop}, US`, { maxForwards }), ...phone);
      let sent = edge.one();
      let visits = 1;
      while (sent.message.isRequest && sent.target.address === '10.9.9.9') {
        // The other proxy takes its own Route off.
        edge.receive(through(sent, `v${visits}`, (text) => text.replace(`${hop}, `, '').replace(`Route: ${hop}\r\n`, '')), '10.9.9.9', 5060);
        sent = edge.one();
        visits += 1;
      }
      expect(sent.message.isRequest ? 'to the callee' : sent.message.status).toBe(end);
      expect(visits).toBe(3);
    }
  });

  it.each([[1, 'INFO'], [2, 'INFO'], [4, 'INFO'], [5, 404], [60, 404]])('%i Routes of ours one behind the other are one visit: %s, and one message', (count, expected) => {
    const edge = new Edge(world());
    edge.receive(inDialog(edge, 'INFO', Array<string>(count).fill('US').join(', ')), ...phone);
    const { message } = edge.one();
    expect(message.isRequest ? message.method : message.status).toBe(expected);
  });

  it('what comes from its sender, or through a proxy of others, carries no mark', () => {
    const edge = new Edge(world());
    const text = inDialog(edge, 'INFO', 'US');
    edge.receive(text.replace('Max-Forwards:', 'Via: SIP/2.0/UDP 203.0.113.7;branch=z9hG4bKother\r\nMax-Forwards:'), ...phone);
    expect(edge.one().message.topVia?.branch).toMatch(/^z9hG4bKsb.{13}$/);
  });
});

describe('a circle of sets that fork', () => {
  it('is cut where it closes, so that the number of messages stays small', () => {
    const edge = new Edge(world({ algorithm: 12 }));
    edge.receive(request('INVITE'), ...phone);
    let waiting = edge.take();
    let total = waiting.length;
    for (let round = 0; waiting.length > 0 && round < 10; round++) {
      for (const [index, sent] of waiting.entries()) edge.receive(through(sent, `${round}-${index}`), sent.target.address, 5060);
      waiting = edge.take().filter(({ message }) => message.isRequest && message.method === 'INVITE');
      total += waiting.length;
    }
    expect(waiting).toEqual([]);
    expect(total).toBeLessThan(20);
  });
});

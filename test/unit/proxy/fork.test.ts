/** Parallel forking (RFC 3261 §16.7): several branches at the same time, one answer; Max-Breadth (RFC 5393 §5). */
import { describe, expect, it } from 'vitest';
import { answerTo, destination, Edge, request, world, type Sent, type World } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;
const from = (sent: Sent): [string, number] => [sent.target.address, sent.target.port];
const said = (edge: Edge): (string | number)[] => edge.take().map(({ message }) => (message.isRequest ? message.method : message.status));

const three = [destination(1, 'sip:10.0.0.1'), destination(2, 'sip:10.0.0.2'), destination(3, 'sip:10.0.0.3')];
const together = (options: World = {}): Edge => new Edge(world({ algorithm: 12, destinations: three, ...options }));

/** A request that has just been forked, and its branches in the order they left. */
function forked(edge: Edge, text = request('INVITE')): Sent[] {
  edge.receive(text, ...phone);
  return edge.take();
}

const [A, B, C] = [0, 1, 2] as const;
const at = (branches: readonly Sent[], index: number): Sent => {
  const branch = branches[index];
  if (branch === undefined) throw new Error(`no branch ${index}`);
  return branch;
};
const hears = (edge: Edge, branch: Sent, status: number, tag: string, extra = ''): void => edge.receive(answerTo(branch, status, tag, extra), ...from(branch));

describe('a set that is called all at once', () => {
  it('gets the request at every destination, each by a branch of its own', () => {
    const branches = forked(together());
    expect(branches.map(({ target }) => target.address)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    expect(new Set(branches.map(({ message }) => message.topVia?.branch)).size).toBe(3);
    expect(new Set(branches.map(({ message }) => message.header('record-route'))).size).toBe(1);
  });

  it('lets every early dialog through', () => {
    const edge = together();
    const branches = forked(edge);
    for (const index of [A, B, C]) hears(edge, at(branches, index), 180, `ring-${index}`);
    hears(edge, at(branches, B), 183, 'ring-1');
    expect(edge.take().map(({ message }) => [message.status, message.toTag])).toEqual([[180, 'ring-0'], [180, 'ring-1'], [180, 'ring-2'], [183, 'ring-1']]);
  });

  it('sends the first 2xx up and cancels everybody else, saying why', () => {
    const edge = together();
    const branches = forked(edge);
    for (const index of [A, B, C]) hears(edge, at(branches, index), 180, `t${index}`);
    edge.take();
    hears(edge, at(branches, B), 200, 't1');
    const [ok, ...cancels] = edge.take();
    expect(ok?.message.status).toBe(200);
    expect(cancels.map(({ message, target }) => [message.method, target.address])).toEqual([['CANCEL', '10.0.0.3'], ['CANCEL', '10.0.0.1']]);
    expect(cancels.map(({ message }) => message.header('reason'))).toEqual(Array(2).fill('SIP;cause=200;text="Call completed elsewhere"'));
    for (const index of [A, C]) hears(edge, at(branches, index), 487, `t${index}`);
    expect(said(edge)).toEqual(['ACK', 'ACK']);
    expect(edge.env.calls.size).toBe(1);
    expect(edge.count('calls_total')).toBe(1);
  });

  it('lets a 2xx through that crosses our CANCEL: two callees, two dialogs', () => {
    const edge = together();
    const branches = forked(edge);
    hears(edge, at(branches, A), 200, 'a');
    hears(edge, at(branches, C), 200, 'c');
    expect(edge.take().map(({ message }) => [message.status, message.toTag])).toEqual([[200, 'a'], [200, 'c']]);
    expect(edge.env.calls.size).toBe(2);
  });

  it('cancels a branch that has not rung yet as soon as it does (RFC 3261 9.1)', () => {
    const edge = together();
    const branches = forked(edge);
    hears(edge, at(branches, A), 200, 'a');
    expect(said(edge)).toEqual([200]);
    hears(edge, at(branches, B), 180, 'b');
    expect(said(edge)).toEqual(['CANCEL']);
  });

  it('waits for the last of them before a failure goes up', () => {
    const edge = together();
    const branches = forked(edge);
    hears(edge, at(branches, A), 486, 'a');
    hears(edge, at(branches, B), 404, 'b');
    expect(said(edge)).toEqual(['ACK', 'ACK']);
    hears(edge, at(branches, C), 500, 'c');
    expect(said(edge)).toEqual(['ACK', 486]);
    expect(edge.env.pending).toBe(0);
  });

  it.each([
    ['the lowest class', [500, 486, 302], 302], ['what the caller can amend, in 4xx', [404, 484, 486], 484], ['anything rather than 503', [503, 500, 503], 500],
    ['503 as 503 when all say so', [503, 503, 503], 503], ['6xx before all', [302, 404, 604], 604],
  ] as const)('sends up %s', (_, statuses, best) => {
    const edge = together({ on: [] });
    const branches = forked(edge);
    statuses.forEach((status, index) => hears(edge, at(branches, index), status, `t${index}`));
    expect(said(edge).at(-1)).toBe(best);
  });

  it('sends up the challenges of all that challenge (RFC 3261 16.7 step 7)', () => {
    const edge = together();
    const branches = forked(edge);
    hears(edge, at(branches, A), 407, 'a', 'Proxy-Authenticate: Digest realm="a", nonce="1"\r\n');
    hears(edge, at(branches, B), 401, 'b', 'WWW-Authenticate: Digest realm="b", nonce="2"\r\nWWW-Authenticate: Digest realm="b2", nonce="3"\r\n');
    hears(edge, at(branches, C), 404, 'c', 'WWW-Authenticate: Digest realm="no", nonce="4"\r\n');
    const up = edge.take().at(-1)?.message;
    expect([up?.status, up?.toTag]).toEqual([407, 'a']);
    const lines = (name: string): string[] => (up?.headers(name) ?? []).map(({ start, end }) => up?.raw.slice(start, end) ?? '');
    expect(lines('proxy-authenticate')).toEqual(['Digest realm="a", nonce="1"']);
    expect(lines('www-authenticate')).toEqual(['Digest realm="b", nonce="2"', 'Digest realm="b2", nonce="3"']);
  });

  it('cancels the others after a 6xx, waits for them, and sends it up', () => {
    const edge = together();
    const branches = forked(edge);
    hears(edge, at(branches, A), 180, 'a');
    hears(edge, at(branches, B), 180, 'b');
    edge.take();
    hears(edge, at(branches, C), 603, 'c');
    expect(said(edge)).toEqual(['ACK', 'CANCEL', 'CANCEL']);
    hears(edge, at(branches, A), 487, 'a');
    expect(said(edge)).toEqual(['ACK']);
    hears(edge, at(branches, B), 487, 'b');
    expect(said(edge)).toEqual(['ACK', 603]);
  });

  it('still lets a 2xx through that crosses the CANCEL after a 6xx', () => {
    const edge = together();
    const branches = forked(edge);
    hears(edge, at(branches, A), 180, 'a');
    hears(edge, at(branches, C), 603, 'c');
    edge.take();
    hears(edge, at(branches, A), 200, 'a');
    expect(said(edge)).toEqual([200]);
    hears(edge, at(branches, B), 486, 'b');
    expect(said(edge)).toEqual(['ACK']);
  });

  it('is cancelled at every destination by the caller, who hears one 487', () => {
    const edge = together();
    const branches = forked(edge, request('INVITE', { branch: 'c' }));
    for (const index of [A, B, C]) hears(edge, at(branches, index), 180, `t${index}`);
    edge.take();
    edge.receive(request('CANCEL', { branch: 'c', headers: 'Reason: SIP;cause=487\r\n' }), ...phone);
    const sent = edge.take();
    expect(sent.map(({ message }) => (message.isRequest ? message.method : message.status))).toEqual([200, 'CANCEL', 'CANCEL', 'CANCEL']);
    expect(sent[1]?.message.header('reason')).toBe('SIP;cause=487');
    for (const index of [A, B, C]) hears(edge, at(branches, index), 487, `t${index}`);
    expect(said(edge)).toEqual(['ACK', 'ACK', 'ACK', 487]);
    expect(edge.env.pending).toBe(0);
  });

  it('takes silence of one for 408 and goes on ringing the others', () => {
    const edge = together();
    const branches = forked(edge);
    hears(edge, at(branches, A), 180, 'a');
    hears(edge, at(branches, B), 500, 'b');
    edge.take();
    edge.advance(6_000);
    expect(said(edge).filter((each) => each !== 'INVITE')).toEqual([]);
    hears(edge, at(branches, A), 500, 'a');
    expect(said(edge)).toEqual(['ACK', 408]);
    expect(edge.outcomes).toContainEqual([3, 'timeout']);
  });

  it('takes a branch that cannot be sent for 503', () => {
    const edge = together();
    const branches = forked(edge);
    at(branches, A).owner?.sendFailed('ECONNREFUSED');
    hears(edge, at(branches, B), 480, 'b');
    hears(edge, at(branches, C), 480, 'c');
    expect(said(edge)).toEqual(['ACK', 'ACK', 480]);
  });

  it('hands the first answer of a request without INVITE up and cancels nothing', () => {
    const edge = together();
    const branches = forked(edge, request('MESSAGE'));
    hears(edge, at(branches, B), 202, 'b');
    hears(edge, at(branches, A), 200, 'a');
    hears(edge, at(branches, C), 404, 'c');
    expect(said(edge)).toEqual([202]);
  });

  it('begins no more than 32 branches', () => {
    const many = Array.from({ length: 40 }, (_, n) => destination(n + 1, `sip:10.0.1.${n + 1}`));
    expect(forked(together({ destinations: many }))).toHaveLength(32);
  });

  it('leaves nothing behind', () => {
    const edge = together();
    const branches = forked(edge);
    hears(edge, at(branches, A), 180, 'a');
    hears(edge, at(branches, B), 200, 'b');
    edge.advance(200_000);
    expect([edge.env.pending, edge.env.pendingBytes, edge.env.layer.clientCount, edge.env.layer.serverCount]).toEqual([0, 0, 0, 0]);
    expect(edge.faults).toEqual([]);
  });
});

describe('a backup of a set that is called all at once', () => {
  const withBackup = (): Edge => {
    const rows = world({ algorithm: 12, destinations: [...three, destination(4, 'sip:10.0.0.4', { set: 11 })] });
    const edge = new Edge(rows.flatMap((op) => {
      if (op.table === 'rule' && op.row !== null) return [{ ...op, row: { ...op.row, sets: [10, 11] } }];
      if (op.table === 'dispatcherSet' && op.row !== null) return [op, { ...op, key: '11', row: { ...op.row, id: 11, name: 'spare', algorithm: 8 as const } }];
      return [op];
    }));
    return edge;
  };

  it('is called once all of them have failed in a way that moves on', () => {
    const edge = withBackup();
    const branches = forked(edge);
    hears(edge, at(branches, A), 503, 'a');
    hears(edge, at(branches, B), 500, 'b');
    expect(said(edge)).toEqual(['ACK', 'ACK']);
    hears(edge, at(branches, C), 503, 'c');
    expect(edge.take().find(({ message }) => message.method === 'INVITE')?.target.address).toBe('10.0.0.4');
    expect(edge.count('failovers_total')).toBe(1);
  });

  it('is left alone when one of them has answered for good', () => {
    const edge = withBackup();
    const branches = forked(edge);
    hears(edge, at(branches, A), 486, 'a');
    hears(edge, at(branches, B), 503, 'b');
    hears(edge, at(branches, C), 503, 'c');
    expect(said(edge)).toEqual(['ACK', 'ACK', 'ACK', 486]);
  });
});

describe('Max-Breadth', () => {
  const breadths = (branches: readonly Sent[]): (string | undefined)[] => branches.map(({ message }) => message.header('max-breadth'));

  it('is 60 for a request that carries none, divided between its branches', () => {
    expect(breadths(forked(together()))).toEqual(['20', '20', '20']);
  });
  it('is divided as it came, the rest to the first', () => {
    expect(breadths(forked(together(), request('INVITE', { headers: 'Max-Breadth: 8\r\n' })))).toEqual(['3', '3', '2']);
  });
  it('that does not reach for every branch is answered 440', () => {
    const edge = together();
    edge.receive(request('INVITE', { headers: 'Max-Breadth: 2\r\n' }), ...phone);
    expect(said(edge)).toEqual([440]);
    expect(edge.env.pending).toBe(0);
  });
  it.each([['0', 440], ['many', 400]])('of %s is refused with %i', (value, status) => {
    const edge = new Edge(world());
    edge.receive(request('INVITE', { headers: `Max-Breadth: ${value}\r\n` }), ...phone);
    expect(said(edge)).toEqual([status]);
  });
  it('passes whole to a single destination, as far as it is honoured; none is added for it', () => {
    const single = (headers: string): string | undefined => breadths(forked(new Edge(world()), request('INVITE', { headers })))[0];
    expect([single('Max-Breadth: 7\r\n'), single('Max-Breadth: 500\r\n'), single('')]).toEqual(['7', '60', undefined]);
  });
});

describe('the messages of a call', () => {
  it('leave in the order they came, whatever branches they are of', () => {
    const edge = together();
    const branches = forked(edge);
    const order = [[A, 180], [B, 183], [A, 183], [C, 180], [B, 180], [C, 183], [A, 200]] as const;
    for (const [index, status] of order) hears(edge, at(branches, index), status, `t${index}`);
    const up = edge.take().filter(({ message }) => !message.isRequest).map(({ message }) => [message.toTag, message.status]);
    expect(up).toEqual(order.map(([index, status]) => [`t${index}`, status]));
  });
});

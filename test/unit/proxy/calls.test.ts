/** What counts as a call, as a failure of a destination, and against a limit. */
import { describe, expect, it } from 'vitest';
import { readParties } from '../../../dataplane/calls/parties.ts';
import type { RowOp } from '../../../dataplane/contract/rows.ts';
import { applyOps } from '../../../dataplane/routing/build.ts';
import { answerTo, Edge, request, tcp, world, type Sent } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;
const backend = ['10.0.0.1', 5060] as const;
const second = ['10.0.0.2', 5060] as const;

function established(edge: Edge, callId = 'call-1@198.51.100.7'): string {
  edge.receive(request('INVITE', { callId, branch: callId }), ...phone);
  const invite = edge.one();
  edge.receive(answerTo(invite, 200), ...backend);
  edge.take();
  return invite.message.header('record-route') ?? '';
}

/** A request of the caller inside the call, as the callee gets it. */
function inDialog(edge: Edge, method: string, route: string, cseq = 2, toTag = 'callee'): Sent {
  edge.receive(request(method, { uri: 'sip:1001@10.0.0.1:5060', toTag, cseq, branch: `${method}${cseq}`, headers: `Route: ${route}\r\n` }), ...phone);
  return edge.one();
}

describe('the call table', () => {
  it('counts a call once, re-INVITE and repeated 2xx included', () => {
    const edge = new Edge(world());
    const route = established(edge);
    const again = inDialog(edge, 'INVITE', route);
    edge.receive(answerTo(again, 200), ...backend);
    edge.receive(answerTo(again, 200), ...backend);
    expect(edge.env.calls.size).toBe(1);
    expect(edge.count('calls_total')).toBe(1);
  });

  it('takes in so many callees of one INVITE as it may have branches: one that answers with tag after tag cannot push others out', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    const invite = edge.one();
    for (let n = 0; n < 100; n++) {
      edge.receive(answerTo(invite, 200, `tag${n}`), ...backend);
      edge.receive(answerTo(invite, 200, `tag${n}`), ...backend);
    }
    expect(edge.env.calls.size).toBe(32);
    expect(edge.take().filter(({ message }) => message.status === 200).length).toBe(200);
  });

  it('holds who calls whom, with the Request-URI as it came, for each callee that answered', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE', { uri: 'sip:1001@acme.example:5060;user=phone', to: 'sip:+4930@acme.example' }), ...phone);
    const invite = edge.one();
    for (const tag of ['one', 'two']) edge.receive(answerTo(invite, 200, tag), ...backend);
    const { items } = edge.env.calls.page({ text: '+4930', cursor: 0, limit: 10 });
    expect(items.map(({ parties }) => readParties(parties))).toEqual(Array.from({ length: 2 }, () => ({ caller: 'alice@acme.example', callee: '+4930@acme.example', dialled: '1001@acme.example:5060' })));
  });

  it('holds who calls whom of a 2xx that comes after the caller got its answer, but for what was dialled', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    const invite = edge.one();
    edge.advance(5_100);
    const again = edge.take().find(({ target }) => target.address === second[0]);
    if (again === undefined) throw new Error('the second destination is asked when the first is silent');
    edge.receive(answerTo(again, 404), ...second);
    edge.receive(answerTo(invite, 200), ...backend);
    const { items } = edge.env.calls.page({ text: '', cursor: 0, limit: 10 });
    expect(items.map(({ parties }) => readParties(parties))).toEqual([{ caller: 'alice@acme.example', callee: '1001@acme.example', dialled: '' }]);
  });

  it.each([[200, 0], [481, 0], [408, 0], [401, 1], [407, 1], [500, 1], [403, 1]])('after a BYE that gets %i holds %i calls', (status, left) => {
    const edge = new Edge(world());
    const bye = inDialog(edge, 'BYE', established(edge));
    expect(edge.env.calls.size).toBe(1);
    edge.receive(answerTo(bye, status), ...backend);
    expect(edge.env.calls.size).toBe(left);
  });

  it('takes a 2xx that comes again after the BYE for no new call', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    const invite = edge.one();
    const answered = answerTo(invite, 200);
    edge.receive(answered, ...backend);
    edge.take();
    edge.receive(answerTo(inDialog(edge, 'BYE', invite.message.header('record-route') ?? ''), 200), ...backend);
    edge.take();
    edge.receive(answered, ...backend);
    expect(edge.one().message.status).toBe(200);
    expect(edge.env.calls.size).toBe(0);
  });

  it('lets go of a call whose BYE nobody answers', () => {
    const edge = new Edge(world());
    inDialog(edge, 'BYE', established(edge));
    edge.advance(33_000);
    expect(edge.env.calls.size).toBe(0);
  });

  it.each(['INVITE', 'UPDATE'])('lets go of a call that the callee does not know any more (481 to %s)', (method) => {
    const edge = new Edge(world());
    edge.receive(answerTo(inDialog(edge, method, established(edge)), 481), ...backend);
    expect(edge.env.calls.size).toBe(0);
  });

  it('is not fooled by a BYE with a tag of no call', () => {
    const edge = new Edge(world());
    edge.receive(answerTo(inDialog(edge, 'BYE', established(edge), 2, 'invented'), 481), ...backend);
    expect(edge.env.calls.size).toBe(1);
  });

  it('takes the BYE of the callee', () => {
    const edge = new Edge(world());
    const route = established(edge);
    const bye = request('BYE', { uri: 'sip:alice@198.51.100.7:5060', headers: `Route: ${route}\r\n`, branch: 'cb' })
      .replace('From: <sip:alice@acme.example>;tag=alice', 'From: <sip:1001@acme.example>;tag=callee').replace('To: <sip:1001@acme.example>', 'To: <sip:alice@acme.example>;tag=alice');
    edge.receive(bye, ...backend);
    const sent = edge.one();
    expect(sent.target.address).toBe('198.51.100.7');
    edge.receive(answerTo(sent, 200), ...phone);
    expect(edge.env.calls.size).toBe(0);
  });

  it('holds two calls when two callees answered, until each has ended', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    const invite = edge.one();
    const route = invite.message.header('record-route') ?? '';
    edge.receive(answerTo(invite, 200, 'one'), ...backend);
    edge.receive(answerTo(invite, 200, 'two'), ...backend);
    expect(edge.take()).toHaveLength(2);
    expect(edge.env.calls.size).toBe(2);
    edge.receive(answerTo(inDialog(edge, 'BYE', route, 2, 'two'), 200), ...backend);
    expect(edge.env.calls.size).toBe(1);
  });
});

describe('tenant limits', () => {
  const limited = { limits: { calls: 2, cps: 0, registrations: 0 } };
  const ring = (edge: Edge, n: number): Sent => {
    edge.receive(request('INVITE', { callId: `c${n}`, branch: `c${n}` }), ...phone);
    return edge.one();
  };

  it('count calls that still ring, and take failed ones off again', () => {
    const edge = new Edge(world(limited));
    const first = ring(edge, 1);
    ring(edge, 2);
    expect(ring(edge, 3).message.status).toBe(503);
    edge.receive(answerTo(first, 486), ...backend);
    edge.take();
    expect(ring(edge, 4).message.method).toBe('INVITE');
    expect(edge.count('refused_limit_total')).toBe(1);
  });

  it('count an answered call once', () => {
    const edge = new Edge(world(limited));
    edge.receive(answerTo(ring(edge, 1), 200), ...backend);
    edge.take();
    expect(ring(edge, 2).message.method).toBe('INVITE');
    expect(ring(edge, 3).message.status).toBe(503);
  });

  it('let requests inside calls pass', () => {
    const edge = new Edge(world({ limits: { calls: 1, cps: 0, registrations: 0 } }));
    const route = established(edge);
    expect(inDialog(edge, 'INVITE', route).message.method).toBe('INVITE');
  });
});

describe('a node that drains', () => {
  it('refuses new dialogs, calls to phones included, and lets those that are up go on', () => {
    const edge = new Edge(world());
    const route = established(edge);
    edge.receive(request('REGISTER', { uri: 'sip:acme.example', to: 'sip:alice@acme.example', branch: 'r' }), ...phone);
    const path = edge.one().message.header('path') ?? '';
    edge.env.draining = true;
    edge.receive(request('INVITE', { callId: 'new', branch: 'new' }), ...phone);
    expect(edge.one().message.status).toBe(503);
    edge.receive(request('INVITE', { callId: 'in', branch: 'in', headers: `Route: ${path}\r\n` }), ...backend);
    expect(edge.one().message.status).toBe(503);
    edge.receive(request('INVITE', { uri: 'sip:1@stranger.example', branch: 's' }), ...phone);
    expect(edge.take()).toEqual([]);
    expect(inDialog(edge, 'UPDATE', route).message.method).toBe('UPDATE');
  });
});

describe('passive health', () => {
  const cancelled = (edge: Edge): Sent => {
    edge.receive(request('INVITE', { branch: 'c' }), ...phone);
    const invite = edge.one();
    edge.receive(request('CANCEL', { branch: 'c' }), ...phone);
    edge.take();
    return invite;
  };

  it('takes no time-out of a cancelled call for a failure', () => {
    const edge = new Edge(world());
    cancelled(edge);
    edge.advance(6_000);
    expect(edge.take().find(({ message }) => message.status === 487)).toBeDefined();
    expect(edge.outcomes).toEqual([]);
  });

  it.each([487, 503])('takes no %i of a cancelled call for a verdict', (status) => {
    const edge = new Edge(world());
    edge.receive(answerTo(cancelled(edge), status), ...backend);
    expect(edge.outcomes).toEqual([]);
    expect(edge.count('failovers_total')).toBe(0);
  });

  it.each([404, 486, 401])('takes a %i for life', (status) => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    edge.receive(answerTo(edge.one(), status), ...backend);
    expect(edge.outcomes).toEqual([[1, 'ok']]);
  });
});

describe('a destination that the next attempt would go to', () => {
  const after = (row: Extract<RowOp, { table: 'destination' }>['row']): string[] => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    const invite = edge.one();
    const { env } = edge;
    env.view = applyOps(env.view, [{ table: 'destination', key: '2', row }], 'epoch', 2);
    edge.receive(answerTo(invite, 503), ...backend);
    return edge.take().filter(({ message }) => message.method !== 'ACK' || !message.isRequest).map(({ target, message }) => (message.isRequest ? target.address : String(message.status)));
  };
  const row = { id: 2, set: 10, uri: 'sip:10.0.0.2:5060', rank: 2, weight: 1, admin: 'enabled', attrs: {} } as const;

  it('gets it after a change of something else, and not when it was drained, disabled or removed meanwhile', () => {
    expect(after({ ...row, weight: 7 })).toEqual(['10.0.0.2']);
    for (const gone of [{ ...row, admin: 'draining' }, { ...row, admin: 'disabled' }, null] as const) expect(after(gone)).toEqual(['503']);
  });
});

describe('a 2xx of an attempt that was given up', () => {
  it('goes up, is its own destination’s call, and cancels the attempt under way', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    const first = edge.one();
    edge.advance(5_100);
    const next = edge.take().find(({ target }) => target.address === '10.0.0.2');
    if (next === undefined) throw new Error('no second attempt');
    edge.receive(answerTo(next, 180), ...second);
    edge.take();
    edge.receive(answerTo(first, 200, 'late'), ...backend);
    const sent = edge.take();
    expect(sent.map(({ message }) => (message.isRequest ? message.method : message.status))).toEqual([200, 'CANCEL']);
    expect(sent[1]?.target.address).toBe('10.0.0.2');
    expect(edge.outcomes.at(-1)).toEqual([1, 'ok']);
    edge.receive(answerTo(next, 487), ...second);
    expect(edge.take().map(({ message }) => message.method)).toEqual(['ACK']);
    expect(edge.env.calls.size).toBe(1);
  });
});

describe('phones that only their flow leads to', () => {
  const bye = (route: string, uri: string): string => request('BYE', { uri, headers: `Route: ${route}\r\n`, branch: 'b' })
    .replace('From: <sip:alice@acme.example>;tag=alice', 'From: <sip:1001@acme.example>;tag=callee').replace('To: <sip:1001@acme.example>', 'To: <sip:alice@acme.example>;tag=alice');
  const call = (edge: Edge, contact: string, address: string, port: number, listener = tcp, connection = 42): string => {
    edge.receive(request('INVITE').replace('<sip:alice@198.51.100.7:5060>', `<${contact}>`), address, port, listener, connection);
    const invite = edge.take().find(({ message }) => message.method === 'INVITE');
    if (invite === undefined) throw new Error('not relayed');
    edge.receive(answerTo(invite, 200), ...backend);
    edge.take();
    return invite.message.headers('record-route').map(({ start, end }) => invite.message.raw.slice(start, end)).join(', ');
  };

  it('on a connection get the BYE of the callee over it', () => {
    const edge = new Edge(world());
    const route = call(edge, 'sip:alice@192.168.1.5:5060;transport=tcp', '198.51.100.7', 33_000);
    edge.connections.set('198.51.100.7:33000', 42);
    edge.receive(bye(route, 'sip:alice@192.168.1.5:5060;transport=tcp'), ...backend);
    const sent = edge.one();
    expect(sent.target).toMatchObject({ transport: 'tcp', address: '198.51.100.7', port: 33_000, connection: 42 });
    expect(sent.message.requestUri).toBe('sip:alice@192.168.1.5:5060;transport=tcp');
  });

  it('are tried at their Contact when the connection is gone', () => {
    const edge = new Edge(world());
    const route = call(edge, 'sip:alice@203.0.113.50:5080;transport=tcp', '198.51.100.7', 33_000);
    edge.receive(bye(route, 'sip:alice@203.0.113.50:5080;transport=tcp'), ...backend);
    expect(edge.one().target).toMatchObject({ transport: 'tcp', address: '203.0.113.50', port: 5080 });
  });

  it('behind NAT get it at the address we know them by, and their own requests go to the callee', () => {
    const edge = new Edge(world());
    const { udp } = { udp: { ...tcp, id: 0, transport: 'udp' as const } };
    const route = call(edge, 'sip:alice@192.168.1.5:5060', '203.0.113.5', 40_000, udp, 0);
    edge.receive(bye(route, 'sip:alice@192.168.1.5:5060'), ...backend);
    expect(edge.one().target).toMatchObject({ transport: 'udp', address: '203.0.113.5', port: 40_000 });
    edge.receive(request('UPDATE', { uri: 'sip:1001@10.0.0.1:5060', toTag: 'callee', headers: `Route: ${route}\r\n`, cseq: 2, branch: 'u' }), '203.0.113.5', 40_000);
    expect(edge.one().target).toMatchObject({ address: '10.0.0.1' });
  });

  it('have no flow in the token when their Contact is good', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    expect(edge.one().message.header('record-route')).toMatch(/^<sip:d1\.[\w-]{11}@/);
  });

  it('that the PBX called get the rest of the dialog over the flow in their Path; without it 430', () => {
    const edge = new Edge(world());
    edge.receive(request('REGISTER', { uri: 'sip:acme.example', to: 'sip:alice@acme.example', branch: 'r' }), '198.51.100.7', 33_000, tcp, 42);
    const path = edge.one().message.header('path') ?? '';
    const invite = (branch: string): string => request('INVITE', { uri: 'sip:alice@192.168.1.5', callId: 'in', branch, headers: `Route: ${path}\r\n` });
    edge.receive(invite('a'), ...backend);
    expect(edge.one().message.status).toBe(430);
    edge.connections.set('198.51.100.7:33000', 43);
    edge.receive(invite('b'), ...backend);
    const sent = edge.one();
    expect(sent.target).toMatchObject({ transport: 'tcp', connection: 43 });
    const route = sent.message.headers('record-route').map(({ start, end }) => sent.message.raw.slice(start, end)).toReversed().join(', ');
    edge.receive(answerTo(sent, 200), '198.51.100.7', 33_000, tcp, 43);
    edge.take();
    edge.receive(request('BYE', { uri: 'sip:alice@192.168.1.5', callId: 'in', toTag: 'callee', branch: 'x', cseq: 2, headers: `Route: ${route}\r\n` }), ...backend);
    expect(edge.one().target).toMatchObject({ transport: 'tcp', address: '198.51.100.7', connection: 43 });
  });
});

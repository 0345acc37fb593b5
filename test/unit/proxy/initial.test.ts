import { describe, expect, it } from 'vitest';
import { answerTo, destination, Edge, request, tcp, world } from './edge.ts';

const phone = ['198.51.100.7', 5060] as const;
const backend = ['10.0.0.1', 5060] as const;
const second = ['10.0.0.2', 5060] as const;

describe('a call through the edge', () => {
  it('relays INVITE with Via, Record-Route and one hop less, and its responses back without our Via', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    const invite = edge.one();
    expect(invite.target).toMatchObject({ transport: 'udp', address: '10.0.0.1', port: 5060 });
    expect(invite.message.maxForwards).toBe(69);
    expect(invite.message.requestUri).toBe('sip:1001@acme.example');
    expect(invite.message.vias().map((via) => via.sentBy)).toEqual(['192.0.2.1:5060', '198.51.100.7:5060']);
    expect(invite.message.header('record-route')).toMatch(/^<sip:d1\.[\w-]{11}@192\.0\.2\.1:5060;lr>$/);
    edge.receive(answerTo(invite, 180), ...backend);
    const ringing = edge.one();
    expect(ringing.target).toMatchObject({ address: '198.51.100.7', port: 5060 });
    expect(ringing.message.vias()).toHaveLength(1);
    edge.receive(answerTo(invite, 200), ...backend);
    expect(edge.one().message.status).toBe(200);
    expect(edge.env.calls.size).toBe(1);
    expect(edge.count('invite_answered_total')).toBe(1);
  });

  it.each([
    ['sip:1001@acme.example;maddr=192.0.2.1', 'sip:1001@acme.example'],
    ['sip:1001@acme.example:5060;transport=udp;maddr=192.0.2.1;user=phone', 'sip:1001@acme.example;user=phone'],
    // Not ours, not this port, not this transport: nothing that we are asked to take off, and nothing that leads the request.
    ['sip:1001@acme.example;maddr=192.0.2.9', 'sip:1001@acme.example;maddr=192.0.2.9'],
    ['sip:1001@acme.example:5070;maddr=192.0.2.1', 'sip:1001@acme.example:5070;maddr=192.0.2.1'],
    ['sip:1001@acme.example;transport=tcp;maddr=192.0.2.1', 'sip:1001@acme.example;transport=tcp;maddr=192.0.2.1'],
  ])('sends %s to its backend as %s', (uri, expected) => {
    const edge = new Edge(world());
    edge.receive(request('INVITE', { uri }), ...phone);
    const invite = edge.one();
    expect([invite.target.address, invite.message.requestUri]).toEqual(['10.0.0.1', expected]);
  });

  it.each(['INVITE', 'MESSAGE'])('sends no response to %s on that has no Via but ours, and tries the next destination', (method) => {
    const edge = new Edge(world({ algorithm: 8, destinations: [destination(1, 'sip:10.0.0.1'), destination(2, 'sip:10.0.0.2')] }));
    edge.receive(request(method), ...phone);
    const first = edge.one();
    const [own = '', ...others] = first.message.vias().map((via) => `Via: ${via.raw.slice(via.start, via.end)}\r\n`);
    const stripped = (status: number): string => others.reduce((text, line) => text.replace(line, ''), answerTo(first, status));
    expect(stripped(180)).toContain(own);
    edge.receive(stripped(180), ...backend);
    expect(edge.take()).toEqual([]);
    edge.receive(stripped(200), ...backend);
    const next = edge.take().filter(({ message }) => message.method === method);
    expect(next.map(({ target }) => target.address)).toEqual(['10.0.0.2']);
    expect(edge.env.calls.size).toBe(0);
    expect(edge.count('dropped_stray_response_total')).toBe(2);
  });

  it('answers 100 by itself when the backend is slow, and absorbs retransmissions', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    const invite = edge.one();
    edge.advance(240);
    expect(edge.one().message.status).toBe(100);
    edge.receive(request('INVITE'), ...phone);
    expect(edge.one().message.status).toBe(100);
    expect(invite.message.method).toBe('INVITE');
  });

  it('passes every 2xx retransmission up and the ACK through to the callee', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    const invite = edge.one();
    const ok = answerTo(invite, 200);
    edge.receive(ok, ...backend);
    edge.receive(ok, ...backend);
    expect(edge.take().map((sent) => sent.message.status)).toEqual([200, 200]);
    const route = invite.message.header('record-route');
    edge.receive(request('ACK', { uri: 'sip:1001@10.0.0.1:5060', toTag: 'callee', headers: `Route: ${route}\r\n`, branch: 'ack' }), ...phone);
    const ack = edge.one();
    expect(ack.message.method).toBe('ACK');
    expect(ack.message.header('route')).toBeUndefined();
    expect(ack.target).toMatchObject({ address: '10.0.0.1' });
  });
});

describe('failover', () => {
  it.each([500, 503])('moves on after %i and hides it from the caller', (status) => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    const first = edge.one();
    edge.receive(answerTo(first, status), ...backend);
    const [ack, again] = edge.take();
    expect(ack?.message.method).toBe('ACK');
    expect(again?.target).toMatchObject({ address: '10.0.0.2' });
    expect(again?.message.topVia?.branch).not.toBe(first.message.topVia?.branch);
    expect(edge.count('failovers_total')).toBe(1);
    expect(edge.outcomes).toEqual(status === 503 ? [[1, 503]] : [[1, 'ok']]);
  });

  it.each([486, 404, 401, 407, 603])('treats %i as final', (status) => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    edge.receive(answerTo(edge.one(), status), ...backend);
    const [, up] = edge.take();
    expect(up?.message.status).toBe(status);
    expect(up?.target.address).toBe('198.51.100.7');
  });

  it('never moves on after 6xx, even when the matrix lists it', () => {
    const edge = new Edge(world({ on: [603] }));
    edge.receive(request('INVITE'), ...phone);
    edge.receive(answerTo(edge.one(), 603), ...backend);
    expect(edge.take()[1]?.message.status).toBe(603);
  });

  it('moves on when no provisional comes in time', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    edge.take();
    edge.advance(5_100);
    const again = edge.take().filter((sent) => sent.target.address === '10.0.0.2');
    expect(again).toHaveLength(1);
    expect(edge.outcomes).toEqual([[1, 'timeout']]);
  });

  it('moves on when the request cannot be sent', () => {
    const edge = new Edge(world());
    edge.receive(request('REGISTER', { uri: 'sip:acme.example', to: 'sip:alice@acme.example' }), ...phone);
    const first = edge.one();
    first.owner?.sendFailed('ECONNREFUSED');
    expect(edge.one().target.address).not.toBe(first.target.address);
  });

  it('holds silence against a destination only when every PBX would have answered', () => {
    const edge = new Edge(world({ maxAttempts: 1 }));
    edge.receive(request('MESSAGE', { callId: 'm', branch: 'm' }), ...phone);
    edge.advance(6_000);
    expect(edge.outcomes).toEqual([]);
    edge.receive(request('REGISTER', { uri: 'sip:acme.example', to: 'sip:alice@acme.example', callId: 'r', branch: 'r' }), ...phone);
    edge.advance(6_000);
    expect(edge.outcomes).toHaveLength(1);
  });

  it('does not move on once it has rung', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    const invite = edge.one();
    edge.receive(answerTo(invite, 180), ...backend);
    edge.take();
    edge.advance(30_200);
    expect(edge.one().message.method).toBe('CANCEL');
    edge.receive(answerTo(invite, 487), ...backend);
    expect(edge.take().map(({ message }) => (message.isRequest ? message.method : message.status))).toEqual(['ACK', 408]);
    expect(edge.outcomes).toEqual([]);
  });

  it('answers 408 by itself when the callee does not even answer the CANCEL of timer C', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    edge.receive(answerTo(edge.one(), 180), ...backend);
    edge.advance(30_200 + 32_100);
    const up = edge.take().filter(({ message }) => !message.isRequest).map(({ message }) => message.status);
    expect(up).toEqual([180, 408]);
    edge.receive(request('ACK', { toTag: 'x', branch: 'INVITE-1' }), ...phone);
    edge.advance(70_000);
    expect([edge.env.layer.clientCount, edge.env.layer.serverCount]).toEqual([0, 0]);
  });

  it('lets the call through that is answered as timer C ends', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    const invite = edge.one();
    edge.receive(answerTo(invite, 180), ...backend);
    edge.advance(30_200);
    edge.take();
    edge.receive(answerTo(invite, 200), ...backend);
    expect(edge.one().message.status).toBe(200);
    expect(edge.env.calls.size).toBe(1);
  });

  it('answers 503 with Retry-After when every destination failed', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE'), ...phone);
    edge.receive(answerTo(edge.one(), 503), ...backend);
    const again = edge.take().find((sent) => sent.message.method === 'INVITE');
    if (again === undefined) throw new Error('no second attempt');
    edge.receive(answerTo(again, 503), ...second);
    const up = edge.take().find((sent) => !sent.message.isRequest);
    expect(up?.message.status).toBe(503);
    expect(up?.message.header('retry-after')).toBe('10');
  });

  it('stops after maxAttempts', () => {
    const edge = new Edge(world({ maxAttempts: 1 }));
    edge.receive(request('INVITE'), ...phone);
    edge.receive(answerTo(edge.one(), 503), ...backend);
    const sent = edge.take();
    expect(sent.map((each) => each.message.isRequest ? each.message.method : each.message.status)).toEqual(['ACK', 500]);
  });

  it('looks at health again before each attempt', () => {
    const edge = new Edge(world({ destinations: [destination(1, 'sip:10.0.0.1'), destination(2, 'sip:10.0.0.2', { rank: 2 }), destination(3, 'sip:10.0.0.3', { rank: 3 })] }));
    edge.receive(request('INVITE'), ...phone);
    edge.health(2, 'down');
    edge.receive(answerTo(edge.one(), 503), ...backend);
    expect(edge.take().find((sent) => sent.message.method === 'INVITE')?.target.address).toBe('10.0.0.3');
  });

  it('answers 503 with Retry-After when nothing is healthy', () => {
    const edge = new Edge(world());
    edge.health(1, 'down');
    edge.health(2, 'down');
    edge.receive(request('INVITE'), ...phone);
    const up = edge.one();
    expect(up.message.status).toBe(503);
    expect(up.message.header('retry-after')).toBe('10');
    expect(edge.count('no_destination_total')).toBe(1);
  });

  it('sends no 408 to a non-INVITE (RFC 4320)', () => {
    const edge = new Edge(world({ maxAttempts: 1 }));
    edge.receive(request('MESSAGE'), ...phone);
    edge.take();
    edge.advance(6_000);
    expect(edge.take().filter((sent) => sent.message.status === 408)).toEqual([]);
  });
});

describe('CANCEL', () => {
  it('is answered 200 and goes on to the ringing backend, whose 487 goes up', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE', { branch: 'c' }), ...phone);
    const invite = edge.one();
    edge.receive(answerTo(invite, 180), ...backend);
    edge.take();
    edge.receive(request('CANCEL', { branch: 'c' }), ...phone);
    const [ok, cancel] = edge.take();
    expect(ok?.message.status).toBe(200);
    expect(cancel?.message.method).toBe('CANCEL');
    expect(cancel?.message.topVia?.branch).toBe(invite.message.topVia?.branch);
    edge.receive(answerTo(invite, 487), ...backend);
    expect(edge.take().find((sent) => !sent.message.isRequest)?.message.status).toBe(487);
  });

  it('waits for a provisional, and never fails over afterwards', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE', { branch: 'c' }), ...phone);
    const invite = edge.one();
    edge.receive(request('CANCEL', { branch: 'c' }), ...phone);
    expect(edge.one().message.status).toBe(200);
    edge.receive(answerTo(invite, 100), ...backend);
    expect(edge.one().message.method).toBe('CANCEL');
    edge.receive(answerTo(invite, 503), ...backend);
    const sent = edge.take();
    expect(sent.some((each) => each.message.isRequest && each.message.method === 'INVITE')).toBe(false);
  });

  it('gets 481 when its INVITE is not known', () => {
    const edge = new Edge(world());
    edge.receive(request('CANCEL'), ...phone);
    expect(edge.one().message.status).toBe(481);
  });
});

describe('rewriting', () => {
  it('strips and prepends on every attempt', () => {
    const edge = new Edge(world({ strip: 1, prepend: '0049' }));
    edge.receive(request('INVITE', { uri: 'sip:+301@acme.example;user=phone' }), ...phone);
    const first = edge.one();
    expect(first.message.requestUri).toBe('sip:0049301@acme.example;user=phone');
    edge.receive(answerTo(first, 503), ...backend);
    expect(edge.take().find((sent) => sent.message.method === 'INVITE')?.message.requestUri).toBe('sip:0049301@acme.example;user=phone');
  });

  it('goes to a TCP destination with two Record-Routes, one for each side', () => {
    const edge = new Edge(world({ destinations: [destination(1, 'sip:10.0.0.1:5060;transport=tcp')] }));
    edge.receive(request('INVITE'), ...phone);
    const invite = edge.one();
    expect(invite.target.transport).toBe('tcp');
    expect(invite.message.topVia?.transport).toBe('TCP');
    expect(invite.message.routeValues('record-route').map((value) => value.sipUri?.transport)).toEqual(['tcp', '']);
  });

  it('notes where the request came from (RFC 3581)', () => {
    const edge = new Edge(world());
    edge.receive(request('INVITE').replace('5060;branch', '5060;rport;branch'), '203.0.113.5', 40_000);
    const via = edge.one().message.via(1);
    expect([via?.received, via?.rport]).toEqual(['203.0.113.5', 40_000]);
  });

  it('leaves every byte that no rule touches', () => {
    const edge = new Edge(world());
    const odd = 'X-Odd:  \t kept   as it is \r\nsubject: caf\xe9\r\n';
    edge.receive(request('INVITE', { headers: odd }), ...phone);
    expect(edge.one().text).toContain(odd);
  });
});

describe('REGISTER', () => {
  const register = (callId: string, cseq: number, headers = ''): string =>
    request('REGISTER', { uri: 'sip:acme.example', to: 'sip:alice@acme.example', callId, cseq, branch: `r${callId}${cseq}`, headers });

  it('gets a Path with a sealed flow and Supported: path, and no Record-Route', () => {
    const edge = new Edge(world());
    edge.receive(register('r', 1), ...phone);
    const { message } = edge.one();
    expect(message.header('path')).toMatch(/^<sip:f[\w-]+@192\.0\.2\.1:5060;lr>$/);
    expect(message.header('path')).not.toContain('198.51.100.7');
    expect(message.header('supported')).toBe('path');
    expect(message.header('record-route')).toBeUndefined();
  });

  it('keeps one PBX for an address of record, digest retry included', () => {
    const edge = new Edge(world({ algorithm: 4 }));
    const chosen = new Set<string>();
    for (let i = 1; i <= 8; i++) {
      edge.receive(register(`id${i}`, i), ...phone);
      chosen.add(edge.one().target.address);
    }
    expect(chosen.size).toBe(1);
  });

  it('gives the way to the phone: the PBX calls it over the flow in the Path, also over TCP', () => {
    const edge = new Edge(world());
    edge.receive(register('r', 1), '198.51.100.7', 33_000, tcp, 42);
    const path = edge.one().message.header('path');
    const call = request('INVITE', { uri: 'sip:alice@192.168.1.5:5060', callId: 'in', branch: 'pbx', headers: `Route: ${path}\r\n` });
    edge.connections.set('198.51.100.7:33000', 42);
    edge.receive(call, ...backend);
    const invite = edge.one();
    expect(invite.target).toMatchObject({ transport: 'tcp', address: '198.51.100.7', port: 33_000, connection: 42 });
    expect(invite.message.header('route')).toBeUndefined();
    expect(invite.message.header('record-route')).toMatch(/<sip:d1\./);
  });
});

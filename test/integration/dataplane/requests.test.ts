/** Single requests through the real data plane: what is refused and how, what is changed and what is not, and who gets an answer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headerOf, newBranch, token, valuesOf, writeSip } from '../../harness/sip-text.ts';
import { until } from '../../harness/deadline.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { Peer, Rig } from './rig.ts';

let rig: Rig;
let pbx: Peer;
let stream: Peer;
const uri = 'sip:1001@acme.example';

beforeAll(async () => {
  const sockets = [await SipSocket.open(), await SipSocket.open({ transport: 'tcp' })];
  const [udp = '', tcp = ''] = sockets.map((socket) => `sip:127.0.0.1:${socket.port}${socket.transport === 'tcp' ? ';transport=tcp' : ''}`);
  rig = await Rig.start([
    { key: 'acme', destinations: [udp] },
    { key: 'stream', destinations: [tcp] },
    { key: 'trunked', destinations: [udp], trunk: ['127.0.0.5/32'], strip: 3, prepend: '0' },
    { key: 'limited', destinations: [udp], limits: { calls: 1 } },
  ], { listen: 'udp:0.0.0.0:PORT,tcp:0.0.0.0:PORT,udp:[::]:PORT,tcp:[::]:PORT' });
  [pbx, stream] = sockets.map((socket) => new Peer(socket, rig)) as [Peer, Peer];
}, 40_000);
afterAll(async () => {
  for (const peer of [pbx, stream]) await peer.socket.close();
  await rig.stop();
});

/** Sends a request and returns it as the backend got it; the backend answers 200. */
async function relayed(method: string, target = uri, options: Parameters<Peer['request']>[2] = {}, caller?: Peer, callee = pbx) {
  const from = caller ?? await rig.peer();
  const callId = options.callId ?? token();
  const text = from.request(method, target, { ...options, callId });
  await from.send(text);
  const got = await callee.gets(method, callId);
  callee.answer(got, 200);
  const answer = await from.hears(200, callId);
  return { text, got: got.message, answer: answer.message, from };
}

describe('a request that goes no further', () => {
  it.each([
    ['416', 'INVITE nobodyknows:1001@acme.example SIP/2.0'], ['505', 'INVITE sip:1001@acme.example SIP/7.0'], ['400', 'INVITE <sip:1001@acme.example> SIP/2.0'],
    ['400', 'INVITE sip:1001@acme.example;x=?Route=%3Csip:x%3E SIP/2.0'], ['404', `BYE sip:1001@127.0.0.1:1 SIP/2.0\r\nX-Tag: yes`],
  ])('gets %s: %s', async (status, startLine) => {
    const caller = await rig.peer();
    const callId = token();
    const method = startLine.slice(0, startLine.indexOf(' '));
    const text = caller.request(method, 'sip:x', { callId, ...(method === 'BYE' ? { toTag: 'x' } : {}) });
    await caller.send(startLine + text.slice(text.indexOf('\r\n')));
    const answer = await caller.hears(Number(status), callId);
    expect(headerOf(answer.message, 'to')).toContain(';tag=');
    if (status === '405') expect(headerOf(answer.message, 'allow')).toContain('INVITE');
  });

  it.each([
    [483, { maxForwards: 0 }, ''], [420, { headers: ['Proxy-Require: foo, path'] }, 'foo'], [403, { headers: ['Route: <sip:203.0.113.66;lr>'] }, ''],
    [403, { headers: ['Route: <sip:edge.example:PORT;lr>, <sip:203.0.113.66;lr>'] }, ''],
  ])('gets %i for %o', async (status, options, unsupported) => {
    const caller = await rig.peer();
    const callId = token();
    await caller.send(caller.request('INVITE', uri, { ...options, callId }).replace('PORT', String(rig.port)));
    expect(headerOf((await caller.hears(status, callId)).message, 'unsupported')).toBe(unsupported);
    expect(pbx.count('INVITE', callId)).toBe(0);
  });

  it.each(['sip:1001@stranger.example', 'sip:1001@127.0.0.1', 'tel:1001;phone-context=stranger.example', 'sip:acme.example.evil.example'])('for %s gets silence', async (target) => {
    const caller = await rig.peer();
    const before = await rig.metric('dropped_unknown_domain_total');
    await caller.send(caller.request('INVITE', target));
    await until('the drop', 3_000, async () => (await rig.metric('dropped_unknown_domain_total')) > before);
    expect(caller.socket.received).toEqual([]);
  });

  it('over the limit of calls that ring gets 503', async () => {
    const caller = await rig.peer();
    const [one, two] = [token(), token()];
    await caller.send(caller.request('INVITE', 'sip:1@limited.example', { callId: one }));
    const ringing = await pbx.gets('INVITE', one);
    await caller.send(caller.request('INVITE', 'sip:1@limited.example', { callId: two }));
    expect(headerOf((await caller.hears(503, two)).message, 'retry-after')).toBe('1');
    pbx.answer(ringing, 486);
    await caller.hears(486, one);
  });
});

describe('a relayed request', () => {
  it('keeps every byte that no rule touches', async () => {
    const odd = ['X-Odd:  \t kept  as it is ', 'subject : caf\xe9', 'C%6Fntact: not a contact', "extensionHeader-!.%*+_`'~: x", 'X-Fold: one\r\n\t two', 'X-Empty:'];
    const { got, text } = await relayed('MESSAGE', uri, { headers: odd, body: '\x00\x01\xff binary\r\n\r\nINVITE sip:x' });
    for (const line of odd) expect(got.raw).toContain(`\r\n${line}\r\n`);
    expect(got.body).toBe(text.slice(text.indexOf('\r\n\r\n') + 4));
  });

  it.each([[10, '9'], [1, '0'], [null, '70']])('with Max-Forwards %s has %s', async (maxForwards, expected) => {
    expect(valuesOf((await relayed('MESSAGE', uri, { maxForwards })).got, 'max-forwards')).toEqual([expected]);
  });

  it('keeps the rest of many Vias on one folded line, compact form and all, in both directions', async () => {
    const caller = await rig.peer();
    const callId = token();
    const via = `v: SIP / 2.0 / UDP ${caller.hostPort} ;branch=${newBranch()};rport,\r\n SIP/2.0/TCP [2001:db8::1]:5070;branch=z9hG4bKx;received="q,q",SIP/2.0/TLS-SCTP h.example;hidden`;
    await caller.send(writeSip(`MESSAGE ${uri} SIP/2.0`, [via, 'f: "A, \\"B\\"" <sip:a@b.example>;tag=1', `t:<${uri}>`, `i : ${callId}`, 'CSeq:\r\n 7\r\n\tMESSAGE', 'max-forwards:0070']));
    const got = await pbx.gets('MESSAGE', callId);
    const vias = valuesOf(got.message, 'via');
    expect(vias).toHaveLength(4);
    expect(vias[1]).toContain(`;received=127.0.0.1;rport=${caller.socket.port}`);
    pbx.answer(got, 200);
    expect(valuesOf((await caller.hears(200, callId)).message, 'via')).toEqual(vias.slice(1));
  });

  it.each([
    ['sip:+49(30)123;phone-context=x:pass%20word@acme.example:5060;user=phone;x=%41', true], ['sip:%61lice%00@ACME.example', true],
  ])('to %s keeps its Request-URI', async (target) => {
    expect((await relayed('MESSAGE', target)).got.uri).toBe(target);
  });

  it('to a sips URI is not sent without TLS: 480 says that sip would do (RFC 5630 §5.3)', async () => {
    const caller = await rig.peer();
    const callId = token();
    await caller.send(caller.request('MESSAGE', 'sips:1001@acme.example', { callId }));
    expect(headerOf((await caller.hears(480, callId)).message, 'warning')).toBe('380 signalbox "SIPS Not Allowed"');
  });

  it('is not sent to a spoofed Via: only its own source hears of it', async () => {
    const victim = await rig.peer();
    const caller = await rig.peer();
    const callId = token();
    await caller.send(caller.request('OPTIONS', `sip:127.0.0.1:${rig.port}`, { callId }).replace(`UDP ${caller.hostPort}`, `UDP 10.9.8.7:${victim.socket.port};maddr=127.0.0.1`));
    expect(valuesOf((await caller.hears(200, callId)).message, 'via')[0]).toContain(`received=127.0.0.1;rport=${caller.socket.port}`);
    expect(victim.socket.received).toEqual([]);
  });

  it('without rport is answered at the port of its Via', async () => {
    const caller = await rig.peer();
    const listening = await rig.peer();
    const callId = token();
    await caller.send(caller.request('MESSAGE', uri, { callId, via: '' }).replace(`UDP ${caller.hostPort}`, `UDP ${listening.hostPort}`));
    pbx.answer(await pbx.gets('MESSAGE', callId), 200);
    await listening.hears(200, callId);
  });

  it('of 60 kB passes whole, one that no datagram holds gets 513', async () => {
    const body = 'x'.repeat(60_000);
    expect((await relayed('MESSAGE', uri, { body })).got.body).toBe(body);
    const caller = await rig.peer({ transport: 'tcp' });
    const callId = token();
    await caller.send(caller.request('MESSAGE', uri, { callId, body: 'x'.repeat(65_120) }));
    await caller.hears(513, callId);
    expect(await rig.metric('transport_errors_total')).toBe(0);
  });

  it('without Content-Length gets one on a stream', async () => {
    const caller = await rig.peer();
    const callId = token();
    await caller.send(caller.request('MESSAGE', 'sip:1@stream.example', { callId }).replace('Content-Length: 0\r\n\r\n', '\r\nhello'));
    const got = await stream.gets('MESSAGE', callId);
    expect(got.message.body).toBe('hello');
    stream.answer(got, 200);
    await caller.hears(200, callId);
  });

  it('with bytes behind its body loses them; one that is cut short gets 400', async () => {
    const caller = await rig.peer();
    const callId = token();
    await caller.send(`${caller.request('MESSAGE', uri, { callId, body: 'abc' })}INVITE sip:evil SIP/2.0\r\n`);
    const got = await pbx.gets('MESSAGE', callId);
    expect(got.message.body).toBe('abc');
    pbx.answer(got, 200);
    const short = token();
    await caller.send(caller.request('MESSAGE', uri, { callId: short }).replace('Content-Length: 0', 'Content-Length: 99'));
    await caller.hears(400, short);
  });
});

describe('OPTIONS', () => {
  it.each(['sip:127.0.0.1:PORT', 'sip:edge.example:PORT', 'sip:[::1]:PORT'])('to the node itself (%s) is answered', async (target) => {
    const caller = await rig.peer({ host: target.includes('[') ? '::1' : '127.0.0.1' });
    const callId = token();
    await caller.send(caller.request('OPTIONS', target.replace('PORT', String(rig.port)), { callId, maxForwards: 0 }));
    expect(headerOf((await caller.hears(200, callId)).message, 'allow')).toContain('INVITE');
  });
  it('to a user of a tenant is relayed', async () => expect((await relayed('OPTIONS')).got.uri).toBe(uri));
});

describe('a trunk', () => {
  it.each([
    ['tel:+493012345;phone-context=x', 'sip:03012345;phone-context=x@PBX;user=phone'], ['sip:+493012345;npdi:secret@127.0.0.1;user=phone', 'sip:03012345;npdi:secret@127.0.0.1;user=phone'], ['sip:%2B4930%23@x.example', 'sip:030%23@x.example'],
  ])('calls %s, which is rewritten to %s', async (target, expected) => {
    const trunk = await rig.peer({ host: '127.0.0.5' });
    expect((await relayed('INVITE', target, {}, trunk)).got.uri).toBe(expected.replace('PBX', pbx.hostPort));
  });
});

describe('wildcard listeners', () => {
  it.each([['127.0.0.1', '127.0.0.1'], ['::1', '[::1]']])('show a peer on %s the address %s', async (host, shown) => {
    const caller = await rig.peer({ host });
    const { got, answer } = await relayed('INVITE', uri, {}, caller);
    expect(valuesOf(answer, 'record-route').at(-1)).toContain(`@${shown}:${rig.port}`);
    // Of several workers each has a port of its own towards backends, which only its Via names.
    expect(valuesOf(got, 'via')[0]).toMatch(/ 127\.0\.0\.1:\d+;/);
    expect(valuesOf(got, 'record-route').at(-1)).toContain(`:${rig.port}`);
  });
});

describe('noise', () => {
  it('in every shape leaves the node alive and unfaulted', async () => {
    const caller = await rig.peer();
    const base = caller.request('INVITE', uri, { headers: [`Route: <sip:x@127.0.0.1:${rig.port};lr>`, 'Record-Route: <sip:y>'], toTag: 't' });
    let seed = 42;
    const random = (below: number): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) % below;
    const bits = ['\r\n', '\r\n ', ',', ';', '<', '>', '"', '\\', ':', '@', '%', '\x00', '\xff', 'sip:', 'Via: ', 'Route: <', ';lr', '999999999999', '[::', ';tag=', ';branch=', ' '];
    for (let n = 0; n < 4_000; n++) {
      let text = base;
      for (let edits = random(4) + 1; edits > 0; edits--) {
        const at = random(text.length);
        text = text.slice(0, at) + (bits[random(bits.length)] ?? '') + text.slice(at + random(6));
      }
      await caller.send(text);
      if (n % 200 !== 0) continue;
      const callId = token();
      await until('the node to answer', 5_000, async () => {
        await caller.send(caller.request('OPTIONS', `sip:127.0.0.1:${rig.port}`, { callId, branch: newBranch() }));
        return caller.socket.waitFor('200', (m) => m.status === 200 && headerOf(m, 'call-id') === callId, 300);
      });
    }
    expect(rig.process.running).toBe(true);
    expect(await rig.metric('faults_total')).toBe(0);
  }, 60_000);
});

/** Calls through the real data plane whose destinations and Contacts are names, and a DNS server that does what a test says. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { until, within } from '../../harness/deadline.ts';
import { DnsServer } from '../../harness/dns-server.ts';
import { freePort } from '../../harness/ports.ts';
import { callIdOf, token } from '../../harness/sip-text.ts';
import { establish, fromCaller, Rig, type Established, type Peer, type Plan } from '../dataplane/rig.ts';

// Each wait has its own deadline; some wait for a time to live or for DNS to be given up.
vi.setConfig({ testTimeout: 40_000 });

let dns: DnsServer;
let rig: Rig | undefined;
beforeEach(async () => { dns = await DnsServer.open(); });
afterEach(async () => {
  await rig?.stop();
  rig = undefined;
  await dns.close();
});

const uri = 'sip:1001@acme.example';
const start = async (destinations: readonly string[], more: Partial<Plan> = {}): Promise<Rig> => {
  rig = await Rig.start([{ key: 'acme', destinations, ...more }], { env: { SIGNALBOX_DNS: dns.address } });
  return rig;
};

/** Sends an INVITE and waits for its final response. */
async function answered(caller: Peer, status: number): Promise<void> {
  const callId = token();
  await caller.send(caller.request('INVITE', uri, { callId }));
  expect((await caller.socket.waitFor('a final response', (m) => m.status >= 200 && callIdOf(m) === callId)).message.status).toBe(status);
}

/** Calls until one arrives at a backend: what DNS said may still be on its way to the worker. */
async function arrives(caller: Peer, backend: Peer): Promise<void> {
  backend.socket.onMessage = (got) => { if (got.message.method === 'INVITE') backend.answer(got, 486); };
  await until('a call at the backend', 9_000, () => answered(caller, 486).then(() => true));
  backend.socket.onMessage = () => undefined;
}

/** Takes every INVITE with 200 from now on. */
const taking = (backend: Peer): void => {
  backend.socket.onMessage = (got) => { if (got.message.method === 'INVITE') backend.answer(got, 200); };
};

/** Asks within a call for a target of its own. */
const ask = (caller: Peer, call: Established, target: string, cseq: number, method = 'MESSAGE'): Promise<void> =>
  caller.send(caller.request(method, target, { callId: call.callId, cseq, toTag: 'callee', headers: call.callerRoutes }));

describe('a destination with a host name', () => {
  it('is found by NAPTR and SRV, which choose transport and port', async () => {
    const port = await freePort();
    dns.naptr('pbx.example', [{ services: 'SIP+D2T', replacement: '_sip._tcp.pbx.example' }, { services: 'SIP+D2U', replacement: '_sip._udp.pbx.example', order: 20 }]);
    dns.srv('_sip._tcp.pbx.example', [{ target: `host.example:${port}` }]);
    dns.host('host.example', ['127.0.0.1']);
    const edge = await start(['sip:pbx.example']);
    await arrives(await edge.peer(), await edge.peer({ transport: 'tcp', port }));
    expect(dns.log).not.toContain('SRV _sip._udp.pbx.example');
  });

  it('with a port is its addresses alone; a numeric one is never asked for', async () => {
    const port = await freePort();
    dns.srv('_sip._udp.pbx.example', [{ target: 'wrong.example:9' }]);
    dns.host('pbx.example', ['127.0.0.1']);
    const edge = await start(['sip:127.0.0.1:9', `sip:pbx.example:${port}`]);
    await arrives(await edge.peer(), await edge.peer({ port }));
    expect(new Set(dns.log)).toEqual(new Set(['A pbx.example', 'AAAA pbx.example']));
  });

  it('loses a server in the middle of the load and no call', async () => {
    const ports = [await freePort(), await freePort()];
    dns.host('host.example', ['127.0.0.1']);
    dns.srv('_sip._tcp.pbx.example', ports.map((port, index) => ({ target: `host.example:${port}`, priority: index })));
    const edge = await start(['sip:pbx.example;transport=tcp'], { failover: { frMs: 1_000 } });
    const [first, second] = [await edge.peer({ transport: 'tcp', port: ports[0] ?? 0 }), await edge.peer({ transport: 'tcp', port: ports[1] ?? 0 })];
    const caller = await edge.peer();
    await arrives(caller, first);
    taking(first);
    taking(second);
    const calls: Promise<unknown>[] = [];
    for (let n = 0; n < 60; n++) {
      calls.push(answered(caller, 200));
      if (n % 10 === 9) await Promise.all(calls);
      if (n === 24) await first.socket.close();
    }
    await within(8_000, 'every call answered', Promise.all(calls));
    expect(second.socket.received.length).toBeGreaterThan(20);
  });

  it('spreads calls over servers by weight', async () => {
    const ports = [await freePort(), await freePort()];
    dns.host('host.example', ['127.0.0.1']);
    dns.srv('_sip._udp.pbx.example', ports.map((port, index) => ({ target: `host.example:${port}`, weight: index === 0 ? 30 : 10 })));
    const edge = await start(['sip:pbx.example;transport=udp']);
    const backends = await Promise.all(ports.map((port) => edge.peer({ port })));
    for (const backend of backends) taking(backend);
    const caller = await edge.peer();
    await Promise.all(Array.from({ length: 200 }, () => answered(caller, 200)));
    const [heavy = 0, light = 0] = backends.map(({ socket }) => socket.received.filter(({ message }) => message.method === 'INVITE').length);
    expect(heavy / (heavy + light)).toBeGreaterThan(0.6);
    expect(heavy / (heavy + light)).toBeLessThan(0.9);
  });

  it('that DNS did not know is found when DNS knows it', async () => {
    const port = await freePort();
    const edge = await start([`sip:new.example:${port}`]);
    const [caller, backend] = [await edge.peer(), await edge.peer({ port })];
    await answered(caller, 503);
    dns.host('new.example', ['127.0.0.1']);
    await dns.asked('A new.example', 2);
    await arrives(caller, backend);
  });
});

describe('the target of a request in a dialog', () => {
  const established = async (): Promise<{ edge: Rig; caller: Peer; callee: Peer; call: Established }> => {
    const port = await freePort();
    const edge = await start([`sip:127.0.0.1:${port}`]);
    const callee = await edge.peer({ port });
    const caller = await edge.peer();
    return { edge, caller, callee, call: await establish(caller, callee, uri) };
  };

  it('is asked for once, by what its URI says', async () => {
    const { edge, caller, callee, call } = await established();
    const tcp = await edge.peer({ transport: 'tcp' });
    dns.srv('_sip._tcp.pbx.example', [{ target: `host.example:${tcp.socket.port}` }]);
    dns.host('host.example', ['127.0.0.1']);
    for (const cseq of [2, 3]) {
      await ask(caller, call, 'sip:a@pbx.example;transport=tcp', cseq);
      tcp.answer(await tcp.gets('MESSAGE'), 200);
      await caller.socket.waitFor('200', (m) => m.status === 200 && m.method === 'MESSAGE');
    }
    expect(dns.log).toEqual(['SRV _sip._tcp.pbx.example', 'A host.example', 'AAAA host.example']);
    await caller.send(fromCaller(caller, call, 'BYE', 4));
    callee.answer(await callee.gets('BYE'), 200);
    await caller.socket.waitFor('200 BYE', (m) => m.status === 200 && m.method === 'BYE');
    expect(dns.log.length).toBe(3);
  });

  it('whose DNS is silent holds up nobody else, and is answered 500 itself', async () => {
    const { caller, callee, call } = await established();
    dns.behave('slow.example', 'silent');
    await ask(caller, call, 'sip:a@slow.example:5060', 2);
    await dns.asked('A slow.example');
    // Everything else goes on while DNS is asked.
    for (let n = 0; n < 20; n++) await establish(caller, callee, uri);
    expect(caller.socket.received.some(({ message }) => message.status >= 500)).toBe(false);
    await within(6_000, 'the answer to who waits for DNS', caller.hears(500, call.callId));
  });

  it('whose DNS answers late gets its request then', async () => {
    const { edge, caller, callee, call } = await established();
    const late = await edge.peer();
    dns.host('late.example', ['127.0.0.1']);
    const release = dns.hold('late.example');
    await ask(caller, call, `sip:a@late.example:${late.socket.port}`, 2);
    await dns.asked('A late.example');
    await establish(caller, callee, uri);
    expect(late.socket.received).toEqual([]);
    release();
    late.answer(await late.gets('MESSAGE', call.callId), 200);
  });

  it('moves when DNS says so and the time to live is over', async () => {
    const { edge, caller, call } = await established();
    const port = await freePort();
    const target = `sip:a@move.example:${port}`;
    const old = await edge.peer({ port });
    const young = await edge.peer({ port, host: '127.0.0.2' });
    for (const peer of [old, young]) peer.socket.onMessage = (got) => { if (got.message.status === 0) peer.answer(got, 200); };
    dns.host('move.example', ['127.0.0.1'], 1);
    await ask(caller, call, target, 2);
    await old.gets('MESSAGE', call.callId);
    dns.host('move.example', ['127.0.0.2'], 1);
    let cseq = 3;
    await until('a request at the new address', 10_000, async () => {
      await ask(caller, call, target, cseq++);
      return young.socket.received.length > 0;
    });
    const stale = old.socket.received.length;
    await ask(caller, call, target, cseq);
    await until('the last request at the new address', 5_000, () => young.socket.received.some(({ message }) => message.headers.some(([, value]) => value === `${cseq} MESSAGE`)));
    expect(old.socket.received.length).toBe(stale);
  });

  it.each([
    ['goes round in CNAMEs', () => { dns.cname('lie.example', 'loop.example'); dns.cname('loop.example', 'lie.example'); }],
    ['names a thousand servers that are not there', () => dns.srv('_sip._udp.lie.example', Array.from({ length: 1_000 }, (_, n) => ({ target: `n${n}.example` })))],
    ['names a thousand services', () => dns.naptr('lie.example', Array.from({ length: 1_000 }, (_, n) => ({ services: 'SIP+D2U', order: n, replacement: `_sip._udp.n${n}.example` })))],
    ['names a thousand addresses that nobody has', () => dns.host('lie.example', Array.from({ length: 1_000 }, (_, n) => `224.0.${n >> 8}.${n & 255}`))],
    ['answers with noise', () => dns.behave('lie.example', 'garbage')],
  ])('whose DNS %s is answered 500 after a bounded number of questions', async (_, lie) => {
    lie();
    const { caller, callee, call } = await established();
    await ask(caller, call, 'sip:a@lie.example', 2);
    await within(10_000, 'the answer', caller.hears(500, call.callId));
    expect(dns.log.length).toBeLessThan(200);
    await establish(caller, callee, uri);
  });

  it('of several servers is the next one when one is not there', async () => {
    const { edge, caller, call } = await established();
    const there = await edge.peer({ transport: 'tcp' });
    dns.srv('_sip._tcp.pbx.example', [{ target: 'host.example:9', priority: 1 }, { target: `host.example:${there.socket.port}`, priority: 2 }]);
    dns.host('host.example', ['127.0.0.1']);
    await ask(caller, call, 'sip:a@pbx.example;transport=tcp', 2);
    there.answer(await there.gets('MESSAGE', call.callId), 200);
  });
});

describe('a rule that asks ENUM', () => {
  const domain = '5.6.4.3.2.1.0.3.9.4.e164.test';
  const rule = { enumSuffix: 'e164.test' };
  const invite = async (caller: Peer): Promise<string> => {
    const callId = token();
    await caller.send(caller.request('INVITE', 'sip:+4930123465@acme.example', { callId }));
    return callId;
  };

  it('calls what the rules of DNS make of the number, located by SRV, and its own sets when there is nothing', async () => {
    const [port, own] = [await freePort(), await freePort()];
    const edge = await start([`sip:127.0.0.1:${own}`], { rule });
    const [caller, there, backup] = [await edge.peer(), await edge.peer({ port }), await edge.peer({ port: own })];
    dns.naptr(domain, [{ services: 'E2U+sip', flags: 'u', regexp: '!^\\+49(.*)$!sip:\\1@phones.test!' }]);
    dns.srv('_sip._udp.phones.test', [{ target: `host.test:${port}` }]);
    dns.host('host.test', ['127.0.0.1']);
    const callId = await invite(caller);
    const got = await there.gets('INVITE', callId);
    expect(got.message.uri).toBe('sip:30123465@phones.test');
    there.answer(got, 486);
    await caller.hears(486, callId);
    const other = token();
    await caller.send(caller.request('INVITE', 'sip:+4940@acme.example', { callId: other }));
    backup.answer(await backup.gets('INVITE', other), 486);
    await caller.hears(486, other);
  });

  it('whose DNS is silent goes on with its own sets, and holds up nobody else', async () => {
    const own = await freePort();
    const edge = await start([`sip:127.0.0.1:${own}`], { rule });
    const [caller, backup] = [await edge.peer(), await edge.peer({ port: own })];
    dns.behave(domain, 'silent');
    const callId = await invite(caller);
    await dns.asked(`NAPTR ${domain}`);
    await establish(caller, backup, uri);
    await until('the call at its own set', 8_000, () => backup.count('INVITE', callId) > 0);
  });
});

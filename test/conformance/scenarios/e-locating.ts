/** RFC 3263: locating servers. The names are served by a DNS server of the tests; an edge that cannot be told of it shows the rest. */
import { expect } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { establish, fromCaller } from '../../harness/peer.ts';
import { SipSocket } from '../../harness/sip-socket.ts';
import { callIdOf, headerOf, token } from '../../harness/sip-text.ts';
import { RawStream } from '../../harness/raw-stream.ts';
import { row } from '../row.ts';
import { requests, statuses } from '../world.ts';

row(112, { names: (dns) => dns.host('pbx.r112.example', ['127.0.0.1']), destinations: ([, own]) => [`sip:pbx.r112.example:${own?.port}`], backends: ['refusing', 'udp'] }, async (w) => {
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('INVITE', w.uri, { callId }));
  w.backendAt(1).answer(await w.backendAt(1).gets('INVITE', callId), 486);
  await phone.hears(486, callId);
  expect(w.dns.log.filter((query) => query.includes('r112.example')).every((query) => /^(A|AAAA) pbx\.r112\.example/.test(query)), w.dns.log.join()).toBe(true);
  const call = await establish(await w.phone(), w.backendAt(1), w.uri);
  expect(call.invite.uri).toBe(w.uri);
});

row(113, {
  backends: ['tcp'],
  names: (dns, [own]) => {
    dns.naptr('pbx.r113.example', [{ order: 20, services: 'SIP+D2U', replacement: '_sip._udp.pbx.r113.example' }, { order: 10, services: 'SIP+D2T', replacement: '_sip._tcp.pbx.r113.example' }]);
    dns.srv('_sip._tcp.pbx.r113.example', [{ target: `host.r113.example:${own?.port}` }]);
    dns.srv('_sip._udp.pbx.r113.example', [{ target: 'host.r113.example:9' }]);
    dns.host('host.r113.example', ['127.0.0.1']);
  },
  destinations: () => ['sip:pbx.r113.example'],
}, async (w) => {
  const { caller, callId, invite } = await w.invite();
  w.backend.answer(invite, 486);
  await caller.hears(486, callId);
});

row(114, {
  backends: ['udp', 'udp'],
  frMs: 1_000,
  names: (dns, [first, second]) => {
    dns.srv('_sip._udp.pbx.r114.example', [{ target: `host.r114.example:${second?.port}`, priority: 20 }, { target: `host.r114.example:${first?.port}`, priority: 10 }]);
    dns.host('host.r114.example', ['127.0.0.1']);
  },
  destinations: () => ['sip:pbx.r114.example'],
}, async (w) => {
  const { caller, callId } = await w.invite();
  // The one of the lower number stays silent: the next record is tried.
  const again = await w.backendAt(1).gets('INVITE', callId);
  w.backendAt(1).answer(again, 486);
  await caller.hears(486, callId);
});

row(115, {}, async (w) => {
  // On ::1, as nothing may take connections on the implied port 5060 there, and an edge that a developer has running does on 127.0.0.1.
  const host = '::1';
  const listening = await SipSocket.open({ transport: 'tcp', host });
  w.defer(() => listening.close());
  w.dns.srv('_sip._tcp.client.r115.example', [{ target: `host.r115.example:${listening.port}` }]);
  w.dns.host('host.r115.example', [host]);
  for (const sentBy of [`[${host}]:${listening.port}`, 'client.r115.example']) {
    const phone = await w.phone({ transport: 'tcp', host });
    const stream = await RawStream.open(phone.edge);
    const callId = token();
    await stream.send(phone.request('MESSAGE', w.uri, { callId, via: '' }).replace(/^Via: SIP\/2.0\/TCP [^;]+/m, `Via: SIP/2.0/TCP ${sentBy}`));
    const got = await w.backend.gets('MESSAGE', callId);
    stream.socket.end();
    await stream.closes();
    w.backend.answer(got, 200);
    await listening.waitFor(`the answer to ${sentBy} over a new connection`, (m) => m.status === 200 && callIdOf(m) === callId);
  }
});

row(116, {
  backends: ['udp', 'udp'],
  frMs: 5_000,
  names: (dns, sockets) => {
    dns.srv('_sip._udp.pbx.r116.example', sockets.map(({ port }) => ({ target: `host.r116.example:${port}`, weight: 10 })));
    dns.host('host.r116.example', ['127.0.0.1']);
  },
  destinations: () => ['sip:pbx.r116.example'],
}, async (w) => {
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('INVITE', w.uri, { callId }));
  const counts = (): number[] => w.backends.map((backend) => requests(backend, 'INVITE', callId).length).sort((a, b) => a - b);
  await until('three copies', 5_000, () => (counts()[1] ?? 0) >= 3);
  expect(counts()[0]).toBe(0);
});

row(117, { names: (dns) => dns.behave('silent.r117.example', 'silent') }, async (w) => {
  const phone = await w.phone();
  const call = await establish(phone, w.backend, w.uri);
  for (let i = 0; i < 20; i++) await phone.send(fromCaller(phone, call, 'INFO', 10 + i, ['Route: <sip:silent.r117.example;lr>']));
  const sentMs = Date.now();
  const { caller, callId, invite } = await w.invite();
  w.backend.answer(invite, 486);
  await caller.hears(486, callId);
  expect(Date.now() - sentMs).toBeLessThan(900);
  expect(statuses(caller, callId)).toEqual([486]);
  expect(headerOf(invite.message, 'route')).toBe('');
});

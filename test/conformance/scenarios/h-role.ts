/** RFC 5393, RFC 5853: amplification and the role of a session border controller. */
import { expect } from 'vitest';
import { establish, fromCallee, fromCaller } from '../../harness/peer.ts';
import { headerOf, token, valuesOf } from '../../harness/sip-text.ts';
import { bounceFrom } from '../bounce.ts';
import { row } from '../row.ts';
import { requests, statuses } from '../world.ts';

row(137, { backends: ['udp', 'udp'], algorithm: 12, alone: true }, async (w) => {
  const phone = await w.phone();
  const bounces = w.backends.map((backend) => {
    const bounce = bounceFrom(backend, phone.edge);
    bounce.uriOf = (uri) => uri;
    return bounce;
  });
  const callId = token();
  await phone.send(phone.request('INVITE', w.uri, { callId, maxForwards: 6 }));
  const end = await phone.socket.waitFor('the end of the loop', (m) => m.status >= 300 && headerOf(m, 'call-id') === callId, 10_000);
  expect(end.message.status).toBe(482);
  // Without detection two branches a hop are 126 requests in six hops, and a million in twenty.
  expect(bounces.reduce((sum, { count }) => sum + count, 0)).toBeLessThan(10);
});

row(138, { backends: ['udp', 'udp'], algorithm: 12 }, async (w) => {
  const phone = await w.phone();
  const callId = token();
  // Never two at a time: one after the other is within the breadth, and so is giving up with 440.
  let pending = 0;
  let most = 0;
  for (const backend of w.backends) {
    backend.socket.onMessage = (received) => {
      if (received.message.status > 0 || received.message.method !== 'INVITE') return;
      pending += 1;
      most = Math.max(most, pending);
      expect(headerOf(received.message, 'max-breadth')).toBe('1');
      w.settled(phone).finally(() => {
        pending -= 1;
        backend.answer(received, 486);
      }).catch(() => undefined);
    };
  }
  await phone.send(phone.request('INVITE', w.uri, { callId, headers: ['Max-Breadth: 1'] }));
  const end = await phone.socket.waitFor('the end', (m) => m.status >= 300 && headerOf(m, 'call-id') === callId);
  expect([440, 486]).toContain(end.message.status);
  expect(most).toBeLessThanOrEqual(1);
});

row(139, { topologyHiding: true }, async (w) => {
  const phone = await w.phone({ host: '127.0.0.5' });
  const call = await establish(phone, w.backend, w.uri);
  const inside = w.backend.hostPort;
  const exchange = async (method: string, cseq: number): Promise<void> => {
    await phone.send(fromCaller(phone, call, method, cseq));
    const got = await w.backend.gets(method, call.callId);
    w.backend.answer(got, 200);
    await phone.socket.waitFor(`200 to ${method}`, (m) => m.status === 200 && headerOf(m, 'cseq') === `${cseq} ${method}`);
    await w.backend.send(fromCallee(w.backend, call, method, cseq));
    phone.answer(await phone.gets(method, call.callId), 200, { toTag: 'alice' });
    await w.backend.socket.waitFor(`200 to ${method} of the callee`, (m) => m.status === 200 && headerOf(m, 'cseq') === `${cseq} ${method}`);
  };
  await exchange('INFO', 2);
  await exchange('BYE', 3);
  for (const { message } of phone.socket.received) {
    expect(message.raw, message.startLine).not.toContain(inside);
    expect(valuesOf(message, 'via').join()).not.toContain(`:${w.backend.socket.port}`);
  }
});

row(140, {}, async (w) => {
  const phone = await w.phone();
  for (const agent of ['friendly-scanner', 'sipvicious', 'sipcli/v1.8', 'sip-scan', 'sundayddr', 'VaxSIPUserAgent', 'nmap', 'sipsak-scan']) {
    for (const method of ['INVITE', 'OPTIONS', 'REGISTER']) {
      const callId = token();
      await phone.send(phone.request(method, w.uri, { callId, headers: [`User-Agent: ${agent}`] }));
      await w.settled(phone);
      expect(phone.socket.received.filter(({ message }) => headerOf(message, 'call-id') === callId).map(({ message }) => `${agent}: ${message.startLine}`)).toEqual([]);
      expect(requests(w.backend, method, callId)).toEqual([]);
    }
  }
  expect(statuses(phone, '')).toEqual([]);
});

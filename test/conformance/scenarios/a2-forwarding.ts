/** RFC 3261 §16.6: what a proxy changes in a request, and what it leaves. */
import { expect } from 'vitest';
import { establish, fromCallee, fromCaller } from '../../harness/peer.ts';
import { branchOf, callIdOf, headerOf, token, valuesOf } from '../../harness/sip-text.ts';
import { row } from '../row.ts';
import { requests } from '../world.ts';

row(11, {}, async (w) => {
  const odd = ['X-Empty:', 'X-Odd_Name: a  b\tc ;d="e,f"', 'Subject: first', 'X-Between: \u00e4\u00ff', 'Subject: second', 's: third', 'P-Long: '.padEnd(900, 'x')];
  const body = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('');
  const { invite } = await w.invite({ headers: [...odd, 'Content-Type: application/octet-stream'], body });
  const kept = invite.message.raw.split('\r\n\r\n')[0]?.split('\r\n').filter((line) => /^(x-|subject|s:|p-long)/i.test(line));
  expect(kept).toEqual(odd);
  expect(invite.message.body).toBe(body);
});

row(12, {}, async (w) => {
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('INVITE', `${w.uri}?Route=%3Csip:evil.example%3E&Subject=hello`, { callId }));
  await w.settled(phone);
  for (const { message } of requests(w.backend, 'INVITE', callId)) {
    expect(message.uri).not.toContain('?');
    expect(valuesOf(message, 'route')).toEqual([]);
  }
  const plain = await w.invite({ uri: `${w.uri};user=phone;custom=1` });
  expect(plain.invite.message.uri).toBe(`${w.uri};user=phone;custom=1`);
});

row(13, {}, async (w) => {
  for (const [given, expected] of [[10, '9'], [1, '0'], [255, '254'], [null, '70']] as const) {
    const { invite } = await w.invite({ maxForwards: given });
    if (given === 255) expect(Number(headerOf(invite.message, 'max-forwards'))).toBeLessThan(255);
    else expect(headerOf(invite.message, 'max-forwards')).toBe(expected);
  }
});

row(14, {}, async (w) => {
  const phone = await w.phone();
  const { port } = phone.edge;
  for (const method of ['INVITE', 'SUBSCRIBE']) {
    const callId = token();
    await phone.send(phone.request(method, w.uri, { callId }));
    const [record = ''] = valuesOf((await w.backend.gets(method, callId)).message, 'record-route');
    expect(record).toContain(`:${port}`);
    expect(record).toMatch(/;lr(=on)?[;>]/);
  }
});

row(15, {}, async (w) => {
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('REGISTER', `sip:${w.domain}`, { callId, to: `sip:alice@${w.domain}`, headers: ['Supported: path'] }));
  const got = await w.backend.gets('REGISTER', callId);
  w.backend.answer(got, 200, { headers: valuesOf(got.message, 'path').map((path) => `Path: ${path}`) });
  const answer = await phone.hears(200, callId);
  expect(valuesOf(answer.message, 'record-route')).toEqual([]);
  expect(headerOf(got.message, 'contact')).toBe(`<${phone.uri}>`);
});

row(16, {}, async (w) => {
  const phone = await w.phone();
  const hop = await w.phone();
  const call = await establish(phone, w.backend, w.uri);
  await phone.send(fromCaller(phone, call, 'INFO', 2, [`Route: <sip:${hop.hostPort};lr>`, 'Route: <sip:192.0.2.77;lr>']));
  const info = await hop.gets('INFO', call.callId);
  expect(info.message.uri).toBe(w.backend.uri);
  expect(valuesOf(info.message, 'route')).toEqual([`<sip:${hop.hostPort};lr>`, '<sip:192.0.2.77;lr>']);
});

row(17, {}, async (w) => {
  const phone = await w.phone();
  const strict = await w.phone();
  const call = await establish(phone, w.backend, w.uri);
  await phone.send(fromCaller(phone, call, 'INFO', 2, [`Route: <sip:${strict.hostPort}>`]));
  const info = await strict.gets('INFO', call.callId);
  expect(info.message.uri).toBe(`sip:${strict.hostPort}`);
  expect(valuesOf(info.message, 'route')).toEqual([`<${w.backend.uri}>`]);
});

row(18, { backends: ['tcp'] }, async (w) => {
  const { caller, invite, callId } = await w.invite();
  expect(valuesOf(invite.message, 'via')[0]).toMatch(/^SIP\/2\.0\/TCP /);
  w.backend.answer(invite, 200);
  await caller.hears(200, callId);
});

row(19, {}, async (w) => {
  const phone = await w.phone();
  const branches = new Set<string>();
  for (let i = 0; i < 30; i++) {
    const callId = token();
    await phone.send(phone.request('OPTIONS', w.uri, { callId }));
    const { message } = await w.backend.gets('OPTIONS', callId);
    expect(valuesOf(message, 'via')).toHaveLength(2);
    expect(branchOf(message)).toMatch(/^z9hG4bK./);
    branches.add(branchOf(message));
  }
  expect(branches.size).toBe(30);
});

row(20, { backends: ['udp', 'udp'] }, async (w) => {
  const { caller, invite, callId } = await w.invite();
  w.backend.answer(invite, 503);
  const again = await w.backendAt(1).gets('INVITE', callId);
  expect(branchOf(again.message)).not.toBe(branchOf(invite.message));
  w.backendAt(1).answer(again, 200);
  await caller.hears(200, callId);
});

row(21, { backends: ['tcp'] }, async (w) => {
  const phone = await w.phone();
  for (const body of ['', 'hello']) {
    const callId = token();
    const text = phone.request('MESSAGE', w.uri, { callId, body, headers: ['Content-Type: text/plain'] }).replace(/Content-Length: \d+\r\n/, '');
    await phone.send(text);
    const { message } = await w.backend.gets('MESSAGE', callId);
    expect(headerOf(message, 'content-length')).toBe(String(body.length));
    expect(message.body).toBe(body);
  }
});

row(22, { frInviteMs: 1_500 }, async (w) => {
  const { caller, invite, callId } = await w.invite();
  w.backend.answer(invite, 180);
  await caller.hears(180, callId);
  const cancel = await w.backend.gets('CANCEL', callId);
  expect(branchOf(cancel.message)).toBe(branchOf(invite.message));
  w.backend.answer(cancel, 200);
  w.backend.answer(invite, 487);
  const final = await caller.socket.waitFor('the final answer', (m) => m.status >= 400 && headerOf(m, 'call-id') === callId);
  expect([408, 487]).toContain(final.message.status);
});

row(42, {}, async (w) => {
  const phone = await w.phone();
  const call = await establish(phone, w.backend, w.uri);
  for (const [index, method] of ['INFO', 'UPDATE', 'REFER', 'MESSAGE', 'INVITE', 'BYE'].entries()) {
    const cseq = 10 + index;
    await phone.send(fromCaller(phone, call, method, cseq));
    const got = await w.backend.gets(method, call.callId);
    expect([got.message.uri, valuesOf(got.message, 'route')]).toEqual([w.backend.uri, []]);
    w.backend.answer(got, 200);
    await phone.socket.waitFor(`200 to ${method}`, (m) => m.status === 200 && headerOf(m, 'cseq') === `${cseq} ${method}`);
    if (method === 'INVITE') {
      await phone.send(fromCaller(phone, call, 'ACK', cseq));
      await w.backend.gets('ACK', call.callId);
    }
    await w.backend.send(fromCallee(w.backend, call, method, cseq));
    const back = await phone.gets(method, call.callId);
    expect(back.message.uri).toBe(phone.uri);
    phone.answer(back, 200, { toTag: 'alice' });
    await w.backend.socket.waitFor(`200 to ${method} of the callee`, (m) => m.status === 200 && headerOf(m, 'cseq') === `${cseq} ${method}`);
    if (method === 'INVITE') {
      await w.backend.send(fromCallee(w.backend, call, 'ACK', cseq));
      await phone.gets('ACK', call.callId);
    }
  }
});

row(43, {}, async (w) => {
  const phone = await w.phone();
  const call = await establish(phone, w.backend, w.uri);
  for (const [index, method] of ['NEWMETH', 'RE%47IST%45R', "!odd-*+`.'~"].entries()) {
    await phone.send(fromCaller(phone, call, method, 20 + index));
    const inside = await w.backend.gets(method, call.callId);
    w.backend.answer(inside, 200);
    await phone.socket.waitFor(`200 to ${method}`, (m) => m.status === 200 && headerOf(m, 'cseq') === `${20 + index} ${method}`);
    // Outside of a dialog an edge may name the methods that it lets in, and say so.
    const callId = token();
    w.backend.socket.onMessage = (received) => {
      if (received.message.status === 0 && callIdOf(received.message) === callId) w.backend.answer(received, 501);
    };
    await phone.send(phone.request(method, w.uri, { callId }));
    const { message } = await phone.socket.waitFor(`an answer to ${method}`, (m) => m.status > 100 && callIdOf(m) === callId);
    if (message.status !== 501) expect([message.status, headerOf(message, 'allow')]).toEqual([405, expect.stringContaining('INVITE')]);
  }
});

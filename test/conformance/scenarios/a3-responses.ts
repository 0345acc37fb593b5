/** RFC 3261 §16.7 to §16.9: which responses go up, which are chosen, what silence and errors mean. */
import { expect } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { branchOf, headerOf, newBranch, toTagOf, token, valuesOf } from '../../harness/sip-text.ts';
import { row } from '../row.ts';
import { requests, statuses, type World } from '../world.ts';

row(23, {}, async (w) => {
  const { caller, callId, invite } = await w.invite();
  const [top = '', below = ''] = valuesOf(invite.message, 'via');
  const forge = (cseq: string, ...vias: string[]): string =>
    ['SIP/2.0 200 OK', ...vias.map((via) => `Via: ${via}`), 'From: <sip:a@b>;tag=1', 'To: <sip:c@d>;tag=2', `Call-ID: ${callId}`, `CSeq: ${cseq}`, 'Content-Length: 0', '', ''].join('\r\n');
  await w.backend.send(forge('1 INVITE', top.replace(/branch=[^;]+/, `branch=${newBranch()}`), below));
  await w.backend.send(forge('1 MESSAGE', top, below));
  await w.backend.send(forge('1 INVITE', below));
  await w.settled(w.backend);
  w.backend.answer(invite, 486);
  await caller.hears(486, callId);
  expect(caller.socket.received.filter(({ message }) => message.status === 200)).toEqual([]);
});

row(24, {}, async (w) => {
  const phone = await w.phone();
  const callId = token();
  const branch = newBranch();
  await phone.send(phone.request('INVITE', w.uri, { callId, branch, headers: ['Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKbelow'] }));
  const invite = await w.backend.gets('INVITE', callId);
  expect(valuesOf(invite.message, 'via')).toHaveLength(3);
  for (const status of [180, 200]) {
    w.backend.answer(invite, status);
    const { message } = await phone.hears(status, callId);
    expect([valuesOf(message, 'via').length, branchOf(message)]).toEqual([2, branch]);
  }
});

row(25, {}, async (w) => {
  const { caller, callId, invite } = await w.invite();
  w.backend.answer(invite, 100, { headers: ['X-From: backend'] });
  w.backend.answer(invite, 180);
  await caller.hears(180, callId);
  expect(caller.socket.received.filter(({ message }) => message.status === 100 && headerOf(message, 'x-from') !== '')).toEqual([]);
});

row(26, {}, async (w) => {
  const { caller, callId, invite } = await w.invite();
  const sent = [180, 183, 181, 182, 199, 200, 200, 200];
  for (const status of sent) {
    const before = statuses(caller, callId).length;
    w.backend.answer(invite, status, { toTag: status === 200 ? `fork${before}` : 'callee' });
    await until(`the ${status}`, 3_000, () => statuses(caller, callId).length > before);
  }
  expect(statuses(caller, callId)).toEqual(sent);
});

row(27, { backends: ['udp', 'udp'] }, async (w) => {
  const { caller, callId, invite } = await w.invite();
  w.backend.answer(invite, 503);
  w.backendAt(1).answer(await w.backendAt(1).gets('INVITE', callId), 486);
  await caller.hears(486, callId);
  expect(statuses(caller, callId)).toEqual([486]);
  const both = await w.invite();
  w.backend.answer(both.invite, 503);
  w.backendAt(1).answer(await w.backendAt(1).gets('INVITE', both.callId), 503);
  const end = await both.caller.socket.waitFor('the end', (m) => m.status >= 300 && headerOf(m, 'call-id') === both.callId);
  expect([500, 503]).toContain(end.message.status);
});

row(28, {}, async (w) => {
  const { caller, callId, invite } = await w.invite();
  w.backend.answer(invite, 503, { headers: ['Retry-After: 30', 'X-From: backend'] });
  const { message } = await caller.socket.waitFor('the end', (m) => m.status >= 300 && headerOf(m, 'call-id') === callId);
  // A 503 of the edge's own may say that it has nobody left; the backend's must not go up as it is.
  expect(message.status === 500 || headerOf(message, 'x-from') === '', message.startLine).toBe(true);
});

row(29, { backends: ['udp', 'udp'] }, async (w) => {
  const { caller, callId, invite } = await w.invite();
  w.backend.answer(invite, 603);
  await caller.hears(603, callId);
  await w.settled(caller);
  expect(requests(w.backendAt(1), 'INVITE', callId)).toEqual([]);
});

row(30, {}, async (w) => {
  const { caller, callId, invite } = await w.invite();
  const contacts = ['Contact: <sip:1002@192.0.2.7>;q=0.7, <sip:1003@192.0.2.8;transport=tcp>;q=0.2', 'Expires: 60'];
  w.backend.answer(invite, 302, { headers: contacts });
  const { message } = await caller.hears(302, callId);
  expect(valuesOf(message, 'contact')).toEqual([`<${w.backend.uri}>`, '<sip:1002@192.0.2.7>;q=0.7', '<sip:1003@192.0.2.8;transport=tcp>;q=0.2']);
  expect(headerOf(message, 'expires')).toBe('60');
});

row(31, {}, async (w) => {
  for (const status of [400, 403, 404, 410, 415, 420, 480, 484, 486, 488, 491, 501, 600, 604, 606]) {
    const { caller, callId, invite } = await w.invite();
    w.backend.answer(invite, status, { headers: [`Warning: 399 pbx "why ${status}"`, 'X-Kept: \u00e4 ,;="'], body: 'text' });
    const { message } = await caller.hears(status, callId);
    expect(message.startLine).toBe(`SIP/2.0 ${status} Test`);
    expect([headerOf(message, 'warning'), headerOf(message, 'x-kept'), message.body]).toEqual([`399 pbx "why ${status}"`, '\u00e4 ,;="', 'text']);
  }
});

async function challenged(w: World, method: 'INVITE' | 'REGISTER', status: number, header: string): Promise<void> {
  const phone = await w.phone();
  const callId = token();
  const challenges = [`Digest realm="${w.domain}", nonce="a", qop="auth", algorithm=MD5`, `Digest realm="${w.domain}", nonce="b", qop="auth,auth-int", algorithm=SHA-256`];
  await phone.send(phone.request(method, method === 'INVITE' ? w.uri : `sip:${w.domain}`, { callId }));
  w.backend.answer(await w.backend.gets(method, callId), status, { headers: challenges.map((value) => `${header}-Authenticate: ${value}`) });
  const { message } = await phone.hears(status, callId);
  expect(message.headers.filter(([name]) => name === `${header.toLowerCase()}-authenticate`).map(([, value]) => value)).toEqual(challenges);
  const credentials = 'Digest username="alice", realm="x", nonce="a", uri="sip:x", response="0"';
  const authorization = header === 'WWW' ? 'Authorization' : 'Proxy-Authorization';
  await phone.send(phone.request(method, method === 'INVITE' ? w.uri : `sip:${w.domain}`, { callId, cseq: 2, headers: [`${authorization}: ${credentials}`] }));
  const again = await w.backend.socket.waitFor(`${method} again`, (m) => headerOf(m, 'cseq') === `2 ${method}` && headerOf(m, 'call-id') === callId);
  expect(headerOf(again.message, authorization.toLowerCase())).toBe(credentials);
}

row(32, {}, async (w) => {
  await challenged(w, 'REGISTER', 401, 'WWW');
  await challenged(w, 'INVITE', 407, 'Proxy');
});

row(34, { backends: ['udp', 'udp'], frMs: 1_000 }, async (w) => {
  const { caller, callId, invite } = await w.invite();
  const again = await w.backendAt(1).gets('INVITE', callId);
  expect(again.atMs - invite.atMs).toBeGreaterThan(700);
  w.backendAt(1).answer(again, 200);
  await caller.hears(200, callId);
  // Both silent: the caller hears of a time-out, as if a 408 had come.
  const both = await w.invite();
  await w.backendAt(1).gets('INVITE', both.callId);
  const end = await both.caller.socket.waitFor('the end', (m) => m.status >= 300 && headerOf(m, 'call-id') === both.callId);
  expect([408, 503, 504]).toContain(end.message.status);
});

row(35, { backends: ['refusing'] }, async (w) => {
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('INVITE', w.uri, { callId }));
  const end = await phone.socket.waitFor('the end', (m) => m.status >= 300 && headerOf(m, 'call-id') === callId);
  expect([500, 503]).toContain(end.message.status);
});

row(59, {}, async (w) => {
  const { caller, callId, invite } = await w.invite();
  w.backend.answer(invite, 486);
  await caller.hears(486, callId);
  w.backend.answer(invite, 200, { toTag: 'late' });
  await w.settled(w.backend);
  await w.settled(caller);
  // A callee that says both breaks the rules. The transaction is over with the first (RFC 6026 §7.1), and §16.7 (5) lets any 2xx pass.
  expect([[486], [486, 200]]).toContainEqual(statuses(caller, callId).filter((status, i, all) => all.indexOf(status) === i));
  expect(toTagOf((requests(w.backend, 'ACK', callId)[0] ?? invite).message)).toBe('callee');
});

/** RFC 3261 §17.1.1, §17.2.1, RFC 6026: INVITE transactions. */
import { expect } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { establish, fromCaller } from '../../harness/peer.ts';
import { branchOf, callIdOf, headerOf, newBranch, toTagOf, token, valuesOf, writeSip } from '../../harness/sip-text.ts';
import { row } from '../row.ts';
import { requests, statuses } from '../world.ts';

row(47, {}, async (w) => {
  const phone = await w.phone();
  const callId = token();
  const sentMs = Date.now();
  await phone.send(phone.request('INVITE', w.uri, { callId }));
  const trying = await phone.hears(100, callId);
  // 200 ms, and what a loaded machine takes for its timers.
  expect(trying.atMs - sentMs).toBeLessThan(400);
  expect(toTagOf(trying.message)).toBe('');
  w.backend.answer(await w.backend.gets('INVITE', callId), 486);
  await phone.hears(486, callId);
  expect(phone.socket.received.filter(({ message }) => message.status === 100 && callIdOf(message) === callId)).toHaveLength(1);
});

row(48, {}, async (w) => {
  const { caller, callId, text, invite } = await w.invite();
  w.backend.answer(invite, 180);
  await caller.hears(180, callId);
  for (let i = 0; i < 2; i++) {
    await caller.send(text);
    await caller.hears(180, callId);
  }
  w.backend.answer(invite, 486);
  await caller.hears(486, callId);
  expect(new Set(requests(w.backend, 'INVITE', callId).map(({ message }) => branchOf(message))).size).toBe(1);
});

row(49, { frMs: 5_000 }, async (w) => {
  const { callId } = await w.invite();
  await until('three more', 5_000, () => requests(w.backend, 'INVITE', callId).length >= 4);
  const came = requests(w.backend, 'INVITE', callId);
  const gaps = came.slice(1).map(({ atMs }, i) => atMs - (came[i]?.atMs ?? 0));
  for (const [i, wanted] of [500, 1_000, 2_000].entries()) expect(Math.abs((gaps[i] ?? 0) - wanted), `gaps ${gaps.join(', ')}`).toBeLessThan(wanted * 0.4);
  expect(new Set(came.map(({ message }) => branchOf(message))).size).toBe(1);
});

row(50, { frMs: 1_500 }, async (w) => {
  const { caller, callId, invite } = await w.invite();
  const end = await caller.socket.waitFor('the end', (m) => m.status >= 300 && headerOf(m, 'call-id') === callId);
  expect([408, 503, 504]).toContain(end.message.status);
  expect(end.atMs - invite.atMs).toBeGreaterThan(1_200);
  const before = requests(w.backend, 'INVITE', callId).length;
  // As long again: nothing more is sent.
  const { callId: next } = await w.invite();
  await until('the next one to end', 6_000, () => requests(w.backend, 'INVITE', next).length > 1);
  expect(requests(w.backend, 'INVITE', callId)).toHaveLength(before);
});

row(51, {}, async (w) => {
  const { caller, callId, branch, invite } = await w.invite();
  w.backend.answer(invite, 404);
  await w.backend.gets('ACK', callId);
  await caller.hears(404, callId);
  await caller.send(caller.request('ACK', w.uri, { callId, branch, toTag: 'callee' }));
  await w.settled(caller);
  const before = requests(w.backend, 'ACK', callId).length;
  for (let i = 1; i <= 3; i++) {
    w.backend.answer(invite, 404);
    await until('its ACK', 3_000, () => requests(w.backend, 'ACK', callId).length >= before + i);
  }
  expect(statuses(caller, callId)).toEqual([404]);
});

row(52, {}, async (w) => {
  const { callId, invite } = await w.invite();
  w.backend.answer(invite, 486, { toTag: 'busy' });
  const { message } = await w.backend.gets('ACK', callId);
  expect(valuesOf(message, 'via')).toHaveLength(1);
  expect([branchOf(message), message.uri, toTagOf(message), headerOf(message, 'cseq'), headerOf(message, 'from')]).toEqual([branchOf(invite.message), invite.message.uri, 'busy', '1 ACK', headerOf(invite.message, 'from')]);
});

row(53, {}, async (w) => {
  const { caller, callId, branch, invite } = await w.invite();
  w.backend.answer(invite, 486);
  await w.backend.gets('ACK', callId);
  await caller.hears(486, callId);
  const before = requests(w.backend, 'ACK', callId).length;
  for (let i = 0; i < 3; i++) await caller.send(caller.request('ACK', w.uri, { callId, branch, toTag: 'callee' }));
  await w.settled(caller);
  expect(requests(w.backend, 'ACK', callId)).toHaveLength(before);
});

row(54, {}, async (w) => {
  const { caller, callId, branch, invite } = await w.invite();
  w.backend.answer(invite, 486);
  await until('two repetitions', 5_000, () => statuses(caller, callId).length >= 3);
  await caller.send(caller.request('ACK', w.uri, { callId, branch, toTag: 'callee' }));
  await w.settled(caller);
  const acknowledged = statuses(caller, callId).length;
  // Longer than the next repetition would take: a call of its own that repeats three times.
  const other = await w.invite();
  w.backend.answer(other.invite, 486);
  await until('the other’s repetitions', 8_000, () => statuses(other.caller, other.callId).length >= 4);
  expect(statuses(caller, callId)).toHaveLength(acknowledged);
});

row(57, {}, async (w) => {
  const { caller, callId, invite } = await w.invite();
  for (let i = 1; i <= 4; i++) {
    w.backend.answer(invite, 200);
    await until('that 200', 3_000, () => statuses(caller, callId).length === i);
  }
});

row(58, {}, async (w) => {
  const { caller, callId, invite } = await w.invite();
  w.backend.answer(invite, 200);
  await caller.hears(200, callId);
  // As long as a non-2xx takes to be repeated twice.
  const other = await w.invite();
  w.backend.answer(other.invite, 486);
  await until('the other’s repetitions', 5_000, () => statuses(other.caller, other.callId).length >= 3);
  expect(statuses(caller, callId)).toEqual([200]);
});

row(60, {}, async (w) => {
  const victim = await w.phone();
  const { port } = w.backend.edge;
  const stray = (branch: string): string => ['SIP/2.0 200 OK', `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=${branch}`, `Via: SIP/2.0/UDP ${victim.hostPort};branch=${newBranch()}`, 'From: <sip:a@b>;tag=1', 'To: <sip:c@d>;tag=2', `Call-ID: ${token()}`, 'CSeq: 1 INVITE', 'Content-Length: 0', '', ''].join('\r\n');
  for (const branch of [newBranch(), 'z9hG4bKsbAA00000000000', 'nocookie']) await w.backend.send(stray(branch));
  await w.settled(w.backend);
  await w.settled(victim);
  expect(victim.socket.received.filter(({ message }) => message.method === 'INVITE')).toEqual([]);
});

row(61, {}, async (w) => {
  const phone = await w.phone();
  const call = await establish(phone, w.backend, w.uri);
  const second = await w.invite();
  w.backend.answer(second.invite, 486);
  // Over two seconds later, by the repetitions of another call's answer.
  await until('two seconds', 6_000, () => statuses(second.caller, second.callId).length >= 4);
  const branch = newBranch();
  const late = fromCaller(phone, call, 'ACK', 1).replace(/branch=[^;]+/, `branch=${branch}`);
  await phone.send(late);
  const ack = await w.backend.socket.waitFor('the late ACK', (m) => m.method === 'ACK' && m.raw.includes(branch));
  expect(valuesOf(ack.message, 'via')).toHaveLength(2);
  expect(ack.message.uri).toBe(w.backend.uri);
});

row(63, { alone: true }, async (w) => {
  const phone = await w.phone();
  const calls = 1_500;
  w.backend.socket.onMessage = (received) => {
    if (received.message.method !== 'INVITE' || received.message.status > 0) return;
    w.backend.answer(received, 180);
    w.backend.answer(received, 200);
  };
  const order = new Map<string, number[]>();
  phone.socket.onMessage = ({ message }) => {
    if (message.status > 100) order.set(callIdOf(message), [...(order.get(callIdOf(message)) ?? []), message.status]);
  };
  for (let i = 0; i < calls; i += 30) {
    for (let j = 0; j < 30; j++) await phone.send(phone.request('INVITE', w.uri, { callId: `order-${i + j}` }));
    await until('this burst', 8_000, () => order.size >= i + 30 && [...order.values()].every((seen) => seen.includes(200)));
  }
  expect([...order.values()].filter((seen) => seen.indexOf(180) > seen.indexOf(200))).toEqual([]);
});

row(67, {}, async (w) => {
  const { caller, callId, invite } = await w.invite({ headers: ['Supported: 100rel'] });
  w.backend.answer(invite, 183, { headers: ['Require: 100rel', 'RSeq: 7'] });
  const { message } = await caller.hears(183, callId);
  expect([headerOf(message, 'require'), headerOf(message, 'rseq')]).toEqual(['100rel', '7']);
  const routes = valuesOf(message, 'record-route').toReversed().map((value) => `Route: ${value}`);
  await caller.send(caller.request('PRACK', w.backend.uri, { callId, cseq: 2, toTag: 'callee', headers: [...routes, 'RAck: 7 1 INVITE'] }));
  const prack = await w.backend.gets('PRACK', callId);
  expect(headerOf(prack.message, 'rack')).toBe('7 1 INVITE');
  w.backend.answer(prack, 200);
  await caller.socket.waitFor('200 to PRACK', (m) => m.status === 200 && headerOf(m, 'cseq') === '2 PRACK');
  w.backend.answer(invite, 200);
  await caller.socket.waitFor('200 to INVITE', (m) => m.status === 200 && headerOf(m, 'cseq') === '1 INVITE');
});

row(62, {}, async (w) => {
  const phone = await w.phone();
  const [unknown, stray] = [token(), token()];
  await phone.send(phone.request('ACK', w.uri, { callId: unknown, toTag: 'nobody' }));
  await phone.send(phone.request('ACK', w.uri, { callId: stray, branch: newBranch() }));
  await phone.send(writeSip('ACK sip:1001@stranger.invalid SIP/2.0', [`Via: SIP/2.0/UDP ${phone.hostPort};branch=${newBranch()};rport`]));
  await w.settled(phone);
  expect(phone.socket.received.filter(({ message }) => message.method !== 'OPTIONS')).toEqual([]);
  for (const callId of [unknown, stray]) expect(requests(w.backend, 'ACK', callId)).toEqual([]);
});

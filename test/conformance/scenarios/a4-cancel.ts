/** RFC 3261 §9, §16.10: CANCEL and what it races with. */
import { expect } from 'vitest';
import { branchOf, headerOf, newBranch, token, valuesOf } from '../../harness/sip-text.ts';
import { row } from '../row.ts';
import { requests, statuses } from '../world.ts';

row(36, {}, async (w) => {
  const { caller, callId, invite, cancel } = await w.invite();
  w.backend.answer(invite, 180);
  await caller.hears(180, callId);
  await cancel();
  expect(headerOf((await caller.hears(200, callId)).message, 'cseq')).toBe('1 CANCEL');
  const got = await w.backend.gets('CANCEL', callId);
  expect([branchOf(got.message), got.message.uri, valuesOf(got.message, 'via').length]).toEqual([branchOf(invite.message), invite.message.uri, 1]);
  w.backend.answer(got, 200);
  w.backend.answer(invite, 487);
  await caller.hears(487, callId);
  await w.backend.gets('ACK', callId);
});

row(37, {}, async (w) => {
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('CANCEL', w.uri, { callId }));
  const answer = phone.socket.waitFor('481', (m) => m.status === 481 && headerOf(m, 'call-id') === callId).then(() => 'refused');
  const passed = w.backend.gets('CANCEL', callId).then(() => 'passed');
  expect(['refused', 'passed']).toContain(await Promise.any([answer, passed]));
  await Promise.allSettled([answer, passed]);
});

row(38, { frMs: 20_000 }, async (w) => {
  const { caller, callId, invite, cancel } = await w.invite();
  await cancel();
  expect(headerOf((await caller.hears(200, callId)).message, 'cseq')).toBe('1 CANCEL');
  await w.settled(caller);
  expect(requests(w.backend, 'CANCEL', callId)).toEqual([]);
  w.backend.answer(invite, 180);
  w.backend.answer(await w.backend.gets('CANCEL', callId), 200);
  w.backend.answer(invite, 487);
  await caller.hears(487, callId);
});

row(39, { frMs: 1_000 }, async (w) => {
  const { caller, callId, cancel } = await w.invite();
  await cancel();
  await caller.hears(200, callId);
  const end = await caller.socket.waitFor('the end', (m) => m.status >= 300 && headerOf(m, 'call-id') === callId);
  expect([408, 487]).toContain(end.message.status);
});

row(40, { backends: ['udp', 'udp'], frMs: 1_000 }, async (w) => {
  const { caller, callId, cancel } = await w.invite();
  await cancel();
  await caller.socket.waitFor('the end', (m) => m.status >= 300 && headerOf(m, 'call-id') === callId);
  await w.settled(caller);
  expect(requests(w.backendAt(1), 'INVITE', callId)).toEqual([]);
});

row(41, {}, async (w) => {
  const { caller, callId, invite, cancel } = await w.invite();
  w.backend.answer(invite, 180);
  await caller.hears(180, callId);
  w.backend.answer(invite, 200);
  await cancel();
  const ok = await caller.socket.waitFor('200 to INVITE', (m) => m.status === 200 && headerOf(m, 'cseq') === '1 INVITE' && headerOf(m, 'call-id') === callId);
  // The CANCEL is answered one way or the other and ends nothing.
  await caller.socket.waitFor('an answer to CANCEL', (m) => [200, 481].includes(m.status) && headerOf(m, 'cseq') === '1 CANCEL' && headerOf(m, 'call-id') === callId);
  const routes = valuesOf(ok.message, 'record-route').toReversed().map((value) => `Route: ${value}`);
  await caller.send(caller.request('ACK', w.backend.uri, { callId, branch: newBranch(), toTag: 'callee', headers: routes }));
  await w.backend.gets('ACK', callId);
  expect(statuses(caller, callId).at(-1)).toBe(200);
});

row(33, { backends: ['udp', 'udp'], algorithm: 12 }, async (w) => {
  const { caller, callId, invite } = await w.invite();
  const other = await w.backendAt(1).gets('INVITE', callId);
  w.backend.answer(invite, 180, { toTag: 'one' });
  w.backendAt(1).answer(other, 180, { toTag: 'two' });
  for (let i = 0; i < 2; i++) await caller.hears(180, callId);
  w.backendAt(1).answer(other, 200, { toTag: 'two' });
  await caller.hears(200, callId);
  const got = await w.backend.gets('CANCEL', callId);
  expect(branchOf(got.message)).toBe(branchOf(invite.message));
  w.backend.answer(got, 200);
  w.backend.answer(invite, 487, { toTag: 'one' });
  await w.backend.gets('ACK', callId);
  await w.settled(caller);
  expect(statuses(caller, callId)).toEqual([180, 180, 200]);
});

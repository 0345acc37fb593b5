/** RFC 3261 §17.1.2, §17.2.2, RFC 4320, RFC 2543 matching: everything but INVITE. */
import { expect } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { branchOf, callIdOf, headerOf, newBranch, token } from '../../harness/sip-text.ts';
import { row } from '../row.ts';
import { requests } from '../world.ts';

row(55, {}, async (w) => {
  const phone = await w.phone();
  const callId = token();
  const text = phone.request('MESSAGE', w.uri, { callId, body: 'hello' });
  await phone.send(text);
  w.backend.answer(await w.backend.gets('MESSAGE', callId), 202, { headers: ['X-From: backend'] });
  const first = await phone.hears(202, callId);
  for (let i = 0; i < 3; i++) {
    await phone.send(text);
    expect((await phone.hears(202, callId)).message.raw).toBe(first.message.raw);
  }
  expect(requests(w.backend, 'MESSAGE', callId)).toHaveLength(1);
});

row(56, { frMs: 12_000 }, async (w) => {
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('MESSAGE', w.uri, { callId }));
  await until('five more', 15_000, () => requests(w.backend, 'MESSAGE', callId).length >= 5);
  const came = requests(w.backend, 'MESSAGE', callId);
  const gaps = came.slice(1).map(({ atMs }, i) => atMs - (came[i]?.atMs ?? 0));
  for (const [i, wanted] of [500, 1_000, 2_000, 4_000].entries()) expect(Math.abs((gaps[i] ?? 0) - wanted), `gaps ${gaps.join(', ')}`).toBeLessThan(wanted * 0.4);
  expect(new Set(came.map(({ message }) => branchOf(message))).size).toBe(1);
});

row(64, { frMs: 6_000 }, async (w) => {
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('MESSAGE', w.uri, { callId }));
  const got = await w.backend.gets('MESSAGE', callId);
  const heard = (): number[] => phone.socket.received.filter(({ message }) => callIdOf(message) === callId).map(({ message }) => message.status);
  // The second repetition comes after 1.5 s, the third after 3.5 s: only then has timer E come to T2.
  await until('two more', 6_000, () => requests(w.backend, 'MESSAGE', callId).length >= 3);
  expect(heard()).toEqual([]);
  w.backend.answer(got, 180);
  await w.settled(w.backend);
  w.backend.answer(got, 200);
  await phone.hears(200, callId);
  expect(heard().filter((status) => status !== 100)).toEqual([200]);
});

row(65, { frMs: 1_000 }, async (w) => {
  const phone = await w.phone();
  const callId = token();
  await phone.send(phone.request('MESSAGE', w.uri, { callId }));
  // An INVITE with the same timers behind it: when that has been given up, so has the MESSAGE.
  const { caller, callId: invite } = await w.invite();
  await caller.socket.waitFor('the end of the INVITE', (m) => m.status >= 300 && headerOf(m, 'call-id') === invite);
  await w.settled(phone);
  expect(phone.socket.received.filter(({ message }) => callIdOf(message) === callId).map(({ message }) => message.status)).not.toContain(408);
});

row(66, {}, async (w) => {
  const phone = await w.phone();
  for (const branch of ['', ';branch=old', ';branch=z9hG4bK']) {
    const callId = token();
    const text = phone.request('INVITE', w.uri, { callId, branch: newBranch() }).replace(/;branch=[^;]+/, branch);
    await phone.send(text);
    const invite = await w.backend.gets('INVITE', callId);
    w.backend.answer(invite, 180);
    await phone.hears(180, callId);
    await phone.send(text);
    await phone.hears(180, callId);
    w.backend.answer(invite, 486);
    await phone.hears(486, callId);
    await phone.send(phone.request('ACK', w.uri, { callId, toTag: 'callee' }).replace(/;branch=[^;]+/, branch));
    await w.backend.gets('ACK', callId);
    await w.settled(phone);
    expect(new Set(requests(w.backend, 'INVITE', callId).map(({ message }) => branchOf(message))).size).toBe(1);
    expect(requests(w.backend, 'ACK', callId), `branch "${branch}"`).toHaveLength(1);
  }
});

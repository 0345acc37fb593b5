/** The dispatcher and its probes. */
import { expect } from 'vitest';
import { until } from '../../harness/deadline.ts';
import type { Peer } from '../../harness/peer.ts';
import { headerOf, token } from '../../harness/sip-text.ts';
import { row } from '../row.ts';
import { requests, type World } from '../world.ts';

/** INVITEs that were answered 486 by each backend, retransmissions left out. */
function busy(w: World): number[] {
  const counts = w.backends.map(() => 0);
  for (const [i, backend] of w.backends.entries()) {
    backend.socket.onMessage = (received) => {
      if (received.message.status > 0 || received.message.method !== 'INVITE') return;
      counts[i] = (counts[i] ?? 0) + 1;
      backend.answer(received, 486);
    };
  }
  return counts;
}

/** The final status of one call. */
async function call(w: World, phone: Peer): Promise<number> {
  const callId = token();
  await phone.send(phone.request('INVITE', w.uri, { callId }));
  const end = await phone.socket.waitFor('the end of the call', (m) => m.status >= 300 && headerOf(m, 'call-id') === callId, 12_000);
  return end.message.status;
}

row(142, { backends: ['udp', 'udp'], algorithm: 4 }, async (w) => {
  const counts = busy(w);
  const phone = await w.phone();
  for (let i = 0; i < 10; i++) await call(w, phone);
  expect(counts).toEqual([5, 5]);
});

row(143, { backends: ['udp', 'udp'], algorithm: 4 }, async (w) => {
  const phone = await w.phone();
  for (let i = 0; i < 4; i++) {
    const callId = token();
    await phone.send(phone.request('INVITE', w.uri, { callId }));
    const first = await Promise.any(w.backends.map(async (backend) => ({ backend, invite: await backend.gets('INVITE', callId) })));
    const other = w.backends.find((backend) => backend !== first.backend) ?? first.backend;
    first.backend.answer(first.invite, 503);
    await first.backend.gets('ACK', callId);
    other.answer(await until('the INVITE at the other', 3_000, () => requests(other, 'INVITE', callId)[0]), 486);
    await phone.hears(486, callId);
  }
});

row(144, { backends: ['udp', 'udp'], frMs: 1_000 }, async (w) => {
  const { caller, callId } = await w.invite();
  w.backendAt(1).answer(await w.backendAt(1).gets('INVITE', callId), 486);
  await caller.hears(486, callId);
});

/** Answers probes, or not. */
function probed(peer: Peer): { alive: boolean; count: number } {
  const state = { alive: true, count: 0 };
  peer.socket.onMessage = (received) => {
    if (received.message.status > 0 || received.message.method !== 'OPTIONS') return;
    state.count += 1;
    if (state.alive) peer.answer(received, 200);
  };
  return state;
}

row(145, { backends: ['udp', 'udp'], probing: true, frMs: 20_000 }, async (w) => {
  for (const backend of w.backends) probed(backend).alive = false;
  const phone = await w.phone();
  await until('an answer at once', 20_000, async () => {
    const sentMs = Date.now();
    const callId = token();
    await phone.send(phone.request('INVITE', w.uri, { callId }));
    const end = await phone.socket.waitFor('the end', (m) => m.status >= 300 && headerOf(m, 'call-id') === callId, 1_500);
    return [480, 500, 503].includes(end.message.status) && Date.now() - sentMs < 1_000;
  });
});

row(146, { backends: ['udp', 'udp'], probing: true, frMs: 20_000 }, async (w) => {
  const [one, two] = w.backends.map(probed);
  if (one === undefined || two === undefined) throw new Error('two backends are wanted');
  await until('probes of both', 10_000, () => one.count > 0 && two.count > 0);
  const phone = await w.phone();
  /** Which of the two a call reaches now. */
  const reached = async (): Promise<number> => {
    const callId = token();
    await phone.send(phone.request('INVITE', w.uri, { callId }));
    const { index, invite } = await Promise.any(w.backends.map(async (backend, i) => ({ index: i, invite: await backend.gets('INVITE', callId) })));
    w.backendAt(index).answer(invite, 486);
    await phone.hears(486, callId);
    return index;
  };
  await until('calls to the first', 10_000, async () => (await reached()) === 0);
  one.alive = false;
  await until('calls to the second', 15_000, async () => (await reached()) === 1);
  one.alive = true;
  await until('calls to the first again', 15_000, async () => (await reached()) === 0);
});

row(147, { backends: ['udp', 'udp'] }, async (w) => {
  for (const backend of w.backends) {
    backend.socket.onMessage = (received) => {
      if (received.message.status === 0 && received.message.method === 'INVITE') backend.answer(received, 503);
    };
  }
  expect([500, 503]).toContain(await call(w, await w.phone()));
});

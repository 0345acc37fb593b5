import { expect, it } from 'vitest';
import type { DatagramSocket } from '../../../dataplane/media/userland/datagrams.ts';
import { BoundedSocket } from '../../../dataplane/media/userland/bounded-socket.ts';

const packet = new Uint8Array(12);

function bounded() {
  const state = { nowMs: 5_000, sent: 0, told: 0 };
  const socket: DatagramSocket = { know: () => undefined, aim: () => undefined, close: () => undefined, send: () => ++state.sent > 0 };
  return { state, socket: new BoundedSocket(socket, () => state.nowMs, () => { state.told++; }) };
}

it('a socket towards another port of ours sends what any stream has, for as long as it likes', () => {
  const { state, socket } = bounded();
  for (let second = 0; second < 5; second++, state.nowMs += 1_000) for (let i = 0; i < 3_000; i++) expect(socket.send(packet, 12)).toBe(true);
  expect(state).toMatchObject({ sent: 15_000, told: 0 });
});

it('and nothing more once it was to send more in a second: that is a circle, which is told once', () => {
  const { state, socket } = bounded();
  for (let i = 0; i < 3_000; i++) socket.send(packet, 12);
  expect(socket.send(packet, 12)).toBe(false);
  state.nowMs += 10_000;
  expect(socket.send(packet, 12)).toBe(false);
  expect(state).toMatchObject({ sent: 3_000, told: 1 });
});

/** Which sockets a media thread takes, and that waiting for packets keeps nobody else waiting. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { chooseDatagrams } from '../../../dataplane/media/userland/choose.ts';
import { PolledSockets } from '../../../dataplane/media/userland/polled-sockets.ts';
import type { RelaySettings } from '../../../dataplane/media/userland/settings.ts';
import { systemCalls } from '../../../dataplane/system/calls.ts';
import { bindAll, freeRange } from './relay-rig.ts';

const first = freeRange(20);
const settings: RelaySettings = { first, last: first + 37, bind: bindAll };
/** Where the pinned runtime has them: there a runtime without is a failure. */
const expected = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
const nobody = { known: () => undefined, other: () => undefined };

test('a runtime without system calls is served by node:dgram', () => {
  expect(chooseDatagrams(settings, null).kind).toBe('node:dgram');
});

describe.runIf(expected)('with system calls', () => {
  const calls = systemCalls() ?? (() => { throw new Error('this runtime makes no system calls'); })();

  test('they are taken when a packet goes through them, in every family that is bound', () => {
    expect(chooseDatagrams(settings).kind).toBe('system calls');
    expect(chooseDatagrams({ ...settings, bind: { v4: '127.0.0.1', v6: '' } }).kind).toBe('system calls');
    expect(chooseDatagrams({ ...settings, bind: { v4: '', v6: '::1' } }).kind).toBe('system calls');
  });

  test.each([
    ['sends nothing', { sendmsg: () => 10 }],
    ['receives nothing', { recvmsg: () => -1 }],
    ['opens no socket', { socket: () => -1 }],
    ['has no epoll', { epollCreate: () => -1 }],
    ['throws', { bind: () => { throw new TypeError('Argument 1 must be a buffer'); } }],
  ])('a runtime that %s is served by node:dgram', (_what, broken) => {
    expect(chooseDatagrams(settings, { ...calls, ...broken }).kind).toBe('node:dgram');
  });

  test('timers and promises of the thread go on while it waits for packets, and it ends with its last socket', async () => {
    const waits: number[] = [];
    const polled = new PolledSockets({ ...calls, epollWait: (poll, events, count, ms) => { waits.push(ms); return calls.epollWait(poll, events, count, ms); } }, bindAll);
    const socket = polled.open(4, settings.last + 1, nobody);
    for (let i = 0; i < 10; i++) await pause(1);
    expect(waits.length).toBeGreaterThan(0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(20);
    socket?.close();
    await pause(1);
    const after = waits.length;
    await pause(50);
    expect(waits.length).toBe(after);
  });

  test('a closed socket sends and hears nothing', () => {
    const polled = new PolledSockets(calls, bindAll);
    const socket = polled.open(4, settings.last + 1, nobody);
    socket?.aim({ address: '127.0.0.1', port: 9 });
    expect(socket?.send(Buffer.alloc(12), 12)).toBe(true);
    socket?.close();
    socket?.close();
    expect(socket?.send(Buffer.alloc(12), 12)).toBe(false);
    expect(polled.open(4, settings.last + 1, nobody)).not.toBeNull();
  });
});

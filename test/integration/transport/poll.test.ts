/** A thread that waits for its sockets in a poll of its own: everything else of the thread goes on as in Node's loop. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { systemCalls, type SystemCalls } from '../../../dataplane/system/calls.ts';
import { pollOf } from '../../../dataplane/system/poll.ts';
import { defaultLimits } from '../../../dataplane/transport/settings.ts';
import { openUdpSocket } from '../../../dataplane/transport/udp-choice.ts';
import { listen } from './peers.ts';

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });
const deaf = { received: () => undefined, receiveFailed: () => undefined, sendFailed: () => undefined };

const closing: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((one) => one.close()));
});

describe.runIf(process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch))('with an open socket', () => {
  const system = systemCalls() ?? (() => { throw new Error('this runtime makes no system calls'); })();

  /** Opens a socket. @returns its calls, and how long its poll was told to wait each time, in milliseconds */
  async function open(): Promise<{ readonly calls: SystemCalls; readonly waits: number[] }> {
    const waits: number[] = [];
    const calls: SystemCalls = { ...system, epollWait: (poll, events, count, ms) => { waits.push(ms); return system.epollWait(poll, events, count, ms); } };
    const socket = await openUdpSocket(listen('udp'), deaf, defaultLimits, calls);
    if (!socket.ok) throw new Error(socket.error.sentence());
    closing.push(socket.value);
    await turn();
    waits.length = 0;
    return { calls, waits };
  }

  test('immediates of others run at once, as many as there are', async () => {
    const { waits } = await open();
    for (let i = 0; i < 50; i++) await turn();
    expect(waits.length).toBeGreaterThanOrEqual(49);
    expect(Math.max(...waits)).toBe(0);
  });

  test('no wait is longer than until the next timer', async () => {
    const { waits } = await open();
    for (let i = 0; i < 5; i++) await pause(4);
    expect(Math.max(...waits)).toBeLessThanOrEqual(4);
  });

  test('while nothing is due it waits, and does not ask again and again', async () => {
    const { waits } = await open();
    await pause(300);
    expect(Math.max(...waits)).toBeGreaterThan(10);
    expect(waits.length).toBeLessThan(60);
  });

  test('the time without sockets is no delay of what comes', async () => {
    const { calls } = await open();
    const poll = pollOf(calls);
    await Promise.all(closing.splice(0).map((one) => one.close()));
    await pause(100);
    poll.delay();
    await pause(100);
    const socket = await openUdpSocket(listen('udp'), deaf, defaultLimits, calls);
    if (socket.ok) closing.push(socket.value);
    await turn();
    await turn();
    expect(poll.delay()).toBeLessThan(20);
  });
});

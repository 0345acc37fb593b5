/** Two calls on two media threads whose PBX names the ports of each in the other, so that packets go round. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { defaultSetting } from '../../../dataplane/contract/rows.ts';
import { standardForbidden } from '../../../dataplane/forbidden-setting.ts';
import type { MediaEvent } from '../../../dataplane/media/messages.ts';
import type { SdpPassage } from '../../../dataplane/media/passage.ts';
import { ThreadDoor } from '../../../dataplane/media/thread-door.ts';
import { monotonicClock } from '../../../dataplane/runtime/clock.ts';
import { createLog } from '../../../dataplane/runtime/log.ts';
import { MediaThreads } from '../../../dataplane/runtime/media-threads.ts';
import { until } from '../../harness/deadline.ts';
import { freePortPairs } from '../../harness/ports.ts';
import { RtpStream } from '../../harness/rtp-stream.ts';
import { carries } from './relay-rig.ts';

const host = '127.0.0.1';
const describeEnd = (port: number): string => ['v=0', `o=- 1 1 IN IP4 ${host}`, 's=-', `c=IN IP4 ${host}`, 't=0 0', `m=audio ${port} RTP/AVP 8`, ''].join('\r\n');

const events: MediaEvent[] = [];
let folder = '';
let threads: MediaThreads;
let door: ThreadDoor;

beforeEach(async () => {
  events.length = 0;
  folder = mkdtempSync(join(tmpdir(), 'signalbox-circle-'));
  const first = await freePortPairs(20);
  threads = new MediaThreads({
    settings: {
      media: 'worker', mediaThreads: 2, rtp: { first, last: first + 39 }, forbiddenTargets: standardForbidden, nodeName: 'node', sockets: 'auto',
      listen: [{ transport: 'udp', family: 4, address: host, port: 5060, advertisedHost: '', advertisedPort: 0, certFile: '', keyFile: '' }],
    },
    folder, log: createLog('silent', false), onEvent: (event) => events.push(event), crashed: (error) => { throw error; },
  });
  const [ways] = threads.start(1, defaultSetting.media, false);
  door = new ThreadDoor(ways ?? [], monotonicClock);
  await threads.restore();
});

afterEach(async () => {
  await threads.stop(false);
  rmSync(folder, { recursive: true });
});

/** @returns the port of ours that the receiver is shown */
function says(session: string, fromCaller: boolean, port: number, more: Partial<SdpPassage> = {}): Promise<number> {
  const passage: SdpPassage = {
    session, tenant: 1, callId: session, callerTag: 'a', calleeTag: 'b', fromCaller, kind: 'offer', final: false, proven: true, sdp: describeEnd(port), source: host, family: 4, ownAddress: host, latching: 'sdp', hideOrigin: false, ...more,
  };
  return new Promise((resolve, reject) => {
    door.pass(passage, (outcome) => (outcome.t === 'edited' ? resolve(Number(/m=audio (\d+)/.exec(outcome.sdp)?.[1])) : reject(new Error(JSON.stringify(outcome)))));
  });
}

/** A call between two ports. @returns our ports that each side sends to */
async function call(caller: number, callee: number): Promise<{ readonly session: string; readonly caller: number; readonly callee: number }> {
  const session = door.newSession();
  const towardsCallee = await says(session, true, caller, { calleeTag: '' });
  return { session, callee: towardsCallee, caller: await says(session, false, callee, { kind: 'answer', final: true }) };
}

/** Both sides of a call are somewhere else. */
async function moves({ session }: { readonly session: string }, caller: number, callee: number): Promise<void> {
  await says(session, true, caller);
  await says(session, false, callee, { kind: 'answer', final: true });
}

/** What has come from the ends of a call so far. */
async function packets({ session }: { readonly session: string }): Promise<number> {
  const streams = (await threads.figures([session])).get(session)?.streams ?? [];
  return streams.reduce((sum, { caller, callee }) => sum + caller.packets + callee.packets, 0);
}

it('cuts a circle of calls on two threads, in which packets would go round for ever, tells, and goes on when an SDP opens it', async () => {
  const [one, other] = [await RtpStream.open(), await RtpStream.open()];
  const first = await call(one.port, other.port);
  const second = await call(one.port, other.port);
  await moves(second, first.callee, first.caller);
  one.to = { host, port: first.caller };
  await until('a circle that is cut', 20_000, async () => {
    // A packet has to be on its way just when the circle closes.
    await moves(first, one.port, second.caller);
    for (let i = 0; i < 300; i++) one.say();
    await moves(first, second.callee, second.caller);
    const before = await packets(second);
    if ((await packets(second)) === before) return false;
    return until('an event', 3_000, () => events.length > 0).catch(() => false);
  });
  expect(events[0]).toMatchObject({ kind: 'media.circle', detail: { more: 0 } });
  let last = -1;
  await until('an end of it', 5_000, async () => {
    const before = last;
    last = await packets(second);
    return before === last;
  });
  await moves(first, one.port, other.port);
  other.to = { host, port: first.callee };
  await carries(one, other);
  await carries(other, one);
  await one.close();
  await other.close();
}, 30_000);

it('carries media through both calls where no circle is', async () => {
  const [one, other] = [await RtpStream.open(), await RtpStream.open()];
  const first = await call(one.port, other.port);
  const second = await call(one.port, other.port);
  await moves(first, one.port, second.caller);
  await moves(second, first.callee, other.port);
  [one.to, other.to] = [{ host, port: first.caller }, { host, port: second.callee }];
  await carries(one, other);
  await carries(other, one);
  expect(events).toEqual([]);
  await one.close();
  await other.close();
});

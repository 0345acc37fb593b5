import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ThreadDoor } from '../../../dataplane/media/thread-door.ts';
import type { MediaAsk, MediaReply } from '../../../dataplane/media/messages.ts';
import { threadOfSession, type PassageOutcome, type SdpPassage } from '../../../dataplane/media/passage.ts';
import { ManualClock } from '../../../dataplane/runtime/clock.ts';
import { until } from '../../harness/deadline.ts';

const passage = (session: string): SdpPassage => ({
  session, tenant: 1, callId: 'call', callerTag: 'a', calleeTag: '', fromCaller: true, kind: 'offer', final: false, proven: true, sdp: 'v=0', source: '192.0.2.7', family: 4, ownAddress: '192.0.2.1', latching: 'sdp', hideOrigin: false,
});

const ports: MessagePort[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const port of ports.splice(0)) port.close();
});

/** Media threads that only listen. */
function threads(count: number): { readonly ways: MessagePort[]; readonly heard: MediaAsk[][]; reply(thread: number, reply: MediaReply): void } {
  const heard: MediaAsk[][] = Array.from({ length: count }, () => []);
  const channels = heard.map((asks) => {
    const channel = new MessageChannel();
    channel.port2.on('message', (ask: MediaAsk) => asks.push(ask));
    ports.push(channel.port1, channel.port2);
    return channel;
  });
  return { ways: channels.map(({ port1 }) => port1), heard, reply: (thread, reply) => channels[thread]?.port2.postMessage(reply) };
}

describe('the door to the media threads', () => {
  it('is closed without them', () => expect(new ThreadDoor([], new ManualClock(0)).open).toBe(false));

  it('spreads sessions over them, and a session stays with one', async () => {
    const { ways, heard } = threads(2);
    const door = new ThreadDoor(ways, new ManualClock(0));
    const sessions = Array.from({ length: 600 }, () => door.newSession());
    expect(new Set(sessions).size).toBe(600);
    expect(sessions.every((session) => /^[A-Za-z0-9_-]{12}$/.test(session))).toBe(true);
    for (const session of sessions.slice(0, 10)) {
      door.pass(passage(session), () => undefined);
      door.end(session, 'b');
    }
    await until('all asks', 2_000, () => heard.flat().length === 20);
    for (const [thread, asks] of heard.entries()) {
      expect(asks).toHaveLength(10);
      expect(asks.every((ask) => threadOfSession(ask.t === 'pass' ? ask.passage.session : ask.session, 2) === thread)).toBe(true);
    }
  });

  it('gives each passage its answer, once', async () => {
    const { ways, heard, reply } = threads(1);
    const door = new ThreadDoor(ways, new ManualClock(0));
    const outcomes: PassageOutcome[] = [];
    door.pass(passage(door.newSession()), (outcome) => outcomes.push(outcome));
    await until('the ask', 2_000, () => heard.flat().length === 1);
    reply(0, { n: 1, outcome: { t: 'edited', sdp: 'v=1' } });
    reply(0, { n: 1, outcome: { t: 'edited', sdp: 'v=2' } });
    reply(0, { n: 7, outcome: { t: 'edited', sdp: 'v=3' } });
    await until('the answer', 2_000, () => outcomes.length > 0);
    door.take({ n: 1, outcome: { t: 'refused', why: 'ports' } });
    expect(outcomes).toEqual([{ t: 'edited', sdp: 'v=1' }]);
  });

  it('refuses what no thread answers in time', () => {
    vi.useFakeTimers();
    const clock = new ManualClock(0);
    const door = new ThreadDoor(threads(1).ways, clock);
    const outcomes: PassageOutcome[] = [];
    door.pass(passage(door.newSession()), (outcome) => outcomes.push(outcome));
    clock.advance(3_900);
    vi.advanceTimersByTime(500);
    expect(outcomes).toEqual([]);
    clock.advance(200);
    vi.advanceTimersByTime(500);
    expect(outcomes).toEqual([{ t: 'refused', why: 'engine' }]);
  });

  it('has so many under way at the most', () => {
    const door = new ThreadDoor(threads(1).ways, new ManualClock(0));
    const outcomes: PassageOutcome[] = [];
    for (let i = 0; i < 10_001; i++) door.pass(passage('A0123456789-'), (outcome) => outcomes.push(outcome));
    expect(outcomes).toEqual([{ t: 'refused', why: 'engine' }]);
  });

  it('asks another process once that has the sessions, also for what waits', () => {
    const door = new ThreadDoor(threads(1).ways, new ManualClock(0));
    const asked: MediaAsk[] = [];
    const outcomes: PassageOutcome[] = [];
    door.pass(passage('A0123456789-'), (outcome) => outcomes.push(outcome));
    door.moveTo((ask) => asked.push(ask));
    door.rejected('A0123456789-', 'b', true);
    door.end('A0123456789-', '');
    expect(asked).toMatchObject([{ t: 'pass', n: 1 }, { t: 'rejected', session: 'A0123456789-', calleeTag: 'b', fromCaller: true }, { t: 'end', session: 'A0123456789-' }]);
    door.take({ n: 1, outcome: { t: 'edited', sdp: 'v=1' } });
    expect(outcomes).toEqual([{ t: 'edited', sdp: 'v=1' }]);
  });
});

/** Several rtpengines: one dies, comes back, is taken out; calls and the next process find theirs again. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultSetting } from '../../../dataplane/contract/rows.ts';
import { RtpenginePool } from '../../../dataplane/media/rtpengine/pool.ts';
import type { RtpengineRecord } from '../../../dataplane/media/rtpengine/session.ts';
import { until } from '../../harness/deadline.ts';
import { freePort } from '../../harness/ports.ts';
import { RtpStream } from '../../harness/rtp-stream.ts';
import type { Rtpengine } from '../../harness/rtpengine.ts';
import { describeEnd, establish, follow, instanceAt, newSession, RtpengineRig, startDeadlineMs, startEngine } from './rtpengine-rig.ts';

const engines: Rtpengine[] = [];
const streams: RtpStream[] = [];
const rigs: RtpengineRig[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const rig of rigs.splice(0)) rig.close();
  for (const stream of streams.splice(0)) await stream.close();
  for (const socket of sockets.splice(0)) socket.close();
  for (const engine of engines.splice(0)) await engine.stop();
});

async function engineUp(ngPort?: number): Promise<Rtpengine> {
  const engine = await startEngine(ngPort);
  engines.push(engine);
  return engine;
}

async function stream(): Promise<RtpStream> {
  const opened = await RtpStream.open();
  streams.push(opened);
  return opened;
}

function rigWith(...args: ConstructorParameters<typeof RtpengineRig>): RtpengineRig {
  const rig = new RtpengineRig(...args);
  rigs.push(rig);
  return rig;
}

/** An instance that answers nothing but pings. @returns its address */
async function playInstance(answer: string): Promise<string> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.on('message', (data, from) => {
    const [cookie, body] = data.toString('latin1').split(' ');
    if (body === 'd7:command4:pinge') socket.send(`${cookie} ${answer}`, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return `127.0.0.1:${socket.address().port}`;
}

const hears = async (caller: RtpStream, callee: RtpStream): Promise<void> => {
  caller.talk();
  await callee.hears(caller, 10);
};

describe('a pool', () => {
  it('gives calls to the next instance when one is killed, says so, and gives them back when it returns', async () => {
    const [first, second] = [await engineUp(), await engineUp()];
    const rig = rigWith([instanceAt(first.address, { weight: 100 }), instanceAt(second.address, { weight: 0 })]);
    await rig.become(first.address, 'up');
    await rig.become(second.address, 'up');
    const kept = await establish(rig, await stream(), await stream());
    expect(rig.records.get(kept.session)?.instance).toBe(first.address);
    await first.kill();
    // Nobody has noticed yet: this very call goes to the second.
    const moved = await establish(rig, await stream(), await stream());
    expect(rig.records.get(moved.session)?.instance).toBe(second.address);
    await hears(moved.caller, moved.callee);
    await rig.become(first.address, 'down');
    expect(rig.events).toEqual([`down ${first.address} nobody listens there`]);
    // An answer has nowhere else to go; an offer begins anew elsewhere.
    expect(await rig.pass({ session: kept.session, sdp: describeEnd(kept.caller), kind: 'answer', calleeTag: 'a' })).toEqual({ t: 'refused', why: 'engine' });
    follow(kept.callee, await rig.edited({ session: kept.session, sdp: describeEnd(kept.caller, { version: 2 }), calleeTag: 'a' }));
    follow(kept.caller, await rig.edited({ session: kept.session, sdp: describeEnd(kept.callee, { version: 2 }), fromCaller: false, kind: 'answer', final: true, calleeTag: 'a' }));
    await hears(kept.caller, kept.callee);
    expect(rig.sessions.states().map(({ address, state, sessions }) => [address, state, sessions])).toEqual([[first.address, 'down', 0], [second.address, 'up', 2]]);
    await engineUp(first.port);
    await rig.become(first.address, 'up');
    expect(rig.events).toEqual([`down ${first.address} nobody listens there`, `up ${first.address}`]);
    const back = await establish(rig, await stream(), await stream());
    expect(rig.records.get(back.session)?.instance).toBe(first.address);
  }, startDeadlineMs);

  it('refuses a call in time when no instance answers, whether the host is silent or says that nobody listens', async () => {
    // A port that a socket holds and nobody reads is a silent host.
    const silent = await RtpStream.open();
    streams.push(silent);
    const rig = rigWith([instanceAt(`127.0.0.1:${silent.port}`), instanceAt(`127.0.0.1:${await freePort()}`)]);
    const [session, startedMs] = [newSession(), performance.now()];
    expect(await rig.pass({ session, sdp: describeEnd(await stream()) })).toEqual({ t: 'refused', why: 'engine' });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(rig.sessions.has(session)).toBe(false);
    await rig.become(`127.0.0.1:${silent.port}`, 'down');
    expect(rig.events).toContain(`down 127.0.0.1:${silent.port} no answer within 900 ms`);
  });

  it('has an instance that answers pings up, however slow it is with calls, and one that answers them otherwise down', async () => {
    const slow = await playInstance('d6:result4:ponge');
    const strange = await playInstance('d6:result5:errore');
    const rig = rigWith([instanceAt(slow), instanceAt(strange, { weight: 0 })]);
    await rig.become(slow, 'up');
    await rig.become(strange, 'down');
    expect(await rig.pass({ session: newSession(), sdp: describeEnd(await stream()) })).toEqual({ t: 'refused', why: 'engine' });
    expect(rig.events).toEqual([`down ${strange} it answers a ping with something else than pong`]);
    expect(rig.stateOf(slow)).toBe('up');
  });

  it('that is empty refuses, and takes instances from the settings as they change', async () => {
    const engine = await engineUp();
    const rig = rigWith([]);
    const caller = await stream();
    expect(await rig.pass({ session: newSession(), sdp: describeEnd(caller) })).toEqual({ t: 'refused', why: 'engine' });
    rig.sessions.configure({ ...defaultSetting.media, rtpengines: [instanceAt(`localhost:${engine.port}`)] });
    await rig.become(`localhost:${engine.port}`, 'up');
    const { session, caller: one, callee: other } = await establish(rig, caller, await stream());
    rig.sessions.configure({ ...defaultSetting.media, rtpengines: [] });
    expect(await rig.pass({ session: newSession(), sdp: describeEnd(caller) })).toEqual({ t: 'refused', why: 'engine' });
    // What it has stays with it.
    await hears(one, other);
    rig.sessions.end(session, '');
    expect((await rig.endedAs(session)).figures?.streams[0]?.caller.packets).toBeGreaterThan(9);
    expect(rig.sessions.states()).toEqual([]);
  });

  it('has nothing left of an instance that has no ports', async () => {
    const engine = await engineUp();
    const rig = rigWith([instanceAt(engine.address)]);
    const caller = await stream();
    const outcomes = [];
    for (let n = 0; n < 14; n++) outcomes.push(await rig.pass({ session: newSession(), sdp: describeEnd(caller) }));
    expect(outcomes.filter(({ t }) => t === 'edited').length).toBeGreaterThan(5);
    expect(outcomes.at(-1)).toEqual({ t: 'refused', why: 'ports' });
    expect(rig.sessions.size).toBe(outcomes.filter(({ t }) => t === 'edited').length);
  });
});

describe('sessions', () => {
  it('are taken up by the next process, which finds the instance by what was written down', async () => {
    const [first, second] = [await engineUp(), await engineUp()];
    const pool = [instanceAt(first.address), instanceAt(second.address)];
    const former = rigWith(pool);
    const { session, caller, callee } = await establish(former, await stream(), await stream());
    const records = JSON.parse(JSON.stringify([...former.records.values()])) as RtpengineRecord[];
    former.close();
    const next = rigWith(pool);
    next.sessions.restore(records);
    expect(next.sessions.has(session)).toBe(true);
    await hears(caller, callee);
    const port = callee.to?.port;
    follow(callee, await next.edited({ session, sdp: describeEnd(caller, { version: 2 }), calleeTag: 'a' }));
    expect(callee.to?.port).toBe(port);
    next.sessions.end(session, 'a');
    expect((await next.endedAs(session)).figures?.streams[0]?.caller.packets).toBeGreaterThan(9);
  });

  it('end when nobody sends any more, and when their instance has forgotten them', async () => {
    const engine = await engineUp();
    const rig = rigWith([instanceAt(engine.address)], { idleMs: 3_000 });
    const [idle, halfIdle] = [await establish(rig, await stream(), await stream()), await establish(rig, await stream(), await stream())];
    halfIdle.callee.talk();
    expect((await rig.endedAs(idle.session)).why).toBe('idle');
    await until('word of the silent side', 20_000, () => rig.events.includes(`silent ${halfIdle.session} caller`));
    expect(rig.sessions.has(halfIdle.session)).toBe(true);
    rig.sessions.end(halfIdle.session, '');
    const lost = await establish(rig, await stream(), await stream());
    lost.caller.talk();
    const other = new RtpenginePool({ up: () => undefined, down: () => undefined });
    await new Promise((resolve) => other.request(engine.address, { command: 'delete', 'call-id': lost.session, 'delete-delay': 0 }, resolve));
    other.close();
    expect((await rig.endedAs(lost.session)).why).toBe('lost');
    expect(rig.sessions.totals.packets).toBeGreaterThan(50);
    await until('no session', 20_000, () => rig.sessions.size === 0);
  }, startDeadlineMs);
});

/** What breaks in the middle of calls: the data plane, an rtpengine, the supply of ports. */
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { hangUp, type MediaPeer } from '../../harness/media-peer.ts';
import { callIdOf } from '../../harness/sip-text.ts';
import { engines } from './engines.ts';
import { expectAudio, expectGoesOn } from './heard.ts';
import { MediaLab } from './lab.ts';

let lab: MediaLab;
afterEach(() => lab?.stop());

/** A call, or the status that refused it. */
async function tryCall(): Promise<{ readonly phone: MediaPeer; readonly pbx: MediaPeer; readonly status: number }> {
  const [phone, pbx] = [await lab.phone(), await lab.pbx()];
  await phone.invite('sip:1001@v4.example');
  const refused = phone.sip.socket.waitFor('an answer that is a refusal', (m) => m.status >= 300 && callIdOf(m) === phone.callId).then(({ message }) => message.status);
  const status = await Promise.race([pbx.isCalled(phone.callId).then(() => 200), refused]);
  if (status !== 200) return { phone, pbx, status };
  pbx.answers(200);
  await phone.hears(200);
  await phone.acknowledges();
  await pbx.takes('ACK');
  return { phone, pbx, status: 200 };
}

describe.each(engines)('with the engine %s', (engine) => {
  it('a call survives kill -9 of the data plane: its media goes on when the next one is up, and its BYE ends it', async () => {
    lab = await MediaLab.start({ engine });
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    await lab.connect(phone, pbx);
    await expectGoesOn(phone, pbx, async () => {
      await lab.rig.process.kill();
      await lab.rig.restart();
    });
    // An rtpengine goes on by itself.
    if (engine === 'rtpengine') for (const [at, of] of [[phone, pbx], [pbx, phone]] as const) expect(at.media.hearing(of.media.ssrc), at.media.account(of.media)).toMatchObject({ packets: of.media.sent, missing: 0 });
    await hangUp(phone, pbx);
    await lab.idle();
  }, 120_000);
});

describe('when no ports are left', () => {
  it('a call gets 503 and the operator an event; when calls have ended, there is room again', async () => {
    lab = await MediaLab.start({ engine: 'worker', ports: 64 });
    const calls: (readonly [MediaPeer, MediaPeer])[] = [];
    for (let i = 0; i < 20; i++) {
      const { phone, pbx, status } = await tryCall();
      if (status === 503) break;
      calls.push([phone, pbx]);
    }
    // Four ports a call; some of the range may be somebody else's.
    expect(calls.length, `${calls.length} calls from 64 ports`).toBeGreaterThan(10);
    expect(calls.length).toBeLessThanOrEqual(16);
    await lab.rig.process.line(/ports/, 20_000);
    await lab.counted('media_refused_total', 1);
    await lab.sessions(calls.length);
    for (const call of calls) await hangUp(...call);
    await lab.idle();
    await until('a call after the others', 20_000, async () => {
      const { phone, pbx, status } = await tryCall();
      if (status === 503) return false;
      await expectAudio(phone, pbx);
      await hangUp(phone, pbx);
      return true;
    });
  }, 120_000);

  it('a call goes direct, where the settings say so', async () => {
    lab = await MediaLab.start({ engine: 'worker', ports: 64, media: { exhausted: 'direct' } });
    for (let i = 0; i < 16; i++) expect((await tryCall()).status).toBe(200);
    const { phone, pbx, status } = await tryCall();
    expect(status).toBe(200);
    expect(phone.media.to, 'where the last phone sends').toEqual({ host: pbx.media.host, port: pbx.media.port });
    await expectAudio(phone, pbx);
    await hangUp(phone, pbx);
  }, 120_000);
});

describe('when an rtpengine dies', () => {
  it('the next calls go to another one, and without any they get 503', async () => {
    lab = await MediaLab.start({ engine: 'rtpengine', rtpengines: 2 });
    const [one, other] = lab.rtpengines;
    const former = await tryCall();
    await expectAudio(former.phone, former.pbx);
    const [used, spare] = (await one!.hasCalls()) ? [one!, other!] : [other!, one!];
    await used.kill();
    for (let i = 0; i < 3; i++) {
      const { phone, pbx, status } = await tryCall();
      expect(status, `call ${i + 1} after the first rtpengine died`).toBe(200);
      expect(await spare.hasCalls()).toBe(true);
      await expectAudio(phone, pbx);
      await hangUp(phone, pbx);
    }
    await lab.rig.process.line(/rtpengine/, 20_000);
    await hangUp(former.phone, former.pbx);
    await spare.kill();
    expect((await tryCall()).status, 'a call without any rtpengine').toBe(503);
  }, 120_000);

  it('calls go direct, where the settings say so', async () => {
    lab = await MediaLab.start({ engine: 'rtpengine', media: { exhausted: 'direct' } });
    await lab.rtpengines[0]!.kill();
    const { phone, pbx, status } = await tryCall();
    expect(status).toBe(200);
    expect(phone.media.to, 'where the phone sends').toEqual({ host: pbx.media.host, port: pbx.media.port });
    await hangUp(phone, pbx);
  }, 120_000);
});

/** Packets of those who have no part in a call: they reach nobody, get nothing, and are counted. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { hangUp, type MediaPeer } from '../../harness/media-peer.ts';
import type { RtpStream } from '../../harness/rtp-stream.ts';
import { sharedLab } from '../../harness/shared-lab.ts';
import { engines } from './engines.ts';
import { expectAudio } from './heard.ts';
import { MediaLab } from './lab.ts';

/** RTP that a stranger sends to each of our ports of a call. */
const tries = 20;

/** Sends packets to both of our ports of a call. */
function intrude(stranger: RtpStream, ends: readonly MediaPeer[]): void {
  for (const { media } of ends) for (let i = 0; i < tries; i++) stranger.say(media.to);
}

/** Expects that neither end heard the stranger and that nobody sent the stranger anything. */
function expectNothing(stranger: RtpStream, ends: readonly MediaPeer[]): void {
  for (const { media } of ends) expect(media.hearing(stranger.ssrc).packets, `of ${2 * tries} packets of a stranger: ${media.account(stranger)}`).toBe(0);
  expect(stranger.heard.length, `bleed: ${stranger.account()}`).toBe(0);
}

describe('in the worker engine', () => {
  let lab: MediaLab;
  sharedLab(() => MediaLab.start({ engine: 'worker' }), (started) => {
    lab = started;
  });

  async function call(): Promise<readonly [MediaPeer, MediaPeer]> {
    const ends = [await lab.phone(), await lab.pbx()] as const;
    await lab.connect(...ends);
    return ends;
  }

  /** Waits until so many more strangers were counted than before. */
  const counted = (name: 'strangers' | 'invalid', before: number, more: number): Promise<unknown> =>
    until(`${more} ${name} counted beside ${before}`, 20_000, async () => {
      const now = (await lab.media())[name];
      if (now - before !== more) throw new Error(`${now - before} of ${more} counted`);
      return true;
    });

  it.each([['another address', '127.0.0.66'], ['the phone’s address, but another port', '127.0.0.1']])('audio injected from %s is dropped and counted', async (_, host) => {
    const ends = await call();
    await expectAudio(...ends);
    const before = (await lab.media()).strangers;
    const stranger = await lab.stranger(host);
    intrude(stranger, ends);
    await expectAudio(...ends);
    expectNothing(stranger, ends);
    await counted('strangers', before, 2 * tries);
    // By direction, and apart from what the ends say.
    const figures = await lab.figures(ends[0]);
    expect(figures?.streams.map(({ caller, callee }) => [caller.strangers, callee.strangers]), JSON.stringify(figures)).toEqual([[tries, tries]]);
    expect(figures?.streams.map(({ caller, callee }) => [caller.packets, callee.packets])).toEqual([[ends[0].media.sent, ends[1].media.sent]]);
    await hangUp(...ends);
  });

  it('a stranger who speaks before the ends do is not taken for one of them', async () => {
    const ends = await call();
    const before = (await lab.media()).strangers;
    const stranger = await lab.stranger();
    intrude(stranger, ends);
    await counted('strangers', before, 2 * tries);
    await expectAudio(...ends);
    expectNothing(stranger, ends);
    await hangUp(...ends);
  });

  it('RTCP of a stranger is dropped', async () => {
    const ends = await call();
    await expectAudio(...ends);
    const before = (await lab.media()).strangers;
    const stranger = await lab.stranger();
    for (const { media } of ends) {
      stranger.rtcpTo = media.rtcpTo;
      stranger.sendRtcp();
    }
    await counted('strangers', before, 2);
    await expectAudio(...ends);
    for (const { media } of ends) expect(media.heard.filter(({ kind }) => kind === 'rtcp').length, media.account()).toBe(0);
    expect(stranger.heard.length, `bleed: ${stranger.account()}`).toBe(0);
    await hangUp(...ends);
  });

  it('what is no media packet is dropped and counted, even from an end of the call', async () => {
    const ends = await call();
    await expectAudio(...ends);
    const { invalid } = await lab.media();
    const rubbish = [Buffer.alloc(1), Buffer.from([0x80, 8, 0]), Buffer.concat([Buffer.from([0xff]), randomBytes(100)]), Buffer.concat([Buffer.from([0x60]), randomBytes(100)])];
    for (const data of rubbish) ends[0].media.sendRaw(data);
    await counted('invalid', invalid, rubbish.length);
    await expectAudio(...ends);
    expect(ends[1].media.heard.filter(({ data }) => rubbish.some((one) => one.equals(data))).length, ends[1].media.account()).toBe(0);
    await hangUp(...ends);
  });
});

describe('latching', () => {
  /** A call of a phone whose media comes from another port and address than its SDP and signalling name. */
  async function roaming(latching: 'strict' | 'loose'): Promise<{ lab: MediaLab; phone: MediaPeer; pbx: MediaPeer }> {
    const lab = await MediaLab.start({ engine: 'worker', media: { latching } });
    const [phone, pbx] = [await lab.phone({ media: { host: '127.0.0.9' }, says: { address: '127.0.0.1' } }), await lab.pbx()];
    await lab.connect(phone, pbx);
    return { lab, phone, pbx };
  }

  it('`loose` takes media from anywhere, the first that comes', async () => {
    const { lab, phone, pbx } = await roaming('loose');
    try {
      phone.media.say();
      await pbx.media.hears(phone.media, 1, 0);
      await expectAudio(phone, pbx);
    } finally {
      await lab.stop();
    }
  }, 30_000);

  it('`strict` takes it from the address and port in the SDP only', async () => {
    const { lab, phone, pbx } = await roaming('strict');
    try {
      for (let i = 0; i < tries; i++) phone.media.say();
      await until('strangers counted', 20_000, async () => (await lab.media()).strangers === tries);
      expect(pbx.media.hearing(phone.media.ssrc).packets, pbx.media.account(phone.media)).toBe(0);
      // Where the SDP says, the phone is heard.
      await phone.media.move({ host: '127.0.0.1', port: phone.media.port });
      await expectAudio(phone, pbx);
    } finally {
      await lab.stop();
    }
  }, 30_000);
});

describe.each(engines.filter((engine) => engine === 'rtpengine'))('in the engine %s', (engine) => {
  it('audio injected from another address reaches nobody once the ends are learned', async () => {
    const lab = await MediaLab.start({ engine });
    try {
      const ends = [await lab.phone(), await lab.pbx()] as const;
      await lab.connect(...ends);
      for (const { media } of ends) media.talk();
      await until('rtpengine to have learned both ends', 20_000, async () => (await lab.rtpengines[0]!.learned()) === ends.length);
      for (const { media } of ends) media.hush();
      const stranger = await lab.stranger();
      intrude(stranger, ends);
      await expectAudio(...ends);
      expectNothing(stranger, ends);
      await hangUp(...ends);
      await lab.idle();
    } finally {
      await lab.stop();
    }
  }, 60_000);
});

/** Which calls are relayed at all: the tenant's policy, the ends' addresses, SDP that nobody understands, silence. */
import { afterEach, describe, expect, it } from 'vitest';
import { connect, hangUp, type MediaPeer } from '../../harness/media-peer.ts';
import { readSdp, writeSdp } from '../../harness/sdp-text.ts';
import { RtpStream } from '../../harness/rtp-stream.ts';
import { expectAudio } from './heard.ts';
import { MediaLab } from './lab.ts';

let lab: MediaLab;
afterEach(() => lab?.stop());

/** Expects that media goes from end to end without us. */
function expectDirect(phone: MediaPeer, pbx: MediaPeer): void {
  expect([phone.media.to, pbx.media.to]).toEqual([{ host: pbx.media.host, port: pbx.media.port }, { host: phone.media.host, port: phone.media.port }]);
}

describe('policy `direct`', () => {
  it('leaves the SDP as it is', async () => {
    lab = await MediaLab.start({ engine: 'worker', policies: { media: 'direct' } });
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    const sdp = phone.describe();
    await phone.invite('sip:1001@v4.example', sdp);
    expect((await pbx.isCalled(phone.callId)).message.body).toBe(sdp);
    pbx.answers(486);
    await phone.hears(486);
    await lab.idle();
  }, 60_000);
});

describe('policy `auto`', () => {
  it('lets ends meet that can, and relays for a phone behind NAT and between families', async () => {
    lab = await MediaLab.start({ engine: 'worker', policies: { media: 'auto' } });
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    await connect(phone, pbx, 'sip:1001@v4.example');
    expectDirect(phone, pbx);
    await expectAudio(phone, pbx);
    await lab.sessions(0);
    await hangUp(phone, pbx);
    const [six, pbxOfSix] = [await lab.phone({ sip: { host: '::1' } }), await lab.pbx()];
    await lab.connect(six, pbxOfSix);
    await expectAudio(six, pbxOfSix);
    await lab.sessions(1);
    await hangUp(six, pbxOfSix);
    await lab.idle();
  }, 60_000);
});

describe('SDP', () => {
  it('that is none of ours passes untouched, and is counted', async () => {
    lab = await MediaLab.start({ engine: 'worker' });
    for (const [index, sdp] of ['v=0\r\nthis is not SDP\r\n', 'hello', `v=0\r\n${'a=x\r\n'.repeat(3)}m=audio notaport RTP/AVP 0\r\n`].entries()) {
      const [phone, pbx] = [await lab.phone(), await lab.pbx()];
      await phone.invite('sip:1001@v4.example', sdp);
      const { message } = await pbx.sip.gets('INVITE', phone.callId);
      expect(message.body).toBe(sdp);
      await lab.counted('media_untouched_total', index + 1);
    }
    await lab.idle();
  }, 60_000);

  it('with several streams has each relayed, but for the one that is turned down', async () => {
    lab = await MediaLab.start({ engine: 'worker' });
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    const [video, pbxVideo] = [await RtpStream.open({ payloadType: 96 }), await RtpStream.open({ payloadType: 96 })];
    try {
      const more = (port: number, third: number): string => `m=video ${port} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio ${third} RTP/AVP 8\r\n`;
      await phone.invite('sip:1001@v4.example', phone.describe() + more(video.port, 30_000));
      const { sdp: offer } = await pbx.isCalled(phone.callId);
      pbx.answers(200, pbx.describe() + more(pbxVideo.port, 0));
      const { sdp: answer } = await phone.hears(200);
      await phone.acknowledges();
      await pbx.takes('ACK');
      expect(answer?.media.map(({ kind, port }) => [kind, port > 0])).toEqual([['audio', true], ['video', true], ['audio', false]]);
      const ports = [...(offer?.media ?? []), ...(answer?.media.slice(0, 2) ?? [])].map(({ port }) => port);
      expect(new Set(ports).size, `ports ${ports.join(', ')}: each stream has its own`).toBe(5);
      video.to = { host: answer!.media[1]!.address, port: answer!.media[1]!.port };
      pbxVideo.to = { host: offer!.media[1]!.address, port: offer!.media[1]!.port };
      await expectAudio(phone, pbx);
      for (const [from, to] of [[video, pbxVideo], [pbxVideo, video]] as const) {
        for (let i = 0; i < 5; i++) from.say();
        const heard = await to.hears(from, 5, 0);
        expect(heard, to.account(from)).toMatchObject({ missing: 0, damaged: 0 });
      }
      await hangUp(phone, pbx);
      await lab.idle();
    } finally {
      await video.close();
      await pbxVideo.close();
    }
  }, 60_000);

  it('inside of a multipart body is edited, and its neighbours are not', async () => {
    lab = await MediaLab.start({ engine: 'worker' });
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    const other = '<?xml version="1.0"?><presence entity="sip:alice@acme.example"/>';
    const body = (sdp: string): string => ['--limit', 'Content-Type: application/pidf+xml', '', other, '--limit', 'Content-Type: application/sdp', '', `${sdp}--limit--`, ''].join('\r\n');
    const sdp = writeSdp({ address: phone.media.host, port: phone.media.port });
    await phone.sip.send(phone.sip.request('INVITE', 'sip:1001@v4.example', { callId: phone.callId, headers: ['Content-Type: multipart/mixed;boundary=limit'], body: body(sdp) }));
    const { message } = await pbx.sip.gets('INVITE', phone.callId);
    const start = message.body.indexOf('v=0');
    const edited = message.body.slice(start, message.body.indexOf('--limit--', start));
    lab.shown(readSdp(edited), pbx);
    expect(message.body).toBe(body(edited));
    const length = message.headers.find(([name]) => name === 'content-length')?.[1];
    expect(Number(length)).toBe(Buffer.byteLength(message.body, 'latin1'));
  }, 60_000);
});

describe('two SIP workers and two media threads', () => {
  it('share calls out, each of which has its audio both ways', async () => {
    lab = await MediaLab.start({ engine: 'worker', workers: 2, env: { SIGNALBOX_MEDIA_THREADS: '2' } });
    const calls = await Promise.all(Array.from({ length: 8 }, async () => {
      const ends = [await lab.phone(), await lab.pbx()] as const;
      await lab.connect(...ends);
      return ends;
    }));
    await lab.sessions(calls.length);
    await Promise.all(calls.map((ends) => expectAudio(...ends)));
    await Promise.all(calls.map((ends) => hangUp(...ends)));
    await lab.idle();
  }, 60_000);
});

describe('a call that nobody talks in', () => {
  it('ends its media after the idle time, and says so', async () => {
    lab = await MediaLab.start({ engine: 'worker', media: { idleMs: 10_000 }, env: { SIGNALBOX_LOG: 'info' } });
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    await lab.connect(phone, pbx);
    await expectAudio(phone, pbx);
    await lab.sessions(1);
    await lab.rig.process.line(/no packet came from either side/, 40_000);
    await lab.idle();
  }, 90_000);
});

/** What becomes of a call's audio in each engine, seen at the packets that its ends say and hear. */
import { describe, expect, it } from 'vitest';
import { until } from '../../harness/deadline.ts';
import { hangUp, renegotiate } from '../../harness/media-peer.ts';
import { sharedLab } from '../../harness/shared-lab.ts';
import { headerOf } from '../../harness/sip-text.ts';
import { engines } from './engines.ts';
import { expectAudio } from './heard.ts';
import { MediaLab } from './lab.ts';

describe.each(engines)('a call whose media %s moves', (engine) => {
  let lab: MediaLab;
  sharedLab(() => MediaLab.start({ engine }), (started) => {
    lab = started;
  });

  it('has audio both ways, shows the edge to both ends, and gives its ports back with the BYE', async () => {
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    await lab.connect(phone, pbx);
    await expectAudio(phone, pbx, 50);
    await lab.sessions(1);
    await hangUp(phone, pbx);
    await lab.idle();
  });

  it('shows in its figures what either end said, that none of it was lost, and how it sounds', async () => {
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    await lab.connect(phone, pbx);
    await expectAudio(phone, pbx, 60);
    const said = { caller: phone.media.sent, callee: pbx.media.sent };
    // rtpengines are asked now and then.
    const [stream] = await until('figures of all that was said', 20_000, async () => {
      const streams = (await lab.figures(phone))?.streams ?? [];
      if (streams[0]?.caller.packets !== said.caller || streams[0].callee.packets !== said.callee) throw new Error(`said ${JSON.stringify(said)}: ${JSON.stringify(streams)}`);
      return streams;
    });
    expect(stream).toMatchObject({ engine, kind: 'audio' });
    for (const side of ['caller', 'callee'] as const) {
      expect(stream![side], JSON.stringify(stream)).toMatchObject({ strangers: 0, invalid: 0 });
      expect(stream![side].lost, 'lost packets').toBeLessThanOrEqual(0);
      if (engine === 'worker') expect(stream![side].mos, JSON.stringify(stream)).toBeGreaterThan(4);
    }
    await hangUp(phone, pbx);
  });

  it('ends its media when the callee hangs up, too', async () => {
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    await lab.connect(phone, pbx);
    await expectAudio(phone, pbx);
    await hangUp(pbx, phone);
    await lab.idle();
  });

  it('ends its media when nobody answers', async () => {
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    await phone.invite('sip:1001@v4.example');
    await pbx.isCalled(phone.callId);
    await lab.sessions(1);
    pbx.answers(486);
    await phone.hears(486);
    await lab.idle();
  });

  it('is held by a re-INVITE and taken back, on the same ports', async () => {
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    await lab.connect(phone, pbx);
    await expectAudio(phone, pbx);
    const [told, toldPbx] = [phone.media.to, pbx.media.to];

    const held = await renegotiate(phone, pbx, phone.describe({ direction: 'sendonly' }), pbx.describe({ direction: 'recvonly' }));
    expect([held.offer?.media[0]?.direction, held.answer?.media[0]?.direction]).toEqual(['sendonly', 'recvonly']);
    expect([phone.media.to, pbx.media.to]).toEqual([told, toldPbx]);
    const mark = pbx.media.mark;
    phone.media.talk();
    const music = await pbx.media.hears(phone.media, 20, mark);
    phone.media.hush();
    expect(music, `music on hold: ${JSON.stringify(music)}`).toMatchObject({ missing: 0, duplicates: 0, damaged: 0 });

    const back = await renegotiate(phone, pbx);
    lab.between(phone, pbx, back);
    expect(back.offer?.media[0]?.direction).toBe('sendrecv');
    expect([phone.media.to, pbx.media.to]).toEqual([told, toldPbx]);
    await expectAudio(phone, pbx);
    await hangUp(phone, pbx);
  });

  it('is held the old way, by 0.0.0.0, and taken back', async () => {
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    await lab.connect(phone, pbx);
    await expectAudio(phone, pbx);
    const held = await renegotiate(pbx, phone, pbx.describe({ address: '0.0.0.0' }), phone.describe({ direction: 'recvonly' }));
    expect(held.offer?.media[0]?.address, held.offer?.text).toBe('0.0.0.0');
    lab.between(phone, pbx, await renegotiate(pbx, phone).then(({ offer, answer }) => ({ offer: answer, answer: offer })));
    await expectAudio(phone, pbx);
    await hangUp(phone, pbx);
  });

  it.each(['INVITE', 'UPDATE'] as const)('goes on when one end moves to another address and says so by %s', async (method) => {
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    await lab.connect(phone, pbx);
    await expectAudio(phone, pbx);
    await phone.media.move({ host: '127.0.0.9' });
    await renegotiate(phone, pbx, undefined, undefined, method);
    await expectAudio(phone, pbx);
    expect(phone.media.heard.at(-1)?.at).toContain('127.0.0.9:');
    await pbx.media.move();
    await renegotiate(pbx, phone, undefined, undefined, method);
    await expectAudio(phone, pbx);
    await hangUp(phone, pbx);
  });

  it('has early media both ways from the 183 on, and goes on with the 200', async () => {
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    await phone.invite('sip:1001@v4.example');
    const { sdp: offer } = await pbx.isCalled(phone.callId);
    pbx.answers(183);
    const { sdp: early } = await phone.hears(183);
    lab.between(phone, pbx, { offer, answer: early });
    await expectAudio(phone, pbx);
    const told = phone.media.to;
    pbx.answers(200, '');
    await phone.hears(200);
    await phone.acknowledges();
    await pbx.takes('ACK');
    expect(phone.media.to).toEqual(told);
    await expectAudio(phone, pbx);
    await hangUp(phone, pbx);
  });

  it('has early media by a reliable 183, and a new offer in an UPDATE before the 200', async () => {
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    await phone.invite('sip:1001@v4.example', undefined, ['Supported: 100rel']);
    await pbx.isCalled(phone.callId);
    pbx.answers(183, undefined, ['Require: 100rel', 'RSeq: 1']);
    await phone.hears(183);
    await phone.requests('PRACK', '', ['RAck: 1 1 INVITE']);
    pbx.replies((await pbx.takes('PRACK')).received, 200);
    await phone.hears(200, 'PRACK');
    await expectAudio(phone, pbx);
    await phone.media.move();
    await renegotiate(phone, pbx, undefined, undefined, 'UPDATE');
    await expectAudio(phone, pbx);
    pbx.answers(200, '');
    await phone.hears(200);
    await phone.acknowledges();
    await pbx.takes('ACK');
    await expectAudio(phone, pbx);
    await hangUp(phone, pbx);
  });

  it('takes an offer in a reliable 183 and its answer in the PRACK', async () => {
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    await phone.invite('sip:1001@v4.example', '', ['Supported: 100rel']);
    await pbx.isCalled(phone.callId);
    pbx.answers(183, pbx.describe(), ['Require: 100rel', 'RSeq: 1']);
    const { sdp: offer } = await phone.hears(183);
    await phone.requests('PRACK', phone.describe(), ['RAck: 1 1 INVITE']);
    const { sdp: answer, received } = await pbx.takes('PRACK');
    lab.shown(offer, phone);
    lab.shown(answer, pbx);
    pbx.replies(received, 200);
    await phone.hears(200, 'PRACK');
    await expectAudio(phone, pbx);
    pbx.answers(200, '');
    await phone.hears(200);
    await phone.acknowledges();
    await pbx.takes('ACK');
    await hangUp(phone, pbx);
  });

  it('goes to whom of a fork answers: early media of both, then the second one’s call', async () => {
    const [phone, first, second] = [await lab.phone(), await lab.pbx('fork', 0), await lab.pbx('fork', 1)];
    await phone.invite('sip:1001@fork.example');
    await first.isCalled(phone.callId);
    await second.isCalled(phone.callId);
    first.answers(183);
    lab.shown((await phone.hears(183)).sdp, phone);
    await expectAudio(phone, first);
    second.answers(183);
    lab.shown((await phone.hears(183)).sdp, phone);
    await expectAudio(phone, second);
    second.answers(200);
    const { message, sdp } = await phone.hears(200);
    expect(headerOf(message, 'to')).toContain(second.tag);
    lab.shown(sdp, phone);
    await phone.acknowledges();
    await second.takes('ACK');
    first.replies((await first.takes('CANCEL')).received, 200);
    first.answers(487);
    await first.takes('ACK');
    await expectAudio(phone, second);
    await hangUp(phone, second);
    await lab.idle();
  });

  it('takes an offer in the 200 and its answer in the ACK', async () => {
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    await phone.invite('sip:1001@v4.example', '');
    expect((await pbx.isCalled(phone.callId)).sdp).toBeNull();
    pbx.answers(200);
    const { sdp: offer } = await phone.hears(200);
    await phone.acknowledges(phone.describe());
    const { sdp: answer } = await pbx.takes('ACK');
    lab.shown(offer, phone);
    lab.shown(answer, pbx);
    await expectAudio(phone, pbx);
    await hangUp(phone, pbx);
  });

  it.each([['::1', 'v4'], ['127.0.0.1', 'v6'], ['::1', 'v6']] as const)('joins a phone at %s and a PBX of %s', async (host, site) => {
    const [phone, pbx] = [await lab.phone({ sip: { host } }), await lab.pbx(site)];
    await lab.connect(phone, pbx, site);
    await expectAudio(phone, pbx);
    await hangUp(phone, pbx);
  });

  it('finds a phone behind NAT, whose SDP shows a private address, where its media comes from', async () => {
    const phone = await lab.phone({ says: { address: '192.168.77.7', port: 40_000 } });
    const pbx = await lab.pbx();
    await lab.connect(phone, pbx);
    phone.media.say();
    await pbx.media.hears(phone.media, 1, 0);
    await expectAudio(phone, pbx);
    await hangUp(phone, pbx);
  });

  it.each([[false, false], [true, true], [true, false], [false, true]])('carries RTCP both ways (rtcp-mux of the phone: %s, of the PBX: %s)', async (phoneMux, pbxMux) => {
    const phone = await lab.phone({ media: { mux: phoneMux } });
    const pbx = await lab.pbx('v4', 0, { mux: pbxMux });
    await lab.connect(phone, pbx);
    await expectAudio(phone, pbx);
    for (const [from, to] of [[phone, pbx], [pbx, phone]] as const) {
      const report = from.media.sendRtcp();
      const got = await to.media.gets(report, `an RTCP report of ${from === phone ? 'the phone' : 'the PBX'}`);
      expect(got.at).toContain(`:${to.media.rtcpPort}`);
    }
    await hangUp(phone, pbx);
  });

  it('leaves neither session nor port behind', async () => {
    await lab.idle();
  });
});

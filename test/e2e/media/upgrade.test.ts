/** Media across an upgrade beside the running process (`--takeover`): sessions move, whoever holds the transactions. */
import { afterEach, describe, it } from 'vitest';
import { hangUp } from '../../harness/media-peer.ts';
import { engines } from './engines.ts';
import { expectAudio, expectGoesOn } from './heard.ts';
import { MediaLab } from './lab.ts';

let lab: MediaLab;
afterEach(() => lab?.stop());

describe.each(engines)('an upgrade with the engine %s', (engine) => {
  it('moves the media of a call that is up, on the same ports', async () => {
    lab = await MediaLab.start({ engine });
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    await lab.connect(phone, pbx);
    await expectGoesOn(phone, pbx, () => lab.rig.replace());
    await hangUp(phone, pbx);
    await lab.idle();
  }, 120_000);

  it('moves a call that rings: its answer shows the edge, and its media passes', async () => {
    lab = await MediaLab.start({ engine });
    const [phone, pbx] = [await lab.phone(), await lab.pbx()];
    await phone.invite('sip:1001@v4.example');
    const { sdp: offer } = await pbx.isCalled(phone.callId);
    pbx.answers(180, '');
    await phone.hears(180);
    await lab.rig.replace();
    pbx.answers(200);
    const { sdp: answer } = await phone.hears(200);
    lab.between(phone, pbx, { offer, answer });
    await phone.acknowledges();
    await pbx.takes('ACK');
    await expectAudio(phone, pbx);
    await hangUp(phone, pbx);
    await lab.idle();
  }, 120_000);
});

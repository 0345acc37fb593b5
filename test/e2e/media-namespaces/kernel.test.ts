/** Calls whose media the kernel forwards, in three network namespaces: what the ends hear while the call changes, and while the data plane dies and comes back. */
import { afterEach, describe, expect, it } from 'vitest';
import { full } from '../../harness/length.ts';
import { sharedLab } from '../../harness/shared-lab.ts';
import { Capture, expectUnbroken, hasTcpdump } from './capture.ts';
import { KernelLab, mediaPorts } from './kernel-lab.ts';

const packetsASecond = 50;
const callSeconds = full ? 300 : 30;
const callPackets = callSeconds * packetsASecond;
const strangerHost = '10.77.1.66';
/** RTP packets that an end sends to a place when told to `intrude`. */
const tries = 20;

let lab: KernelLab;
sharedLab(() => KernelLab.start(), (started) => {
  lab = started;
});
afterEach(() => lab?.endCalls());

describe('the kernel engine', () => {
  it('has passed its self-test', async () => {
    const states = await lab.media();
    expect(states.map(({ engine, sentence }) => ({ engine, sentence })), lab.rig.process.tail()).toEqual([{ engine: 'kernel', sentence: '' }]);
  });
});

describe('a call whose media the kernel forwards', () => {
  it.each([4, 6] as const)('by IPv%s is heard whole by both ends, and leaves nothing behind', async (family) => {
    const call = await lab.call(family);
    await lab.counts({ sessions: 1, kernelStreams: 1 });
    expect(lab.elements().length).toBeGreaterThan(0);
    await call.hearsMore(100);
    await call.heardWhole();
    await call.hangUp();
    await lab.nothingLeft();
  }, 90_000);

  it('is heard without a gap while the data plane is killed and started again, and its BYE leaves nothing behind', async () => {
    const captures = hasTcpdump() ? [await Capture.start(lab.spaces.phone, mediaPorts), await Capture.start(lab.spaces.pbx, mediaPorts)] : [];
    const call = await lab.call();
    await lab.counts({ sessions: 1, kernelStreams: 1 });
    await call.hears(callPackets / 2, callSeconds * 1000);
    await lab.rig.process.kill();
    // Two seconds without a data plane.
    await call.hearsMore(2 * packetsASecond);
    expect(lab.elements().length, 'elements of a call that goes on without the data plane').toBeGreaterThan(0);
    await lab.rig.restart();
    await lab.counts({ sessions: 1, kernelStreams: 1 });
    await call.hears(callPackets, callSeconds * 1000);
    await call.heardWhole();
    for (const capture of captures) expectUnbroken(await capture.stop(), callPackets);
    await call.hangUp();
    await lab.nothingLeft();
  }, 2 * callSeconds * 1000 + 120_000);

  it('loses at most one packet each way when it is offered anew, and is forwarded by the kernel again', async () => {
    const call = await lab.call();
    await lab.counts({ sessions: 1, kernelStreams: 1 });
    await call.hearsMore(20);
    await call.phone.tell('reinvite');
    await call.hearsMore(50);
    await lab.counts({ sessions: 1, kernelStreams: 1 });
    const { atPhone, atPbx } = await call.hush();
    for (const [heard, what] of [[atPhone, 'PBX to phone'], [atPbx, 'phone to PBX']] as const) {
      expect(heard.said - heard.packets, `${what}: said ${heard.said}, heard ${heard.packets}. ${heard.account}`).toBeLessThanOrEqual(1);
      expect(heard, what).toMatchObject({ duplicates: 0, damaged: 0 });
    }
    await call.hangUp();
    await lab.nothingLeft();
  }, 90_000);

  it('follows an end that moves and says so, and is forwarded by the kernel from there', async () => {
    const call = await lab.call();
    await lab.counts({ sessions: 1, kernelStreams: 1 });
    await call.phone.tell('move');
    await call.phone.tell('reinvite');
    await call.hearsMore(50);
    await lab.counts({ sessions: 1, kernelStreams: 1 });
    await call.hush();
    await call.talk();
    await call.hearsMore(50);
    await call.heardWhole();
    await call.hangUp();
    await lab.nothingLeft();
  }, 90_000);

  it('has its RTCP cross both ways', async () => {
    const call = await lab.call();
    await lab.counts({ sessions: 1, kernelStreams: 1 });
    for (const [from, to] of [[call.phone, call.pbx], [call.pbx, call.phone]] as const) {
      await from.tell('rtcp');
      await to.hearsRtcp(1);
    }
    await call.hush();
    await call.hangUp();
    await lab.nothingLeft();
  }, 90_000);

  it('lets no stranger in, and counts who tries', async () => {
    lab.spaces.run(lab.spaces.phone.name, 'ip', 'address', 'add', `${strangerHost}/24`, 'dev', 'edge');
    const call = await lab.call();
    await lab.counts({ sessions: 1, kernelStreams: 1 });
    const before = (await lab.media()).reduce((sum, { strangers }) => sum + strangers, 0);
    const stranger = await lab.phone(4, strangerHost);
    const { ssrc } = await stranger.report();
    for (const end of [call.phone, call.pbx]) await stranger.tell(`intrude ${(await end.report()).to}`);
    await lab.counts({ strangers: before + 2 * tries });
    await call.hearsMore(20);
    for (const end of [call.phone, call.pbx]) {
      const { heard, account } = await end.report();
      expect(heard[ssrc]?.packets ?? 0, `of ${tries} packets of a stranger: ${account}`).toBe(0);
    }
    const { heard } = await stranger.report();
    expect(heard, 'bleed').toEqual({});
    await call.heardWhole();
    await call.hangUp();
    await lab.nothingLeft();
  }, 90_000);
});

describe('a call whose ends speak different families', () => {
  it.each([[6, 4], [4, 6]] as const)('stays in userland: IPv%s to IPv%s', async (family, toFamily) => {
    const call = await lab.call(family, toFamily);
    await call.hearsMore(50);
    await lab.counts({ sessions: 1, kernelStreams: 0 });
    expect(lab.elements()).toEqual([]);
    await call.heardWhole();
    await call.hangUp();
    await lab.nothingLeft();
  }, 90_000);
});

describe('a data plane that ends as asked', () => {
  it('takes its table away', async () => {
    expect(lab.tables().length).toBe(1);
    await lab.rig.process.stop();
    expect(lab.tables()).toEqual([]);
  });
});

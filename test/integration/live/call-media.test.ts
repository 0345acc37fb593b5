/** Calls with audio through a real node: what the API, the metrics and the alarms tell of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LiveCall, LiveCallList } from '../../../controlplane/contract/live-lists.ts';
import type { NodeItem } from '../../../controlplane/contract/nodes.ts';
import type { Overview } from '../../../controlplane/contract/overview.ts';
import { until } from '../../harness/deadline.ts';
import type { Installation } from '../../harness/installation.ts';
import { connect, converse, hangUp, type MediaPeer } from '../../harness/media-peer.ts';
import { fewPorts, phoneOf, relayingInstallation, relayTo } from '../../harness/relaying.ts';

let installation: Installation;
let stop = (): Promise<void> => Promise.resolve();
let callee: MediaPeer;
let relayed: string;
let direct: string;

beforeAll(async () => {
  installation = await relayingInstallation();
  stop = () => installation.stop();
  callee = await phoneOf(installation);
  relayed = await relayTo(installation.api, callee, 'acme');
  direct = await relayTo(installation.api, callee, 'plain', 'direct');
}, 90_000);
afterAll(() => stop());

const listed = async ({ callId }: MediaPeer): Promise<LiveCall | undefined> => (await installation.api.get<LiveCallList>(`/calls?q=${callId}`)).items[0];
const node = async (): Promise<NodeItem | undefined> => (await installation.api.get<readonly NodeItem[]>('/nodes'))[0];

describe('a relayed call', () => {
  it('shows what either side sends, how much of it was lost, and how it sounds', { timeout: 30_000 }, async () => {
    const caller = await phoneOf(installation);
    await connect(caller, callee, relayed);
    await converse(caller, callee, 60);
    const call = await until('figures', 10_000, async () => {
      const shown = await listed(caller);
      const stream = shown?.media?.streams[0];
      return stream !== undefined && stream.caller.packets >= 60 && stream.callee.packets >= 60 ? shown : null;
    });
    expect(call).toMatchObject({
      callId: caller.callId, tenant: 'acme', nodeName: 'ams-1', media: {
        session: expect.stringMatching(/^[\w-]{12}$/) as unknown,
        streams: [{ kind: 'audio', engine: 'worker', caller: { lost: 0, strangers: 0, invalid: 0 }, callee: { lost: 0, strangers: 0, invalid: 0 } }],
      },
    });
    const [stream] = call.media?.streams ?? [];
    for (const direction of [stream?.caller, stream?.callee]) {
      expect(direction?.bytes).toBeGreaterThanOrEqual(172 * (direction?.packets ?? 0));
      expect(direction?.mos).toBeGreaterThan(4);
      expect(direction?.jitterMs).toBeGreaterThanOrEqual(0);
      expect(direction?.idleMs).toBeLessThan(10_000);
    }
    await hangUp(caller, callee);
    await until('the call to be gone', 10_000, async () => (await listed(caller)) === undefined);
  });

  it('counts packets that came from somebody else, and what is no media', { timeout: 30_000 }, async () => {
    const caller = await phoneOf(installation);
    const stranger = await phoneOf(installation);
    await connect(caller, callee, relayed);
    await converse(caller, callee, 10);
    stranger.media.to = caller.media.to;
    for (let n = 0; n < 3; n++) stranger.media.say();
    for (let n = 0; n < 2; n++) caller.media.sendRaw(Buffer.from([0xff, 1, 2, 3]));
    const dropped = await until('what was dropped', 10_000, async () => {
      const stream = (await listed(caller))?.media?.streams[0];
      return (stream?.caller.strangers ?? 0) + (stream?.callee.strangers ?? 0) > 0 && (stream?.caller.invalid ?? 0) > 0 ? stream : null;
    });
    expect([dropped.caller.strangers, dropped.callee.strangers, dropped.caller.invalid]).toEqual([3, 0, 2]);
    await until('the metrics to have it', 5_000, async () => (await installation.edge.metric('media_strangers_total')) >= 3 && (await installation.edge.metric('media_invalid_total')) >= 2);
    await hangUp(caller, callee);
  });

  it('has no figures when its media goes direct', { timeout: 30_000 }, async () => {
    const caller = await phoneOf(installation);
    await connect(caller, callee, direct);
    const call = await until('the call', 10_000, () => listed(caller));
    expect(call.media).toBeNull();
    await hangUp(caller, callee);
  });
});

describe('a node', () => {
  /** Whether a further call is taken; then it stays up. */
  async function callMore(): Promise<boolean> {
    const caller = await phoneOf(installation);
    await caller.invite(relayed);
    const taken = await Promise.race([callee.isCalled(caller.callId).then(() => true), caller.hears(503).then(() => false)]);
    if (!taken) return false;
    callee.answers(200);
    await caller.hears(200);
    await caller.acknowledges();
    return true;
  }

  /** Calls until there are no ports left. @returns how many calls are up */
  async function callUntilFull(): Promise<number> {
    const { edge } = installation;
    for (let calls = 0; ; ) {
      if (await callMore()) {
        calls += 1;
        continue;
      }
      await until('the ports in use to be told', 5_000, async () => (await edge.metric('media_ports_used')) === 4 * calls);
      // Ports rest a second after a call, whatever is asked for.
      if ((await edge.metric('media_ports_free')) < 4) return calls;
    }
  }

  it('counts its calls and ports, and alarms when none are left', { timeout: 60_000 }, async () => {
    const { api, edge } = installation;
    await until('an idle node', 10_000, async () => (await node())?.media?.sessions === 0);
    const calls = await callUntilFull();
    expect(calls).toBeGreaterThan(8);
    expect(calls).toBeLessThanOrEqual(fewPorts / 4);
    const media = await until('a full node', 10_000, async () => {
      const shown = (await node())?.media;
      if (shown?.sessions !== calls) throw new Error(`${calls} ${JSON.stringify(shown)}`);
      return shown;
    });
    expect(media).toMatchObject({ engine: 'worker', portsUsed: 4 * calls, kernelStreams: 0, rtpengines: [] });
    expect(media.portsFree).toBeLessThan(4);
    expect(await edge.metric('media_sessions')).toBe(calls);
    expect(await edge.metric('media_ports_used')).toBe(4 * calls);
    expect(await edge.metric('media_engine')).toBe(1);
    const overview = await until('the alarm and the event', 10_000, async () => {
      const shown = await api.get<Overview>('/overview');
      return shown.alarms.length > 0 && shown.events.some(({ kind }) => kind === 'media.exhausted') ? shown : null;
    });
    expect(overview.alarms).toMatchObject([{ severity: 'error', text: expect.stringMatching(/^ams-1 has no media ports left: new calls that need relaying get 503\./) as unknown }]);
    expect(overview.events.find(({ kind }) => kind === 'media.exhausted')).toMatchObject({ severity: 'warning', nodeName: 'ams-1' });
  });
});

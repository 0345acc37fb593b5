/** What nodes tell of their media reaches the API, the alarms and the events. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MediaReport } from '../../../dataplane/contract/media.ts';
import type { NodeItem } from '../../../controlplane/contract/nodes.ts';
import type { Overview } from '../../../controlplane/contract/overview.ts';
import { InProcessControlPlane, startDeadlineMs } from '../../harness/control-plane.ts';

let plane: InProcessControlPlane;
let node = { id: '', name: '' };

const media: MediaReport = {
  engine: 'worker', sentence: 'the kernel needs CAP_NET_ADMIN', sessions: 24, portsUsed: 96, portsFree: 104, portsResting: 8, portsUnproven: 16, kernelStreams: 0,
  rtpengines: [{ address: '192.0.2.7:2223', state: 'down', sessions: 1, reason: 'no answer' }],
};

beforeAll(async () => {
  plane = await InProcessControlPlane.start();
  const { token } = (await plane.ask<{ token: string }>('POST', '/nodes/join-tokens', {})).body;
  node = (await plane.runtime.auth.directory.join(token, 'ams-1'))?.node ?? node;
  const head = await plane.runtime.changes.head();
  plane.runtime.live.sink.hello(node, { boot: 'boot-1', version: '0.1.0', rev: head.rev, epoch: head.epoch, capabilities: [], address: '127.0.0.1:40000' });
  plane.runtime.live.sink.state(node.id, 'in-step', '');
}, startDeadlineMs);
afterAll(() => plane.close());

function report(told?: MediaReport | null): void {
  plane.runtime.live.sink.report(node.id, { counters: {}, gauges: {}, destinations: [], ...(told === undefined ? {} : { media: told }) });
}

describe('a node', () => {
  const shown = async () => (await plane.ask<NodeItem>('GET', `/nodes/${node.id}`)).body.media;

  it('shows the media that it relays, and exactly the fields of the API', async () => {
    report({ ...media, ...{ newer: true } });
    expect(await shown()).toEqual(media);
    expect((await plane.ask<NodeItem[]>('GET', '/nodes')).body[0]?.media).toEqual(media);
  });

  it('of a version that does not tell of them has no resting ports, and no unproven callers', async () => {
    const { portsResting: _resting, portsUnproven: _unproven, ...former } = media;
    report(former);
    expect(await shown()).toEqual({ ...media, portsResting: 0, portsUnproven: 0 });
  });

  it.each<[string, MediaReport | null | undefined]>([['that relays none', null], ['of a former version', undefined]])('%s shows none', async (_, told) => {
    report(told);
    expect(await shown()).toBeNull();
  });
});

describe('the overview', () => {
  const overview = async () => (await plane.ask<Overview>('GET', '/overview')).body;
  const alarms = async () => {
    plane.runtime.live.tick();
    return (await overview()).alarms.map(({ severity, text }) => `${severity}: ${text}`);
  };

  it('warns of ports that run out, by what the settings make of calls without any, and of rtpengines that are down', async () => {
    report({ ...media, portsUsed: 96, portsFree: 4 });
    expect(await alarms()).toEqual(['warning: ams-1 uses 96 media ports and has 4 left. When there is none, new calls that need relaying get 503.']);
    const { body } = await plane.ask<{ rev: number }>('PATCH', '/settings/global', { media: { exhausted: 'direct', rtpengines: [{ address: '192.0.2.7:2223' }] } });
    plane.runtime.live.mirror.wake();
    await plane.runtime.live.mirror.settled();
    plane.runtime.live.sink.applied(node.id, body.rev, 1, []);
    report({ ...media, portsUsed: 100, portsFree: 0 });
    expect(await alarms()).toEqual(['error: ams-1 has no media ports left: new calls that need relaying go on without being relayed. SIGNALBOX_RTP says how many there are.']);
    report({ ...media, engine: 'rtpengine' });
    expect(await alarms()).toEqual(['error: The only rtpengine (192.0.2.7:2223) does not answer ams-1 (no answer): new calls that need relaying go on without being relayed.']);
    report(media);
    expect(await alarms()).toEqual([]);
  });

  it('keeps what nodes tell of their media, in words and by weight', async () => {
    plane.runtime.live.sink.events(node.id, [
      { atMs: 7_000, kind: 'media.exhausted', subject: 'ams-1', text: 'no media ports are left', detail: {} },
      { atMs: 7_001, kind: 'media.available', subject: 'ams-1', text: 'media ports are free again', detail: {} },
      { atMs: 7_002, kind: 'rtpengine.down', subject: '192.0.2.7:2223', text: 'rtpengine 192.0.2.7:2223 is down: no answer', detail: {} },
    ]);
    await plane.runtime.live.eventLog.flushed();
    const { events } = await overview();
    expect(events.slice(0, 3).map(({ severity, nodeName, text }) => `${severity} ${nodeName} ${text}`)).toEqual([
      'warning ams-1 rtpengine 192.0.2.7:2223 is down: no answer', 'info ams-1 media ports are free again', 'warning ams-1 no media ports are left',
    ]);
  });
});

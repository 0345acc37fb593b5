import { describe, expect, it } from 'vitest';
import { mediaReportBounds } from '../../../dataplane/contract/media.ts';
import type { MediaState } from '../../../dataplane/media/messages.ts';
import { CounterTable } from '../../../dataplane/runtime/counters.ts';
import { reportMedia } from '../../../dataplane/runtime/media-report.ts';
import { renderMetrics } from '../../../dataplane/runtime/metrics.ts';

const state = (over: Partial<MediaState> = {}): MediaState => ({
  engine: 'kernel', sentence: '', sessions: 2, portsUsed: 8, portsFree: 92, portsResting: 6, portsUnproven: 4, unprovenRefused: 5, kernelStreams: 1, packets: 100, strangers: 3, invalid: 1, rtpengines: [], ...over,
});
const instance = (address: string, up: 'up' | 'down' | 'unknown', sessions = 0, reason = '') => ({ address, state: up, sessions, reason });

describe('what a node reports of its media', () => {
  it('is nothing without media threads', () => {
    expect(reportMedia([])).toBeNull();
  });

  it('adds its threads up', () => {
    expect(reportMedia([state(), state({ sessions: 5, portsUsed: 20, portsFree: 80, kernelStreams: 4 })])).toEqual({
      engine: 'kernel', sentence: '', sessions: 7, portsUsed: 28, portsFree: 172, portsResting: 12, portsUnproven: 8, kernelStreams: 5, rtpengines: [],
    });
  });

  it('speaks of the thread that could not have the engine that was asked for', () => {
    expect(reportMedia([state(), state({ engine: 'worker', sentence: 'nft is missing' })])).toMatchObject({ engine: 'worker', sentence: 'nft is missing' });
  });

  it('names each rtpengine once, as the thread that fares worst sees it', () => {
    const told = reportMedia([
      state({ engine: 'rtpengine', rtpengines: [instance('a:1', 'up', 3), instance('b:1', 'unknown')] }),
      state({ engine: 'rtpengine', rtpengines: [instance('a:1', 'down', 4, 'no answer'), instance('b:1', 'up', 1)] }),
    ]);
    expect(told?.rtpengines).toEqual([instance('a:1', 'down', 7, 'no answer'), instance('b:1', 'unknown', 1)]);
  });

  it('fits into a report whatever the threads say', () => {
    const long = 'x'.repeat(5_000);
    const told = reportMedia([state({ sentence: long, rtpengines: Array.from({ length: 100 }, (_, n) => instance(`${n}:1`, 'down', 0, long)) })]);
    expect([told?.sentence.length, told?.rtpengines.length, told?.rtpengines[0]?.reason.length]).toEqual([mediaReportBounds.sentence, mediaReportBounds.rtpengines, mediaReportBounds.reason]);
  });
});

describe('the metrics of media', () => {
  const render = (media: readonly MediaState[]): string[] => renderMetrics(new CounterTable(1), {
    version: '1', rev: 1, rssBytes: 1, uptimeSeconds: 1, registrations: 0, connected: true, destinations: [], media,
  }).split('\n').filter((line) => /^signalbox_(media_(?!refused|untouched)|rtpengine_)/.test(line));

  it('are sums over the threads', () => {
    expect(render([state({ engine: 'rtpengine', rtpengines: [instance('192.0.2.7:2223', 'up', 2), instance('[2001:db8::9]:2223', 'down')] }), state()])).toEqual([
      'signalbox_media_engine{engine="rtpengine"} 1', 'signalbox_media_sessions 4', 'signalbox_media_ports_used 16', 'signalbox_media_ports_free 184',
      'signalbox_media_ports_resting 12', 'signalbox_media_ports_unproven 8', 'signalbox_media_unproven_refused_total 10',
      'signalbox_media_kernel_streams 2', 'signalbox_media_packets_total 200', 'signalbox_media_strangers_total 6', 'signalbox_media_invalid_total 2',
      'signalbox_rtpengine_up{address="192.0.2.7:2223"} 1', 'signalbox_rtpengine_up{address="[2001:db8::9]:2223"} 0',
      'signalbox_rtpengine_sessions{address="192.0.2.7:2223"} 2', 'signalbox_rtpengine_sessions{address="[2001:db8::9]:2223"} 0',
    ]);
  });

  it('name no engine of a node that relays nothing', () => {
    expect(render([])).toEqual(['sessions', 'ports_used', 'ports_free', 'ports_resting', 'ports_unproven', 'unproven_refused_total', 'kernel_streams', 'packets_total', 'strangers_total', 'invalid_total'].map((name) => `signalbox_media_${name} 0`));
  });
});

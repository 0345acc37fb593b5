import { describe, expect, it } from 'vitest';
import { mediaAlarms } from '../../../controlplane/live/media-alarms.ts';
import type { MediaReport } from '../../../dataplane/contract/media.ts';

const report = (over: Partial<MediaReport>): MediaReport => ({ engine: 'worker', sentence: '', sessions: 0, portsUsed: 0, portsFree: 1_000, kernelStreams: 0, rtpengines: [], ...over });
/** The settings have every instance that the node tells of, unless others are named. */
const alarms = (over: Partial<MediaReport>, exhausted: 'refuse' | 'direct' = 'refuse', rtpengines = (over.rtpengines ?? []).map(({ address }) => ({ address, weight: 1, enabled: true }))) =>
  mediaAlarms({ id: '1', name: 'ams-1', media: report(over) }, { exhausted, rtpengines });
const instance = (address: string, state: 'up' | 'down' | 'unknown', reason = '') => ({ address, state, sessions: 0, reason });

describe('alarms of media ports', () => {
  it.each<[number, number, string[]]>([
    [0, 1_000, []],
    [900, 100, []],
    [904, 96, ['node:1:ports warning']],
    [996, 4, ['node:1:ports warning']],
    [998, 2, ['node:1:ports:none error']],
    [1_000, 0, ['node:1:ports:none error']],
    [0, 0, []],
  ])('with %i used and %i free: %o', (portsUsed, portsFree, expected) => {
    expect(alarms({ portsUsed, portsFree }).map(({ id, severity }) => `${id} ${severity}`)).toEqual(expected);
  });

  it('say what becomes of calls by the settings', () => {
    expect(alarms({ portsUsed: 9_504, portsFree: 496 })[0]?.text).toBe('ams-1 uses 9,504 media ports and has 496 left. When there is none, new calls that need relaying get 503.');
    expect(alarms({ portsUsed: 9_504, portsFree: 496 }, 'direct')[0]?.text).toContain('go on without being relayed.');
    expect(alarms({ portsUsed: 1_000, portsFree: 0 })[0]?.text).toBe('ams-1 has no media ports left: new calls that need relaying get 503. SIGNALBOX_RTP says how many there are.');
  });

  it('are none of a node that relays nothing or does not tell', () => {
    expect(mediaAlarms({ id: '1', name: 'ams-1', media: null }, { exhausted: 'refuse', rtpengines: [] })).toEqual([]);
  });
});

describe('alarms of rtpengines', () => {
  it('name each one that is down while another is up', () => {
    expect(alarms({ engine: 'rtpengine', rtpengines: [instance('192.0.2.7:2223', 'down', 'no answer'), instance('192.0.2.8:2223', 'up')] })).toEqual([
      { id: 'node:1:rtpengine:192.0.2.7:2223', severity: 'warning', text: 'The rtpengine 192.0.2.7:2223 does not answer ams-1 (no answer). New calls go to the others.' },
    ]);
  });

  it('are errors when none is left, and when none is configured', () => {
    expect(alarms({ engine: 'rtpengine', rtpengines: [instance('a:1', 'down', 'no answer'), instance('b:1', 'down')] })).toEqual([
      { id: 'node:1:rtpengines', severity: 'error', text: 'None of the 2 rtpengines answers ams-1 (no answer): new calls that need relaying get 503.' },
    ]);
    expect(alarms({ engine: 'rtpengine', rtpengines: [instance('a:1', 'down')] })[0]?.text).toBe('The only rtpengine (a:1) does not answer ams-1: new calls that need relaying get 503.');
    expect(alarms({ engine: 'rtpengine' }, 'direct')[0]).toMatchObject({ severity: 'error', text: 'ams-1 relays media by rtpengine, but the settings have no instance that is enabled: new calls that need relaying go on without being relayed.' });
  });

  it('look at those only that are enabled: a node also tells of others while they have calls', () => {
    const two = [instance('a:1', 'up'), instance('b:1', 'down')];
    expect(alarms({ engine: 'rtpengine', rtpengines: two }, 'refuse', [{ address: 'a:1', weight: 1, enabled: true }, { address: 'b:1', weight: 1, enabled: false }])).toEqual([]);
    expect(alarms({ engine: 'rtpengine', rtpengines: two }, 'refuse', [{ address: 'b:1', weight: 1, enabled: true }])[0]).toMatchObject({ id: 'node:1:rtpengines', severity: 'error' });
    expect(alarms({ engine: 'rtpengine', rtpengines: two }, 'refuse', [{ address: 'a:1', weight: 1, enabled: false }])[0]?.text).toContain('no instance that is enabled');
  });

  it('are none while an instance is not known yet, nor of ports that rtpengine does not use', () => {
    expect(alarms({ engine: 'rtpengine', portsUsed: 0, portsFree: 0, rtpengines: [instance('a:1', 'unknown')] })).toEqual([]);
  });

  it('are none of a node that only ends calls of its former engine there', () => {
    expect(alarms({ engine: 'worker', rtpengines: [instance('a:1', 'down')] })).toEqual([]);
  });
});

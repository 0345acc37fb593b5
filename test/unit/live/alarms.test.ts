import { describe, expect, it } from 'vitest';
import { AlarmBoard, alarmsOf } from '../../../controlplane/live/alarms.ts';
import type { AlarmDestination, AlarmNode } from '../../../controlplane/live/alarms.ts';
import type { NodeState } from '../../../controlplane/push/ports.ts';

const node = (over: Partial<AlarmNode>): AlarmNode => ({ id: '1', name: 'ams-1', state: 'in-step', detail: '', lagMs: 0, quarantined: 0, media: null, ...over });
const down = (over: Partial<AlarmDestination>): AlarmDestination => ({ id: 7, uri: 'sip:10.0.0.1', set: 10, setName: 'acme', downOn: ['ams-1'], seenBy: 1, reason: 'no answer in time', ...over });
const nothing = { nodes: [], destinations: [], deadSets: [], certificates: [], media: { exhausted: 'refuse' as const, rtpengines: [] } };

describe('alarms', () => {
  it.each<[NodeState, number, string[]]>([
    ['in-step', 0, []],
    ['connected', 9_999, []],
    ['syncing', 10_000, ['node:1:behind']],
    ['behind', 60_000, ['node:1:behind']],
    ['gone', 0, ['node:1:gone']],
    ['rejecting', 0, ['node:1:rejecting']],
    ['held', 0, ['node:1:held']],
  ])('of a node that is %s for %i ms: %o', (state, lagMs, ids) => {
    expect(alarmsOf({ ...nothing, nodes: [node({ state, lagMs })] }).map((alarm) => alarm.id)).toEqual(ids);
  });

  it('of quarantined rows stand beside the state', () => {
    expect(alarmsOf({ ...nothing, nodes: [node({ state: 'held', quarantined: 2 })] }).map((alarm) => alarm.id)).toEqual(['node:1:held', 'node:1:quarantined']);
  });

  it('say in a sentence what is wrong where', () => {
    expect(alarmsOf({ ...nothing, nodes: [node({ state: 'rejecting', detail: 'destination 17 has no port' })] })[0]?.text)
      .toBe('ams-1 refuses the newest configuration: destination 17 has no port.');
    const text = (over: Partial<AlarmDestination>) => alarmsOf({ ...nothing, destinations: [down(over)] })[0]?.text;
    expect(text({})).toBe('sip:10.0.0.1 in dispatcher set 10 (acme) is down on ams-1: no answer in time.');
    expect(text({ downOn: ['a', 'b'], seenBy: 2, setName: '' })).toBe('sip:10.0.0.1 in dispatcher set 10 is down on every node: no answer in time.');
    expect(text({ downOn: ['a', 'b', 'c', 'd', 'e'], seenBy: 9 })).toContain('on a, b, c and 2 more');
  });

  it('of certificates that end soon are as grave as the time is short', () => {
    const certificate = (severity: 'warning' | 'error', text: string) => ({ name: 'acme', host: 'sip.acme.example', expiry: { severity, text } });
    expect(alarmsOf({ ...nothing, certificates: [certificate('warning', 'ends in 20 days (2026-12-01T00:00:00Z)')] })).toEqual([
      { id: 'certificate:acme:warning', severity: 'warning', text: 'The certificate acme for sip.acme.example ends in 20 days (2026-12-01T00:00:00Z).' },
    ]);
    expect(alarmsOf({ ...nothing, certificates: [certificate('error', 'ended 1 day ago (2026-12-01T00:00:00Z)')] })[0]).toMatchObject({ id: 'certificate:acme:error', severity: 'error' });
  });

  it('of a set without any destination left are errors, of single destinations warnings', () => {
    const alarms = alarmsOf({ ...nothing, destinations: [down({})], deadSets: [{ id: 10, name: 'acme', destinations: 2, node: 'ams-1' }] });
    // Whether a rule has backups is not known here: the calls need not fail.
    expect(alarms.map(({ text }) => text)).toContain('No destination of dispatcher set 10 (acme) is up on ams-1: its calls go to the backups of their rule, and get 503 where there are none.');
    expect(alarms.map((alarm) => [alarm.id, alarm.severity])).toEqual([['set:10', 'error'], ['destination:7', 'warning']]);
  });

  it('are bounded', () => {
    const many = Array.from({ length: 1_000 }, (_, id) => down({ id }));
    const alarms = alarmsOf({ ...nothing, destinations: many });
    expect(alarms).toHaveLength(201);
    expect(alarms.at(-1)?.text).toBe('800 more alarms.');
  });
});

describe('the board of alarms', () => {
  it('remembers since when an alarm stands and tells what came and went', () => {
    const board = new AlarmBoard();
    const one = { id: 'a', severity: 'warning', text: 'x' } as const;
    const two = { id: 'b', severity: 'error', text: 'y' } as const;
    expect(board.update([one], 1_000).raised).toMatchObject([{ id: 'a', since: 1_000 }]);
    expect(board.update([{ ...one, text: 'changed' }, two], 2_000)).toMatchObject({ raised: [{ id: 'b', since: 2_000 }], cleared: [] });
    expect(board.list()).toEqual([{ ...two, since: 2_000 }, { ...one, text: 'changed', since: 1_000 }]);
    expect(board.update([two], 3_000)).toMatchObject({ raised: [], cleared: [{ id: 'a' }] });
    expect(board.update([one, two], 4_000).raised).toMatchObject([{ id: 'a', since: 4_000 }]);
  });
});

import { describe, expect, it } from 'vitest';
import { PortAlarm } from '../../../dataplane/media/port-alarm.ts';

describe('want of ports', () => {
  it('is told once, and that there are some again when nobody was refused for a second', () => {
    const told: string[] = [];
    const alarm = new PortAlarm(({ kind, subject, text, detail }) => told.push(`${kind} ${subject} ${text} ${JSON.stringify(detail)}`), 'unproven', 'none', 'some');
    for (const [refused, free] of [[0, 9], [3, 0], [7, 0], [7, 0], [7, 4], [7, 9], [8, 9]] as const) alarm.note(refused, free);
    expect(told).toEqual(['media.exhausted unproven none {"refused":3,"free":0}', 'media.available unproven some {"free":4}', 'media.exhausted unproven none {"refused":1,"free":9}']);
  });
});

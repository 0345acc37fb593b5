import { describe, expect, it } from 'vitest';
import { KernelAlarm } from '../../../dataplane/media/kernel-alarm.ts';

describe('trouble of the kernel engine', () => {
  it('is told once each: a stream that was not taken, and that nothing more is', () => {
    const told: string[] = [];
    const alarm = new KernelAlarm(({ kind, text }) => told.push(`${kind} ${text}`));
    alarm.note({ stopped: false, refused: 0, remade: 0, problem: '' });
    alarm.note({ stopped: false, refused: 1, remade: 0, problem: 'no memory' });
    alarm.note({ stopped: false, refused: 2, remade: 0, problem: 'no memory' });
    expect(told).toEqual(['media.engine the kernel did not take a stream, which threads of the node move: no memory']);
    alarm.note({ stopped: true, refused: 2, remade: 0, problem: 'nothing gets out' });
    alarm.note({ stopped: true, refused: 3, remade: 0, problem: 'nothing gets out' });
    expect(told.slice(1)).toEqual(['media.engine threads of the node move all media from now on: nothing gets out']);
  });

  it('is told each time that rules were put back', () => {
    const told: string[] = [];
    const alarm = new KernelAlarm(({ kind, text }) => told.push(`${kind} ${text}`));
    for (const remade of [0, 1, 1, 2]) alarm.note({ stopped: false, refused: 0, remade, problem: '' });
    expect(told).toHaveLength(2);
    expect(told[0]).toContain('media.engine somebody took rules out of the nftables table');
  });
});

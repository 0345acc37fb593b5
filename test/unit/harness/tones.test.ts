import { describe, expect, it } from 'vitest';
import { readWav, tonesIn, writeTones } from '../../harness/tones.ts';

const tones = [{ hertz: 400, ms: 500 }, { hertz: 1_100, ms: 300 }, { hertz: 700, ms: 200 }];
const known = [400, 700, 1_100];

describe('tones', () => {
  it('are found in the audio that they were written to', () => {
    expect(tonesIn(readWav(writeTones(tones)), known)).toEqual(tones);
  });

  it('are missed where the audio has a gap, is noise, or is another tone', () => {
    const { rate, samples } = readWav(writeTones([...tones, { hertz: 950, ms: 100 }]));
    samples.fill(0, 1_600, 1_920);
    for (let i = 4_800; i < 5_120; i++) samples[i] = (i * 7_919) % 20_011 - 10_000;
    expect(tonesIn({ rate, samples }, known)).toEqual([
      { hertz: 400, ms: 200 }, { hertz: 0, ms: 40 }, { hertz: 400, ms: 260 }, { hertz: 1_100, ms: 100 }, { hertz: 0, ms: 40 }, { hertz: 1_100, ms: 160 }, { hertz: 700, ms: 200 }, { hertz: 0, ms: 100 },
    ]);
  });
});

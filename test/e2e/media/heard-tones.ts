/** What is expected of tones that a phone heard. */
import { expect } from 'vitest';
import { tonesIn, type Tone, type Wav } from '../../harness/tones.ts';

const toneMs = 500;
const rounds = 2;
/** A packet more or less at either end of a tone. */
const slackMs = 40;
/** The call is up a moment before both ends listen, and ends a moment before both have said all. */
const edgeMs = 300;

/** Each for half a second, twice over. */
export const tonesOf = (hertz: readonly number[]): Tone[] => Array.from({ length: rounds }, () => hertz.map((one) => ({ hertz: one, ms: toneMs }))).flat();

/** Expects that the tones were heard in order, each for as long as it was played, but for the beginning of the first and the end of the last. */
export function expectTones(heard: Wav, played: readonly Tone[], who: string): void {
  const runs = tonesIn(heard, [...new Set(played.map(({ hertz }) => hertz))]);
  const show = (tones: readonly Tone[]): string => tones.map(({ hertz, ms }) => `${hertz} Hz ${ms} ms`).join(', ');
  const what = `${who} was played ${show(played)}; heard ${show(runs)}`;
  const tones = runs.filter(({ ms }, index) => ms > slackMs || (index > 0 && index < runs.length - 1));
  expect(tones.map(({ hertz }) => hertz), what).toEqual(played.map(({ hertz }) => hertz));
  for (const [index, { ms }] of tones.entries()) {
    const edge = index === 0 || index === tones.length - 1;
    expect(ms, `tone ${index + 1}. ${what}`).toBeGreaterThanOrEqual(toneMs - (edge ? edgeMs : slackMs));
    expect(ms, `tone ${index + 1}. ${what}`).toBeLessThanOrEqual(toneMs + slackMs);
  }
}

/** What is expected of tones that a phone heard. */
import { expect } from 'vitest';
import { tonesIn, writeTones, type Tone, type Wav } from '../../harness/tones.ts';

const toneMs = 500;
/** Long enough for whoever has to look at the call while it is up. */
const rounds = 3;
/** A packet more or less at either end of a tone. */
const slackMs = 40;
/** The call is up before both ends listen, and ends when the first of them has said all: for so long there is nothing to miss. */
const pause: Tone = { hertz: 0, ms: 1_000 };

/** Each for half a second, three times over. */
export const tonesOf = (hertz: readonly number[]): Tone[] => Array.from({ length: rounds }, () => hertz.map((one) => ({ hertz: one, ms: toneMs }))).flat();

/** A file of tones for a phone to play. */
export const tonesFile = (tones: readonly Tone[]): Buffer => writeTones([pause, ...tones, pause]);

/** Expects that the tones were heard in order, each for as long as it was played. */
export function expectTones(heard: Wav, played: readonly Tone[], who: string): void {
  const runs = tonesIn(heard, [...new Set(played.map(({ hertz }) => hertz))]);
  const show = (tones: readonly Tone[]): string => tones.map(({ hertz, ms }) => `${hertz} Hz ${ms} ms`).join(', ');
  const what = `${who} was played ${show(played)}; heard ${show(runs)}`;
  // At either end there is the silence before and behind them.
  const tones = runs.filter(({ hertz, ms }, index) => (index > 0 && index < runs.length - 1) || (hertz !== 0 && ms > slackMs));
  expect(tones.map(({ hertz }) => hertz), what).toEqual(played.map(({ hertz }) => hertz));
  for (const [index, { ms }] of tones.entries()) {
    expect(ms, `tone ${index + 1}. ${what}`).toBeGreaterThanOrEqual(toneMs - slackMs);
    expect(ms, `tone ${index + 1}. ${what}`).toBeLessThanOrEqual(toneMs + slackMs);
  }
}

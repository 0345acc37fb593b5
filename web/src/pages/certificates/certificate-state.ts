import type { Tone } from '../../components/tone.ts';

const dayMs = 86_400_000;

/** How a certificate stands with its end: amber from 30 days before, red from 7 days before, as the alarms have it. */
export function expiryState(notAfterMs: number, nowMs: number): { readonly tone: Tone; readonly word: string } {
  const left = notAfterMs - nowMs;
  if (left <= 0) return { tone: 'down', word: 'expired' };
  if (left <= 7 * dayMs) return { tone: 'down', word: 'ends within a week' };
  return left <= 30 * dayMs ? { tone: 'probing', word: 'ends soon' } : { tone: 'up', word: 'valid' };
}

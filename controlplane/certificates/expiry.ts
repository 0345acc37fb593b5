/** Certificates that end soon, in words that an operator acts on. PURE. */
export const warnBeforeMs = 30 * 86_400_000;
export const urgentBeforeMs = 7 * 86_400_000;

export interface Expiry {
  readonly severity: 'warning' | 'error';
  /** `ends in 12 days (2026-12-03T10:00:00Z)`, `ended 3 hours ago (…)`. */
  readonly text: string;
}

/** null = it has more than 30 days left. */
export function expiryOf(notAfterMs: number, nowMs: number): Expiry | null {
  const left = notAfterMs - nowMs;
  if (left > warnBeforeMs) return null;
  const at = new Date(notAfterMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return { severity: left > urgentBeforeMs ? 'warning' : 'error', text: left > 0 ? `ends in ${span(left)} (${at})` : `ended ${span(-left)} ago (${at})` };
}

function span(ms: number): string {
  const [count, unit] = ms >= 86_400_000 ? [Math.floor(ms / 86_400_000), 'day'] : ms >= 3_600_000 ? [Math.floor(ms / 3_600_000), 'hour'] : [Math.floor(ms / 60_000), 'minute'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

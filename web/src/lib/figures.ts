const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** A count: 1,234, and from a million on 1.2M. */
export const count = (value: number): string => (value >= 1_000_000 ? short.format(value) : whole.format(value));

/** A rate a second: one decimal below a hundred. */
export const rate = (value: number): string => (value < 100 ? tenth.format(value) : count(value));

/** A duration in milliseconds: "0.4 ms", "41 ms", "2.1 s". Negative = none yet. */
export function duration(ms: number): string {
  if (ms < 0) return '–';
  if (ms < 10) return `${tenth.format(ms)} ms`;
  if (ms < 1000) return `${whole.format(ms)} ms`;
  if (ms < 60_000) return `${tenth.format(ms / 1000)} s`;
  return `${whole.format(ms / 60_000)} min`;
}

/** Bytes as MB or GB. */
export function bytes(value: number): string {
  if (value >= 1e9) return `${tenth.format(value / 1e9)} GB`;
  return `${whole.format(value / 1e6)} MB`;
}

/** A ratio of one as per cent. */
export const percent = (ratio: number): string => `${tenth.format(ratio * 100)} %`;

/** "1 node", "3 nodes". */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

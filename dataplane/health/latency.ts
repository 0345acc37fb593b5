/** Latency of probes: last, moving average (weight 1/8, as RFC 6298 smooths round trips) and maximum. Milliseconds. */
export interface Latency {
  readonly last: number;
  readonly avg: number;
  readonly max: number;
}

/** No probe was answered yet. */
export const noLatency: Latency = { last: -1, avg: -1, max: -1 };

export function addLatency(latency: Latency, sampleMs: number): Latency {
  const sample = Math.max(0, sampleMs);
  if (latency.last < 0) return { last: sample, avg: sample, max: sample };
  return { last: sample, avg: latency.avg + (sample - latency.avg) / 8, max: Math.max(latency.max, sample) };
}

import { useSyncExternalStore } from 'react';

/** Latencies that the live stream brought since the console was opened; enough for a sparkline, bounded. */
const pointsKept = 40;
const destinationsKept = 2000;
const history = new Map<number, readonly number[]>();
const none: readonly number[] = [];
const listeners = new Set<() => void>();

/** Adds a probe's latency in milliseconds; negative ones are no measurement. */
export function noteLatency(destination: number, ms: number): void {
  if (ms < 0) return;
  const points = history.get(destination) ?? none;
  if (points.length === 0 && history.size >= destinationsKept) return;
  history.set(destination, [...points.slice(1 - pointsKept), ms]);
  for (const each of listeners) each();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useLatencyHistory = (destination: number): readonly number[] =>
  useSyncExternalStore(subscribe, () => history.get(destination) ?? none);

import { useSyncExternalStore } from 'react';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** "now", "12 s", "5 min", "3 h", "2 d" — the age of an instant. `nowMs` and `atMs` are epoch milliseconds. */
export function age(atMs: number, nowMs: number): string {
  const ms = Math.max(0, nowMs - atMs);
  if (ms < 2_000) return 'now';
  if (ms < minuteMs) return `${Math.floor(ms / 1000)} s`;
  if (ms < hourMs) return `${Math.floor(ms / minuteMs)} min`;
  if (ms < dayMs) return `${Math.floor(ms / hourMs)} h`;
  return `${Math.floor(ms / dayMs)} d`;
}

const exactFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const clockFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });

/** The instant in full, for hovers. */
export const exactTime = (atMs: number): string => exactFormat.format(atMs);

/** Hours and minutes, for chart axes. */
export const clockTime = (atMs: number): string => clockFormat.format(atMs);

let nowMs = Date.now();
let timer: number | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= window.setInterval(() => {
    nowMs = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      window.clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The present as epoch milliseconds; one ticking second shared by everything that shows an age. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs);
}

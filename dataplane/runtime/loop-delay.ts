import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemCalls } from '../system/calls.ts';
import { pollOf } from '../system/poll.ts';

/** The histogram's own timer fires this often: what it measures above that is delay. */
const resolutionMs = 10;

/**
 * Measures how long something that comes has to wait for this thread.
 * @param polled the thread waits in its own poll, which knows; a timer's delay would be that of the wait
 * @returns a function that gives the mean since it was called last, in milliseconds
 */
export function loopDelay(polled: boolean): () => number {
  const calls = polled ? systemCalls() : null;
  if (calls !== null) {
    const poll = pollOf(calls);
    return () => poll.delay();
  }
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return () => {
    const delay = Number.isNaN(histogram.mean) ? 0 : Math.max(0, histogram.mean / 1e6 - resolutionMs);
    histogram.reset();
    return delay;
  };
}

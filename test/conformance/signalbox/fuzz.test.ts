/** A few seconds of each fuzzer that works on a running edge; `npm run fuzz` goes on for as long as asked. */
import { describe, expect, it } from 'vitest';
import { fuzzLive, liveTargets } from '../live-fuzz.ts';

describe('mutated messages at the running data plane', () => {
  it.each(liveTargets)('as %s: it answers, does not grow and contradicts itself nowhere', async (target) => {
    const outcome = await fuzzLive(target, 20_061, (sent) => sent < 3_000);
    expect(outcome.failure).toBeNull();
    expect(outcome.sent).toBeGreaterThanOrEqual(3_000);
    expect(outcome.answers).toBeGreaterThan(100);
  }, 60_000);
});

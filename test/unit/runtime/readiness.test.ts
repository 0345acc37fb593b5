import { expect, it } from 'vitest';
import { ManualClock } from '../../../dataplane/runtime/clock.ts';
import { Readiness } from '../../../dataplane/runtime/readiness.ts';

function node(): { clock: ManualClock; readiness: Readiness; awaited: { count: number } } {
  const clock = new ManualClock(1_000);
  const awaited = { count: 0 };
  return { clock, awaited, readiness: new Readiness(clock, () => awaited.count) };
}

it('is ready once it listens and its workers have a configuration, whichever comes first', () => {
  const { readiness } = node();
  expect(readiness.state(0)).toEqual({ ready: false, text: 'the SIP listeners are not open yet' });
  readiness.listens();
  expect(readiness.state(0)).toMatchObject({ ready: false, text: expect.stringContaining('no configuration yet') as string });
  readiness.configured();
  expect(readiness.state(7)).toEqual({ ready: true, text: 'ready at revision 7' });
});

it('waits for the first probes of destinations that calls cannot use without, and for later ones not', () => {
  const { readiness, awaited } = node();
  readiness.listens();
  readiness.configured();
  awaited.count = 2;
  expect(readiness.state(1)).toEqual({ ready: false, text: 'the first probes of destinations are under way: 2 left' });
  awaited.count = 0;
  expect(readiness.state(1).ready).toBe(true);
  awaited.count = 1;
  expect(readiness.state(2).ready).toBe(true);
});

it('waits for them no longer than 5 s', () => {
  const { clock, readiness, awaited } = node();
  readiness.listens();
  readiness.configured();
  awaited.count = 1;
  clock.advance(4_999);
  readiness.configured();
  expect(readiness.state(1).ready).toBe(false);
  clock.advance(1);
  expect(readiness.state(1).ready).toBe(true);
});

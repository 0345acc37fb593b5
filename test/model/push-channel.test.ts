/**
 * The model of the push channel: 3,000 random runs on the real reducers end with every node equal to the database, and
 * without any one of the safeguards some run does not.
 */
import { describe, expect, it } from 'vitest';
import { Simulation } from './simulation.ts';
import type { Ablation } from './simulation.ts';

const seeds = 3_000;
/** Diverging runs after which an ablation has made its point. */
const enough = 3;

const ablations: Readonly<Record<string, Ablation>> = {
  'no epoch on deltas': { node: { epochOnDeltas: false } },
  'no contiguity check': { node: { contiguity: false } },
  'no hash check of batches': { node: { hashOnBatches: false } },
  'no heartbeat barrier': { node: { barrier: false } },
  'no hash in the barrier': { node: { barrierHash: false } },
  'no epoch check on resume': { session: { epochOnResume: false } },
  'no hash check on resume': { session: { hashOnResume: false } },
  'a node ahead of the server resumes': { session: { aheadGetsSnapshot: false } },
  'neither barrier nor hashes': { node: { barrier: false, hashOnBatches: false }, session: { hashOnResume: false } },
  'no shrink guard': { node: { shrinkGuard: false } },
};

describe('the push channel under random faults', () => {
  it('ends every run with every node equal to the database', { timeout: 120_000 }, () => {
    const seen = new Set<string>();
    const diverged: string[] = [];
    for (let seed = 0; seed < seeds; seed++) {
      const simulation = new Simulation(seed);
      const difference = simulation.run();
      if (difference !== null) diverged.push(`seed ${seed}: ${difference}`);
      for (const what of simulation.seen) seen.add(what);
    }
    expect(diverged).toEqual([]);
    // The runs got into every kind of trouble that the channel knows.
    expect([...seen].sort()).toEqual(expect.arrayContaining([
      'a packed table in a delta', 'a packed table in a snapshot', 'commit of a delta', 'commit of a snapshot', 'dangling', 'quarantine', 'reject commit', 'reject decode', 'reject epoch', 'reject gap',
      'reject hash', 'reject shrink-guard', 'resync ahead', 'resync epoch', 'resync hash', 'resync lag', 'resync silence', 'state held', 'state in-step',
      'state rejecting', 'stream of a delta', 'stream of a snapshot', 'unreadable', 'welcome resume', 'welcome snapshot', 'welcome wait',
    ]));
  });

  it('is the same run for the same seed', () => {
    const tell = (seed: number): string => {
      const simulation = new Simulation(seed);
      const outcome = simulation.run();
      return JSON.stringify([outcome, simulation.database.head, [...simulation.seen]]);
    };
    expect(tell(7)).toBe(tell(7));
    expect(tell(7)).not.toBe(tell(8));
  });

  describe.each(Object.entries(ablations))('with %s', (_name, ablation) => {
    it('diverges', { timeout: 120_000 }, () => {
      const diverged: string[] = [];
      for (let seed = 0; seed < 2 * seeds && diverged.length < enough; seed++) {
        const difference = new Simulation(seed, ablation).run();
        if (difference !== null) diverged.push(`seed ${seed}: ${difference}`);
      }
      expect(diverged).toHaveLength(enough);
    });
  });
});

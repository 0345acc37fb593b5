/** One lab (an edge with what belongs to it) for all tests of a file or block: to start one takes longer than most of them. */
import { afterAll, afterEach, beforeAll } from 'vitest';

const lifeMs = 60_000;

/**
 * Starts a lab before the tests and stops it behind them. A test that fails may leave a call up, so the next one gets a new lab.
 * @param use is told of the lab, and of each that takes its place
 */
export function sharedLab<T extends { stop(): Promise<unknown> }>(start: () => Promise<T>, use: (lab: T) => void): void {
  let lab: T | undefined;
  const begin = async (): Promise<void> => {
    lab = undefined;
    lab = await start();
    use(lab);
  };
  beforeAll(begin, lifeMs);
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    await lab?.stop();
    await begin();
  }, 2 * lifeMs);
  afterAll(() => lab?.stop(), lifeMs);
}

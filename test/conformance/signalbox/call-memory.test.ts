/** The fifteenth point: Kamailio was measured at about 19 KiB a call. */
import { expect, it } from 'vitest';
import { publishTable } from '../../harness/tables.ts';
import { memoryOfCall } from '../call-memory.ts';
import { startSignalbox } from './edge.ts';

it('a call that is up takes less than half of the memory that Kamailio was measured to take', async () => {
  const bytes = await memoryOfCall(startSignalbox, 3_000, 9_000);
  publishTable('Memory of a call', `${(bytes / 1024).toFixed(1)} KiB a call between the 3,000th and the 9,000th`);
  expect(bytes).toBeLessThan(9 * 1024);
}, 60_000);

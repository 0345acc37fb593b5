/** Every torture message through the running data plane, from a stranger and from a trunk. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishTable } from '../../harness/tables.ts';
import { tortureMessages } from '../../torture/corpus.ts';
import { allowed } from '../torture.ts';
import { TortureCourse } from '../torture-course.ts';
import { namedVerdicts, verdictOf } from './torture-verdicts.ts';
import { startSignalbox } from './edge.ts';

let course: TortureCourse;
beforeAll(async () => {
  course = await TortureCourse.start(startSignalbox);
}, 30_000);
afterAll(async () => {
  publishTable('Torture messages, Signalbox', course.table(['stranger', 'trunk']));
  await course.stop();
});

describe.each(['stranger', 'trunk'] as const)('from a %s', (sender) => {
  it.each(tortureMessages.map((message) => [message.name, message] as const))('%s', async (name, message) => {
    const outcome = await course.run(message, sender);
    const { verdict, reason, corrected = false } = verdictOf(name, sender);
    expect(outcome.verdict, reason).toBe(verdict);
    if (!corrected) expect(allowed(message, outcome), `the index allows ${message.expect.join()} and ${message.tolerated?.join() ?? 'nothing else'}`).toBe(true);
    if (verdict === 'forward') expect(outcome.answered, 'the answer comes back').toBe(true);
  }, 20_000);
});

describe('the verdicts', () => {
  it('are of the 49 messages of RFC 4475 and the 12 of RFC 5118', () => {
    expect(tortureMessages).toHaveLength(61);
    expect(namedVerdicts().filter((name) => !tortureMessages.some((message) => message.name === name))).toEqual([]);
  });
});

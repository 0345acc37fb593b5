/** The torture messages through Kamailio: what it does against the index of the corpus is listed in the expectation file. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testCertificate } from '../../harness/certificate.ts';
import { publishTable } from '../../harness/tables.ts';
import { tortureMessages } from '../../torture/corpus.ts';
import { allowed } from '../torture.ts';
import { TortureCourse } from '../torture-course.ts';
import { startKamailio } from './edge.ts';
import { tortureDifferences } from './torture-expected.ts';

let course: TortureCourse;
beforeAll(async () => {
  const certificate = testCertificate();
  course = await TortureCourse.start((plans) => startKamailio(plans, certificate));
}, 30_000);
afterAll(async () => {
  publishTable('Torture messages, Kamailio', course.table(['stranger']));
  await course.stop();
});

describe('from a stranger', () => {
  it.each(tortureMessages.map((message) => [message.name, message] as const))('%s', async (name, message) => {
    const outcome = await course.run(message, 'stranger');
    const known = tortureDifferences[name];
    if (known !== undefined) expect([outcome.verdict, allowed(message, outcome)]).toEqual([known.verdict, false]);
    else expect(allowed(message, outcome), `${outcome.verdict}; the index allows ${message.expect.join()} and ${message.tolerated?.join() ?? 'nothing else'}`).toBe(true);
  }, 20_000);
});

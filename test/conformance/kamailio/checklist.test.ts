/** The same scenarios against Kamailio: its verdicts must be those of the expectation file, which docs/conformance.md explains. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testCertificate } from '../../harness/certificate.ts';
import { publishTable } from '../../harness/tables.ts';
import { entries, rows, type Row } from '../row.ts';
import '../scenarios/every.ts';
import { Course, tableOf } from '../verdicts.ts';
import { startKamailio } from './edge.ts';
import { differences } from './expected.ts';

const certificate = testCertificate(['edge.example']);
/** Without those that it cannot be asked: they need the tests' DNS server, or relayed media. */
const comparable = rows().filter(({ requirement }) => differences[requirement.number]?.verdict !== 'not run');
const notRun = Object.fromEntries(Object.entries(differences).filter(([, { verdict }]) => verdict === 'not run').map(([number, { reason }]) => [number, reason]));
let course: Course;
beforeAll(async () => {
  course = await Course.start((plans) => startKamailio(plans, certificate), comparable, certificate, ['direct']);
}, 60_000);
afterAll(async () => {
  publishTable('Conformance checklist, Kamailio', tableOf(course.verdicts(notRun)));
  await course.stop();
});

const check = async (number: number, _text: string, row: Row): Promise<void> => {
  const failure = await course.run(row);
  const expected = differences[number]?.verdict ?? 'pass';
  if (expected !== 'either') expect(failure === null ? 'pass' : 'fail', failure?.message).toBe(expected);
};
describe.concurrent('row', () => {
  it.each(entries(comparable, false))('%i: %s', check, 60_000);
});
describe('row, alone', () => {
  it.each(entries(comparable, true))('%i: %s', check, 60_000);
});

/** The checklist against Signalbox: every row passes, with media relayed and direct where it speaks of media. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testCertificate } from '../../harness/certificate.ts';
import { publishTable } from '../../harness/tables.ts';
import { checklist } from '../checklist.ts';
import { entries, rows, type Row } from '../row.ts';
import '../scenarios/every.ts';
import { Course, missing, tableOf } from '../verdicts.ts';
import { startSignalbox } from './edge.ts';

let course: Course;
beforeAll(async () => {
  course = await Course.start(startSignalbox, rows(), testCertificate(), ['direct', 'relay']);
}, 60_000);
afterAll(async () => {
  publishTable('Conformance checklist, Signalbox', tableOf(course.verdicts()));
  await course.stop();
});

const check = async (_number: number, _text: string, row: Row): Promise<void> => {
  const failure = await course.run(row);
  if (failure !== null) throw failure;
};
describe.concurrent('row', () => {
  it.each(entries(rows(), false))('%i: %s', check, 60_000);
});
describe('row, alone', () => {
  it.each(entries(rows(), true))('%i: %s', check, 60_000);
});

describe('the checklist', () => {
  it('has 160 rows, each with a scenario', () => {
    expect(checklist).toHaveLength(160);
    expect(missing()).toEqual([]);
  });
});

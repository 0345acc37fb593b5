/** Called numbers as CSV → what an import wants: `pattern`, and where the query does not say it `tenant` and `routeSet`. */
import { isNumberPattern, maxId } from '../../dataplane/contract/decode-tenancy.ts';
import { limits } from '../../dataplane/contract/limits.ts';
import { err, ok } from '../../dataplane/contract/result.ts';
import type { Result } from '../../dataplane/contract/result.ts';
import type { BodyCheck, Edited } from '../config/edit.ts';
import { putNumber } from '../config/edit-number.ts';
import type { Draft } from '../config/draft.ts';
import { noPrecondition } from '../config/precondition.ts';
import { slugPattern } from '../contract/fields.ts';
import { NumberBody } from '../contract/numbers.ts';
import type { ProblemField } from '../contract/problem.ts';
import { readCsv } from '../csv/records.ts';
import type { CsvFaults, CsvRecord } from '../csv/records.ts';
import type { ImportChanges } from './changes.ts';
import { listed } from './report.ts';
import type { ImportChange } from './report.ts';

/** One upload. */
export const numberUpload = { lines: 100_000, bytes: 32 * 1024 * 1024, lineBytes: 4_096 } as const;
const columns = ['pattern', 'tenant', 'routeSet', 'enabled', 'comment', 'externalId'];

/** What lines take that do not say it themselves. */
export interface NumberDefaults {
  readonly tenant: string | null;
  readonly routeSet: number | null;
}

interface PlannedNumber {
  readonly line: number;
  readonly pattern: string;
  /** Only what the file says; the rest of a number that exists stays. */
  readonly says: Partial<NumberBody>;
}

/** All lines, checked one by one; the numbers of one file are all different. */
export async function readNumbers(body: AsyncIterable<Buffer>, defaults: NumberDefaults): Promise<Result<readonly PlannedNumber[], readonly ProblemField[]>> {
  const planned = new Map<string, PlannedNumber>();
  const read = await readCsv(body, columns, ['pattern'], numberUpload, (record, faults) => {
    const number = readNumber(record, defaults, faults);
    const before = planned.get(number.pattern);
    if (before !== undefined) faults.add(number.line, 'pattern', 'duplicate', `is that of line ${before.line} again`);
    else planned.set(number.pattern, number);
  });
  return read.ok ? ok([...planned.values()]) : read;
}

function readNumber(record: CsvRecord, defaults: NumberDefaults, faults: CsvFaults): PlannedNumber {
  const { line } = record;
  const pattern = record.get('pattern');
  const tenant = record.get('tenant') || defaults.tenant || '';
  const routeSet = record.get('routeSet') || String(defaults.routeSet ?? '');
  const enabled = record.get('enabled').toLowerCase();
  const comment = record.get('comment');
  const externalId = record.get('externalId');
  if (!isNumberPattern(pattern)) faults.add(line, 'pattern', 'format', 'must be digits, which + may precede, and a * behind them for a prefix');
  if (tenant.length > limits.slugLength || !new RegExp(slugPattern).test(tenant)) faults.add(line, 'tenant', tenant === '' ? 'required' : 'format', 'must be the key of a tenant, here or as ?tenant=');
  if (!/^[0-9]{1,10}$/.test(routeSet) || Number(routeSet) > maxId) faults.add(line, 'routeSet', routeSet === '' ? 'required' : 'format', 'must be the number of a route set, here or as ?routeSet=');
  if (!['', 'true', 'false', '1', '0', 'yes', 'no'].includes(enabled)) faults.add(line, 'enabled', 'not-allowed', 'must be true, false, yes, no, 1, 0 or empty');
  if (comment.length > limits.commentLength) faults.add(line, 'comment', 'too-long', `must be at most ${limits.commentLength} characters`);
  if (externalId.length > limits.nameLength) faults.add(line, 'externalId', 'too-long', `must be at most ${limits.nameLength} characters`);
  return {
    line, pattern,
    says: {
      tenant, routeSet: Number(routeSet), ...(enabled === '' ? {} : { enabled: ['true', '1', 'yes'].includes(enabled) }),
      ...(comment === '' ? {} : { comment }), ...(externalId === '' ? {} : { externalId }),
    },
  };
}

/** Puts all numbers on a draft. Faults point to lines: `7:0`. */
export async function applyNumbers(draft: Draft, planned: readonly PlannedNumber[], check: BodyCheck): Edited<ImportChanges> {
  await draft.load('number', planned.map(({ pattern }) => pattern));
  for (const { line, pattern, says } of planned) {
    const before = draft.of('number').get(pattern)?.current ?? null;
    const body = { ...(before === null ? {} : { enabled: before.row.enabled, ...before.note }), ...says };
    const faults = check(NumberBody, body);
    for (const fault of faults) draft.fault(`${line}:0${fault.pointer}`, fault.code, fault.message);
    if (faults.length > 0) continue;
    const put = await putNumber(draft, pattern, body as NumberBody, { ...noPrecondition, at: `${line}:0` });
    if (!put.ok) return put;
  }
  return draft.faults.length > 0 ? err({ code: 'invalid', errors: draft.faults }) : ok(() => changesOf(draft, planned));
}

function changesOf(draft: Draft, planned: readonly PlannedNumber[]): ImportChanges {
  const lists = { creates: [] as ImportChange[], updates: [] as ImportChange[], unchanged: [] as ImportChange[] };
  const counts = { creates: 0, updates: 0, unchanged: 0 };
  for (const { pattern } of planned) {
    const entry = draft.of('number').get(pattern);
    const kind = entry?.original === null ? 'creates' : entry?.current === entry?.original ? 'unchanged' : 'updates';
    counts[kind] += 1;
    if (lists[kind].length < listed) lists[kind].push({ entity: 'number', key: pattern, fields: [] });
  }
  return { counts, ...lists };
}

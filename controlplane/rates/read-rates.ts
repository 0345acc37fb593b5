/** A price list as CSV (`prefix,set,price`, further columns are passed over) → lines that the database takes in bulk. */
import { maxId } from '../../dataplane/contract/decode-tenancy.ts';
import { isNumberPrefix } from '../../dataplane/contract/decode-routing.ts';
import { limits } from '../../dataplane/contract/limits.ts';
import { err, ok } from '../../dataplane/contract/result.ts';
import type { Result } from '../../dataplane/contract/result.ts';
import type { ProblemField } from '../contract/problem.ts';
import { rateUpload } from '../contract/rates.ts';
import { readCsv } from '../csv/records.ts';
import type { CsvFaults, CsvRecord } from '../csv/records.ts';

/** Checked rates, packed so that a million of them are some 30 MB: `line,prefix,set,millionths`, one a line, in a few texts. */
export interface RateList {
  readonly texts: readonly string[];
  readonly rows: number;
}

const rowsPerText = 10_000;
const columns = ['prefix', 'set', 'price'];

export async function readRates(body: AsyncIterable<Buffer>): Promise<Result<RateList, readonly ProblemField[]>> {
  const texts: string[] = [];
  let lines: string[] = [];
  const read = await readCsv(body, columns, columns, rateUpload, (record, faults) => {
    const line = rateLine(record, faults);
    if (line === null) return;
    lines.push(line);
    if (lines.length < rowsPerText) return;
    texts.push(lines.join('\n'));
    lines = [];
  });
  if (!read.ok) return read;
  if (lines.length > 0) texts.push(lines.join('\n'));
  if (read.value === 0) return err([{ pointer: '0:0', code: 'too-short', message: 'holds no rate; DELETE takes a rate table away' }]);
  return ok({ texts, rows: read.value });
}

function rateLine(record: CsvRecord, faults: CsvFaults): string | null {
  const prefix = record.get('prefix');
  const set = record.get('set');
  const price = readPrice(record.get('price'));
  const before = faults.list.length;
  if (prefix.length > limits.numberLength || !isNumberPrefix(prefix)) faults.add(record.line, 'prefix', 'format', `must be 1 to ${limits.numberLength} digits, which + may precede`);
  if (!/^[0-9]{1,10}$/.test(set) || Number(set) > maxId) faults.add(record.line, 'set', 'type', `must be the number of a dispatcher set, 0 to ${maxId}`);
  if (price === null) faults.add(record.line, 'price', 'format', `must be 0 to ${limits.price / 1_000_000} with at most six decimals behind a point`);
  return faults.list.length > before ? null : `${record.line},${prefix},${Number(set)},${price ?? 0}`;
}

/** `0.0123` → 12300, digit by digit: no rounding. null = no price. */
export function readPrice(text: string): number | null {
  const [, whole, decimals = ''] = /^([0-9]{1,7})(?:\.([0-9]{1,6}))?$/.exec(text) ?? [];
  if (whole === undefined) return null;
  const price = Number(whole) * 1_000_000 + Number(decimals.padEnd(6, '0'));
  return price <= limits.price ? price : null;
}

/** From untrusted JSON to a row: the same checks when it is saved and when it reaches a node. */
import { decodeCertificate, decodeNode, decodeSetting } from './decode-behaviour.ts';
import { decodeDestination, decodeDispatcherSet } from './decode-dispatcher.ts';
import { decodeRate, decodeRouteSet, decodeRule } from './decode-routing.ts';
import { Faults, FieldReader } from './decode-reader.ts';
import type { FieldError } from './decode-reader.ts';
import { decodeAlias, decodeDomain, decodeNumber, decodeTenant, decodeTrunk } from './decode-tenancy.ts';
import type { Result } from './result.ts';
import { err, ok } from './result.ts';
import { limits } from './limits.ts';
import { tableNames } from './rows.ts';
import type { RowOp, Rows, TableName } from './rows.ts';

export type { FieldError, FieldErrorCode } from './decode-reader.ts';

const decoders: { readonly [T in TableName]: (fields: FieldReader) => Rows[T] } = {
  setting: decodeSetting,
  tenant: decodeTenant,
  certificate: decodeCertificate,
  dispatcherSet: decodeDispatcherSet,
  destination: decodeDestination,
  routeSet: decodeRouteSet,
  rule: decodeRule,
  rate: decodeRate,
  domain: decodeDomain,
  number: decodeNumber,
  alias: decodeAlias,
  trunk: decodeTrunk,
  node: decodeNode,
};

const keys: { readonly [T in TableName]: (row: Rows[T]) => string } = {
  setting: () => 'global',
  tenant: (row) => String(row.id),
  certificate: (row) => row.name,
  dispatcherSet: (row) => String(row.id),
  destination: (row) => String(row.id),
  routeSet: (row) => String(row.number),
  rule: (row) => String(row.id),
  rate: (row) => `${row.table}/${row.prefix}/${row.set}`,
  domain: (row) => row.name,
  number: (row) => row.pattern,
  alias: (row) => row.alias,
  trunk: (row) => row.key,
  node: (row) => row.id,
};

/** The key under which a row travels. */
export function rowKey<T extends TableName>(table: T, row: Rows[T]): string {
  return keys[table](row);
}

/**
 * Decodes one row strictly: every field must be there (defaults are the control plane's), unknown fields are errors,
 * and `key` must be the row's own. On failure all faults found (at most 100), each with a JSON pointer.
 */
export function decodeRow<T extends TableName>(table: T, key: string, json: unknown): Result<Rows[T], readonly FieldError[]> {
  const faults = new Faults();
  const fields = new FieldReader(json, '', faults);
  const row: Rows[T] = decoders[table](fields);
  fields.close();
  if (faults.list.length === 0 && rowKey(table, row) !== key) {
    faults.add('', 'mismatch', `must be stored under its own key ${rowKey(table, row)}`);
  }
  return faults.list.length === 0 ? ok(row) : err(faults.list);
}

/** Decodes a row's JSON text of at most `limits.rowBytes` characters into an op that puts it. */
export function decodeOp(table: TableName, key: string, json: string): Result<RowOp, readonly FieldError[]> {
  if (json.length > limits.rowBytes) return refuse('too-long', `must be at most ${limits.rowBytes} bytes of JSON`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return refuse('format', 'must be JSON');
  }
  const row = decodeRow(table, key, value);
  return row.ok ? ok(rowOp(table, key, row.value)) : row;
}

/** An op of one table; `row` null removes it. */
export function rowOp<T extends TableName>(table: T, key: string, row: Rows[T] | null): RowOp {
  // The mapped union cannot follow one generic table; `table` and `row` agree by the signature.
  return { table, key, row } as RowOp;
}

export function isTableName(text: unknown): text is TableName {
  return tableNames.some((table) => table === text);
}

const refuse = (code: FieldError['code'], message: string): Result<RowOp, readonly FieldError[]> => err([{ pointer: '', code, message }]);

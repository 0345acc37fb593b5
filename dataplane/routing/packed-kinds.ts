/**
 * The big wire tables in the form in which they are packed: a short text that is looked up, the space it is looked up in,
 * two numbers, a flag and a second text. From these the row, its key and its canonical JSON text are made again.
 */
import type { DomainRow, NumberRow, RateRow, RowOp, Rows, TableName } from '../contract/rows.ts';

export const bigTables = ['rate', 'domain', 'number'] as const satisfies readonly TableName[];
export type BigTableName = (typeof bigTables)[number];

/** One row, unpacked. Reused from row to row: read it at once. */
export interface Fields {
  /** Texts of different spaces never match: 0 = exact, 1 = pattern (the `*` is left out of the text); of a rate its table. */
  space: number;
  text: string;
  x: number;
  y: number;
  enabled: boolean;
  extra: string;
}

export const newFields = (): Fields => ({ space: 0, text: '', x: 0, y: 0, enabled: true, extra: '' });

export interface PackedKind<T extends BigTableName = BigTableName> {
  readonly table: T;
  /** Several rows may have one text; they differ in `x`. */
  readonly multiple: boolean;
  row(fields: Fields): Rows[T];
  /** The row's key on the wire. */
  key(fields: Fields): string;
  /** The row's canonical JSON text (contract/canonical.ts). */
  json(fields: Fields): string;
  /** Finds space, text and (with `multiple`) x of a wire key; false = no row has such a key. */
  place(key: string, fields: Fields): boolean;
  /** What look-ups step through: labels of a wildcard, length of a prefix; -1 = found without. Below 128. */
  measure(fields: Fields): number;
}

/** Takes the row of an op apart; false = it has none, or is of no big table. */
export function fieldsOf(op: RowOp, fields: Fields): boolean {
  if (op.row === null) return false;
  switch (op.table) {
    case 'domain': ofDomain(op.row, fields); return true;
    case 'number': ofNumber(op.row, fields); return true;
    case 'rate': ofRate(op.row, fields); return true;
    default: return false;
  }
}

export function isBigTable(table: TableName): table is BigTableName {
  return table === 'domain' || table === 'number' || table === 'rate';
}

const star = 42;
const dot = 46;

function ofDomain(row: DomainRow, fields: Fields): void {
  placeDomain(row.name, fields);
  fields.x = row.tenant;
  fields.y = row.routeSet;
  fields.enabled = row.enabled;
  fields.extra = row.did;
}

function ofNumber(row: NumberRow, fields: Fields): void {
  placeNumber(row.pattern, fields);
  fields.x = row.tenant;
  fields.y = row.routeSet;
  fields.enabled = row.enabled;
  fields.extra = '';
}

function ofRate(row: RateRow, fields: Fields): void {
  fields.space = row.table;
  fields.text = row.prefix;
  fields.x = row.set;
  fields.y = row.price;
  fields.enabled = true;
  fields.extra = '';
}

function placeDomain(name: string, fields: Fields): boolean {
  const wildcard = name.charCodeAt(0) === star;
  fields.space = wildcard ? 1 : 0;
  fields.text = wildcard ? name.slice(1) : name;
  return true;
}

function placeNumber(pattern: string, fields: Fields): boolean {
  const prefix = pattern.charCodeAt(pattern.length - 1) === star;
  fields.space = prefix ? 1 : 0;
  fields.text = prefix ? pattern.slice(0, -1) : pattern;
  return true;
}

function placeRate(key: string, fields: Fields): boolean {
  const first = key.indexOf('/');
  const last = key.lastIndexOf('/');
  fields.space = Number(key.slice(0, first));
  fields.text = key.slice(first + 1, last);
  fields.x = Number(key.slice(last + 1));
  // Only the one way to write a number: "01" is not "1".
  return first < last && `${fields.space}/${fields.text}/${fields.x}` === key;
}

function labelsOf(suffix: string): number {
  let labels = 0;
  for (let i = 0; i < suffix.length; i++) if (suffix.charCodeAt(i) === dot) labels++;
  return labels;
}

const domainName = ({ space, text }: Fields): string => (space === 1 ? `*${text}` : text);
const numberPattern = ({ space, text }: Fields): string => (space === 1 ? `${text}*` : text);

export const packedKinds: { readonly [T in BigTableName]: PackedKind<T> } = {
  domain: {
    table: 'domain', multiple: false,
    row: (fields) => ({ name: domainName(fields), tenant: fields.x, routeSet: fields.y, enabled: fields.enabled, did: fields.extra }),
    key: domainName,
    json: (fields) => `{"did":${JSON.stringify(fields.extra)},"enabled":${fields.enabled},"name":${JSON.stringify(domainName(fields))},"routeSet":${fields.y},"tenant":${fields.x}}`,
    place: placeDomain,
    measure: ({ space, text }) => (space === 1 ? labelsOf(text) : -1),
  },
  number: {
    table: 'number', multiple: false,
    row: (fields) => ({ pattern: numberPattern(fields), tenant: fields.x, routeSet: fields.y, enabled: fields.enabled }),
    key: numberPattern,
    json: (fields) => `{"enabled":${fields.enabled},"pattern":${JSON.stringify(numberPattern(fields))},"routeSet":${fields.y},"tenant":${fields.x}}`,
    place: placeNumber,
    measure: ({ space, text }) => (space === 1 ? text.length : -1),
  },
  rate: {
    table: 'rate', multiple: true,
    row: (fields) => ({ table: fields.space, prefix: fields.text, set: fields.x, price: fields.y }),
    key: ({ space, text, x }) => `${space}/${text}/${x}`,
    json: ({ space, text, x, y }) => `{"prefix":${JSON.stringify(text)},"price":${y},"set":${x},"table":${space}}`,
    place: placeRate,
    measure: ({ text }) => text.length,
  },
};

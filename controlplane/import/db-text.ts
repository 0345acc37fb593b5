/**
 * Kamailio's db_text format: one table a file, first line the columns, then one row a line, fields joined
 * by `:`. PURE. Reads what Kamailio 3.3 to 6.0 read, and three things that they refuse or lose, each with a
 * warning: CRLF line ends, NULL in a column without `null`, a last row without a line end.
 */
import type { Result } from '../../dataplane/contract/result.ts';
import { err, ok } from '../../dataplane/contract/result.ts';
import type { ImportFault, Notes } from './report.ts';
import { parseDbTextHeader } from './db-text-header.ts';
import type { DbTextColumn } from './db-text-header.ts';

export interface DbTextCell {
  /** null = NULL (an empty field). Numbers for int and double columns, else the unescaped text. */
  readonly value: string | number | null;
  /** Column of the field's first character in its line, from 1. */
  readonly at: number;
}

export interface DbTextRow {
  readonly line: number;
  readonly cells: readonly DbTextCell[];
}

export interface DbTextTable {
  readonly file: string;
  readonly columns: readonly DbTextColumn[];
  readonly rows: readonly DbTextRow[];
}

/** Kamailio's own bounds: its read buffer of a field, and `max_result_rows`. */
export const dbTextLimits = { fieldLength: 16_384, rows: 100_000 } as const;

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', '0': '\0', ':': ':' };

/** Parses one table. `file` names it in faults and warnings. Fails on the first thing Kamailio would fail on. */
export function parseDbText(file: string, text: string, warnings: Notes): Result<DbTextTable, ImportFault> {
  // Half a surrogate pair is no character; no database keeps it.
  const source = (text.startsWith('\uFEFF') ? text.slice(1) : text).toWellFormed();
  const header = parseDbTextHeader(file, lineAt(source, 0));
  if (!header.ok) return header;
  const columns = header.value;
  const rows: DbTextRow[] = [];
  let crlf = lineAt(source, 0).endsWith('\r');
  let autoNext = 1;
  let offset = lineAt(source, 0).length + 1;
  for (let line = 2; offset < source.length; line += 1) {
    const raw = lineAt(source, offset);
    const ended = offset + raw.length < source.length;
    offset += raw.length + 1;
    const body = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    crlf ||= body.length !== raw.length;
    if (body === '') continue;
    if (rows.length >= dbTextLimits.rows) {
      return err({ code: 'too-many-rows', file, line, column: null, message: `More than ${dbTextLimits.rows} rows; that is all that Kamailio itself reads of a table.` });
    }
    const row = parseRow(file, line, body, columns, warnings);
    if (!row.ok) return row;
    const filled = fillAuto(row.value, columns, autoNext);
    autoNext = filled.next;
    rows.push(filled.row);
    if (!ended) {
      warnings.add('last-line-without-end', `${file}:${line}`, 'The last row has no line end. Kamailio drops such a row silently; it is imported.');
    }
  }
  if (crlf) warnings.add('crlf', file, 'Lines end in CR LF. Kamailio fails on such a row when it ends in a number and keeps the CR in a text; the CRs are ignored.');
  return ok({ file, columns, rows });
}

function lineAt(text: string, offset: number): string {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.slice(offset) : text.slice(offset, end);
}

function parseRow(file: string, line: number, body: string, columns: readonly DbTextColumn[], warnings: Notes): Result<DbTextRow, ImportFault> {
  const fields = splitFields(file, line, body);
  if (!fields.ok) return fields;
  // Counted before any value is looked at: a stray colon would otherwise be reported as a bad number behind it.
  const extra = fields.value[columns.length];
  if (extra !== undefined) {
    return err({ code: 'column-count', file, line, column: extra.at, message: `The row has ${fields.value.length} fields where the header has ${columns.length}. A colon inside a value is written "\\:"; quotes protect nothing.` });
  }
  if (fields.value.length < columns.length) {
    return err({ code: 'column-count', file, line, column: body.length + 1, message: `The row has ${fields.value.length} fields where the header has ${columns.length}.` });
  }
  const cells: DbTextCell[] = [];
  for (const [index, column] of columns.entries()) {
    const { at = 1, text = '' } = fields.value[index] ?? {};
    const cell = readCell(file, line, at, text, column, warnings);
    if (!cell.ok) return cell;
    cells.push(cell.value);
  }
  return ok({ line, cells });
}

interface Field { readonly at: number; readonly text: string }

/** Splits at unescaped colons and undoes escapes. */
function splitFields(file: string, line: number, body: string): Result<readonly Field[], ImportFault> {
  const fields: Field[] = [];
  let start = 0;
  let text = '';
  for (let i = 0; i <= body.length; i += 1) {
    const char = body[i];
    if (char === undefined || char === ':') {
      fields.push({ at: start + 1, text });
      start = i + 1;
      text = '';
    } else if (char === '\\') {
      const next = body[i + 1] ?? 'end of line';
      const plain = escapes[next];
      if (plain === undefined) {
        return err({ code: 'bad-escape', file, line, column: i + 1, message: `"\\" is followed by "${printable(next)}". Kamailio refuses the whole table; accepted are \\n \\r \\t \\\\ \\0 and "\\:".` });
      }
      text += plain;
      i += 1;
    } else {
      text += char;
    }
    if (text.length > dbTextLimits.fieldLength) {
      return err({ code: 'field-too-long', file, line, column: start + 1, message: `The field is longer than ${dbTextLimits.fieldLength} characters.` });
    }
  }
  return ok(fields);
}

function readCell(file: string, line: number, at: number, text: string, column: DbTextColumn, warnings: Notes): Result<DbTextCell, ImportFault> {
  if (text === '') {
    if (!column.nullable && !column.auto) {
      warnings.add('null-not-allowed', `${file}:${line}:${at}`, `"${column.name}" is empty but its column is not marked "null". Kamailio refuses the whole table unless emptystring=1 is set; it is read as empty.`);
    }
    return ok({ value: null, at });
  }
  if (column.type === 'int') {
    if (!/^-?[0-9]{1,19}$/.test(text)) {
      return err({ code: 'bad-int', file, line, column: at, message: `"${printable(text)}" in "${column.name}" is not a whole number; accepted are digits with an optional "-" before them.` });
    }
    const number = Number(text);
    if (number < -2_147_483_648 || number > 2_147_483_647) {
      return err({ code: 'int-out-of-range', file, line, column: at, message: `${text} in "${column.name}" does not fit 32 bits; Kamailio would wrap it around.` });
    }
    return ok({ value: number, at });
  }
  if (column.type === 'double') {
    if (!/^-?[0-9]{1,15}(\.[0-9]{0,15})?$/.test(text)) {
      return err({ code: 'bad-double', file, line, column: at, message: `"${printable(text)}" in "${column.name}" is not a number; accepted are digits, one "." and an optional "-".` });
    }
    return ok({ value: Number(text), at });
  }
  return ok({ value: text, at });
}

/** An empty field of the `auto` column gets the next number, as in Kamailio. */
function fillAuto(row: DbTextRow, columns: readonly DbTextColumn[], next: number): { row: DbTextRow; next: number } {
  const index = columns.findIndex((column) => column.auto);
  const cell = row.cells[index];
  if (cell === undefined) return { row, next };
  if (typeof cell.value === 'number') return { row, next: Math.max(next, cell.value + 1) };
  return { row: { line: row.line, cells: row.cells.with(index, { value: next, at: cell.at }) }, next: next + 1 };
}

/** At most 40 characters with control characters made visible. */
function printable(text: string): string {
  const cut = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return cut.replace(/[\u0000-\u001f\u007f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
